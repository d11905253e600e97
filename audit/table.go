package audit

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/ui"
)

// maxWays limits the paths that the text forms show of one package; JSON has
// more.
const maxWays = 2

// WriteTable writes the report for people: by what to do, the action that helps
// most first.
func (r *Report) WriteTable(w io.Writer, st ui.Style) error {
	var b strings.Builder
	head := r.head()
	if r.Failed() {
		head = st.Bad(head)
	}
	b.WriteString(st.Bold(head) + "\n")
	for _, line := range r.about() {
		b.WriteString(st.Dim(line) + "\n")
	}
	r.tableFixes(&b, st)
	r.inOrder(func(a *action) { r.tableAction(&b, st, a) }, func() { r.tableRules(&b, st) })
	r.tableRest(&b, st)
	_, err := io.WriteString(w, ui.Closed(b.String(), st.Bold(head)))
	return err
}

func (r *Report) tableAction(b *strings.Builder, st ui.Style, a *action) {
	list := pick(a.Findings, r.changed)
	if len(list) == 0 {
		return
	}
	title := english.Plain(a.Title)
	if a.Kind == dropMalware {
		title = st.Bad("MALWARE: " + title)
	}
	fmt.Fprintf(b, "\n%s%s\n", st.Bold(title), st.Dim(r.ends(a, list)))
	for i, s := range a.Steps {
		mark := "  → "
		if i > 0 {
			mark = "    "
		}
		b.WriteString(mark + step(s) + "\n")
	}
	if a.Caution != "" {
		fmt.Fprintf(b, "    %s\n", st.Dim("note: "+english.Plain(a.Caution)))
	}
	for _, g := range groupByPackage(list) {
		fmt.Fprintf(b, "\n  %s  %s\n", st.Bold(english.Plain(g.first.Package)+" "+english.Plain(g.first.Version)), st.Dim(english.Plain(g.first.Where.use()+r.inLock(g.first))))
		for _, way := range g.first.Where.ways(maxWays) {
			fmt.Fprintf(b, "    %s\n", way)
		}
		for _, f := range g.list {
			r.tableFinding(b, st, f)
		}
	}
}

// step keeps the indentation of a line that is to be copied.
func step(s string) string {
	text := strings.TrimLeft(s, " ")
	return s[:len(s)-len(text)] + english.Plain(text)
}

// ends says how much an action does away with.
func (r *Report) ends(a *action, list []*Finding) string {
	verb := "ends"
	if a.Kind == noFix {
		verb = "has"
	}
	text := fmt.Sprintf("  (%s %s", verb, english.Count(len(list), "finding"))
	if n := a.blocking(); n > 0 {
		text += fmt.Sprintf(", %d blocking", n)
	}
	return text + ")"
}

func (r *Report) inLock(f *Finding) string {
	if f.Lockfile == "yarn.lock" {
		return ""
	}
	return ", " + f.Lockfile
}

func (r *Report) tableFinding(b *strings.Builder, st ui.Style, f *Finding) {
	label := f.rating()
	switch f.Verdict {
	case verdictBlocks:
		label = st.Bad(label)
	case verdictWarns:
		label = st.Warn(label)
	}
	status := ""
	if r.Base != nil {
		status = string(f.Status) + ", "
	}
	fmt.Fprintf(b, "    %s  %s  %s%s: %s\n", label, english.Plain(f.Advisory.ID), status, f.fix(), english.Short(f.summary(), 100))
	if f.Verdict == verdictWarns && f.Advisory.Rating != "" {
		fmt.Fprintf(b, "      %s\n", st.Dim("does not block: "+f.Why))
	}
	if f.Pending != nil {
		fmt.Fprintf(b, "      %s\n", st.Warn(pendingText+": "+english.Plain(f.Pending.Pos.String())))
	}
}

func (r *Report) tableRules(b *strings.Builder, st ui.Style) {
	rules := r.shownRules()
	if len(rules) > 0 {
		fmt.Fprintf(b, "\n%s\n", st.Bold(rulesTitle))
	}
	for _, f := range rules {
		s := f.shown()
		s.Mark = f.Rule
		s.Table(b, st)
	}
	finding.TableUnknown(b, st, r.unknown())
}

// tableRest is what asks for nothing now.
func (r *Report) tableRest(b *strings.Builder, st ui.Style) {
	for _, part := range r.rest() {
		fmt.Fprintf(b, "\n%s %s\n", st.Bold(part.title), part.text)
	}
	if list := pick(r.Findings, func(f *Finding) bool { return f.Verdict == verdictIgnored }); len(list) > 0 {
		fmt.Fprintf(b, "\n%s\n", st.Bold("Ignored"))
		for _, f := range list {
			fmt.Fprintf(b, "  %s %s  %s  %s\n", english.Plain(f.Package), english.Plain(f.Version), english.Plain(f.Advisory.ID), english.Plain(reason(*f.Ignore)))
		}
	}
}

const rulesTitle = "Locks, settings and ignores"

// shown is the finding of a rule as the text forms have it: what it does counts
// there, not what the rule says.
func (f ruleFinding) shown() finding.Shown {
	out := finding.Shown{Finding: f.Finding, Label: string(f.Verdict)}
	switch f.Verdict {
	case verdictBlocks:
		out.Label = "blocks"
	case verdictWarns:
		out.Label = "warning"
	case verdictAllowed:
		out.Label = "note"
	}
	out.Severity, out.Message, out.Next, out.Lines = level(f.Verdict), english.Plain(f.Message), english.Plain(f.Next), slices.Clone(f.Lines)
	for i, l := range out.Lines {
		out.Lines[i] = english.Plain(l)
	}
	if f.Ignore != nil {
		out.Aside = "ignored: " + english.Plain(reason(*f.Ignore))
	}
	if f.Pending != nil {
		out.Pending = pendingText + ": " + english.Plain(f.Pending.Pos.String())
	}
	return out
}

const pendingText = "this change adds an ignore for it, which takes effect after merge"

// unknown is what could not be judged, as the text forms have it.
func (r *Report) unknown() []finding.Unknown {
	out := slices.Clone(r.Unknown)
	for i, u := range out {
		out[i].Reason, out[i].Next = english.Plain(u.Reason), english.Plain(u.Next)
	}
	return out
}

// shownRules are the findings of rules that text forms list.
func (r *Report) shownRules() []ruleFinding {
	return slices.DeleteFunc(slices.Clone(r.Rules), func(f ruleFinding) bool { return f.Known })
}

type restPart struct{ title, text string }

// rest sums up what the change did not bring, and what it ends; in a full audit,
// what the baseline has.
func (r *Report) rest() []restPart {
	var parts []restPart
	if list := pick(r.Findings, func(f *Finding) bool { return f.Known }); len(list) > 0 {
		parts = append(parts, restPart{"In the baseline:", strings.Join(names(list), ", ")})
	}
	if r.Base == nil {
		return parts
	}
	if list := pick(r.Findings, func(f *Finding) bool {
		return f.Status == statusPresent && !r.changed(f) && f.Verdict != verdictIgnored
	}); len(list) > 0 {
		parts = append(parts, restPart{"Still present:", strings.Join(names(list), ", ") + ". Not this change's; portalctl audit --full" + r.Options.at("") + " says what to do"})
	}
	if list := pick(r.Findings, func(f *Finding) bool { return f.Status == statusFixed }); len(list) > 0 {
		parts = append(parts, restPart{"Fixed by this change:", strings.Join(names(list), ", ")})
	}
	return parts
}
