package finding

import (
	"fmt"
	"io"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/ui"
)

// maxShown limits how many findings of one rule the text forms show; JSON and
// SARIF have all.
const maxShown = 25

// WriteTable writes the report for people: by rule, each finding with its
// place, who is to blame, and what to do.
func (r *Report) WriteTable(w io.Writer, st ui.Style) error {
	var b strings.Builder
	b.WriteString(st.Bold(r.Title+": "+r.Sentence()) + "\n")
	for _, n := range r.Notes {
		b.WriteString(n + "\n")
	}
	for _, g := range r.groups() {
		fmt.Fprintf(&b, "\n%s%s\n", st.Bold(g.rule.ID), st.Dim("  "+g.rule.Title))
		for _, f := range g.shown() {
			Shown{Finding: f}.Table(&b, st)
		}
		if more := g.hidden(); more > 0 {
			fmt.Fprintf(&b, "  %s\n", st.Dim(fmt.Sprintf("… and %d more; --format json lists all", more)))
		}
	}
	TableUnknown(&b, st, r.Unknown)
	_, err := io.WriteString(w, ui.Closed(b.String(), st.Bold(r.Title+": "+r.Sentence())))
	return err
}

// Sentence is the outcome in a few words.
func (r *Report) Sentence() string {
	if r.Outcome != "" {
		return r.Outcome
	}
	c := r.Counts()
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{c.Errors, "error"}, {c.Warnings, "warning"}} {
		if p.n > 0 {
			parts = append(parts, english.Count(p.n, p.what))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, "no problems")
	}
	if c.Infos > 0 {
		parts = append(parts, fmt.Sprintf("%d for information", c.Infos))
	}
	if c.Fixable > 0 {
		parts = append(parts, fmt.Sprintf("%d fixable with --fix", c.Fixable))
	}
	if c.FixableInManifests > 0 {
		parts = append(parts, fmt.Sprintf("%d with --fix-manifests", c.FixableInManifests))
	}
	if c.Ignored > 0 {
		parts = append(parts, fmt.Sprintf("%d ignored", c.Ignored))
	}
	if c.Baseline > 0 {
		parts = append(parts, fmt.Sprintf("%d in the baseline", c.Baseline))
	}
	if r.Gone > 0 {
		parts = append(parts, fmt.Sprintf("%d of the baseline are gone (--update-baseline drops them)", r.Gone))
	}
	return strings.Join(parts, ", ")
}

// ruleGroup is the findings of one rule and severity.
type ruleGroup struct {
	rule Rule
	list []Finding
}

func (g ruleGroup) shown() []Finding { return g.list[:min(len(g.list), maxShown)] }
func (g ruleGroup) hidden() int      { return max(0, len(g.list)-maxShown) }

// groups are the findings by rule: first the rules with the worst ones.
func (r *Report) groups() []ruleGroup {
	var groups []ruleGroup
	at := map[string]int{}
	for _, f := range r.Findings { // sorted
		i, ok := at[f.Rule]
		if !ok {
			i = len(groups)
			at[f.Rule] = i
			groups = append(groups, ruleGroup{rule: r.rule(f.Rule)})
		}
		groups[i].list = append(groups[i].list, f)
	}
	return groups
}

func (r *Report) rule(id string) Rule {
	for _, rule := range r.Rules {
		if rule.ID == id {
			return rule
		}
	}
	return Rule{ID: id}
}
