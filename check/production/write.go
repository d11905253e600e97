package production

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
)

// maxEvidence limits how many places of one item the text forms show; JSON has all.
const maxEvidence = 5

// WriteTable writes the report for people: area by area, what failed with the next
// step, the rest in a line each.
func (r *Report) WriteTable(w io.Writer, st ui.Style) error {
	var b strings.Builder
	head := r.Title + ": " + r.Sentence()
	b.WriteString(st.Bold(head) + "\n")
	for _, n := range r.headlines() {
		b.WriteString(n + "\n")
	}
	for a, items := range r.byArea() {
		fmt.Fprintf(&b, "\n%s\n", st.Bold(a.title()))
		for _, it := range items {
			it.table(&b, st)
		}
	}
	r.decisionsTable(&b, st)
	r.maturityTable(&b, st)
	_, err := io.WriteString(w, ui.Closed(b.String(), st.Bold(head)))
	return err
}

// byArea are the areas that have items, in the order of reports.
func (r *Report) byArea() iter.Seq2[area, []itemResult] {
	return func(yield func(area, []itemResult) bool) {
		for _, a := range areas() {
			items := slices.DeleteFunc(slices.Clone(r.Items), func(it itemResult) bool { return it.Area != a })
			if len(items) > 0 && !yield(a, items) {
				return
			}
		}
	}
}

// headlines are the sentences under the title: the profile, and what production starts
// with.
func (r *Report) headlines() []string {
	list := []string{fmt.Sprintf("Profile %s. Items that it does not count are marked as advice.", r.Profile)}
	if len(r.Starts) == 0 {
		return append(list, "Nothing in the repository says how production is started.")
	}
	for i, s := range r.Starts {
		var files []string
		for _, c := range s.Config {
			if c.file() == "" {
				files = append(files, c.Arg+" (not in the repository)")
			} else {
				files = append(files, c.file())
			}
		}
		names := strings.Join(files, ", ")
		if len(files) == 0 {
			names = "the default files"
		}
		if i == 0 {
			list = append(list, fmt.Sprintf("Production starts with %s (%s, %s).", names, s.Pos, s.By))
		} else {
			list = append(list, fmt.Sprintf("Not judged: %s, which starts with %s (%s).", s.Pos, names, s.By))
		}
	}
	return list
}

// label is the word for an item's verdict.
func (it itemResult) label() string {
	if it.Verdict == verdictFail && (!it.Counts || it.Open == 0) {
		return "fail (advice)"
	}
	return string(it.Verdict)
}

func (it itemResult) table(b *strings.Builder, st ui.Style) {
	label := fmt.Sprintf("%-14s", it.label())
	switch {
	case it.Verdict == verdictFail && it.Counts && it.Open > 0:
		label = st.Bad(label)
	case it.Verdict == verdictFail, it.Verdict == verdictUnknown:
		label = st.Warn(label)
	case it.Verdict == verdictPass, it.Verdict == verdictAttested:
		label = st.Good(label)
	default:
		label = st.Dim(label)
	}
	fmt.Fprintf(b, "  %s  %s  %s\n", label, it.ID, st.Dim(it.Title))
	if it.Verdict != verdictFail || len(it.Evidence) == 0 {
		fmt.Fprintf(b, "    %s\n", it.Reason)
	}
	for i, e := range it.Evidence {
		if i == maxEvidence {
			fmt.Fprintf(b, "      %s\n", st.Dim(fmt.Sprintf("… and %d more; --format json lists all", len(it.Evidence)-i)))
			break
		}
		fmt.Fprintf(b, "      %s  %s\n", e.Pos, e.Text)
	}
	if it.Verdict == verdictFail || it.Verdict == verdictUnknown {
		fmt.Fprintf(b, "    %s %s\n", st.Dim("why:"), it.Why)
		fmt.Fprintf(b, "    %s %s\n", st.Dim("next:"), it.Next)
	}
}

// decisions are the findings that are of no item: about what the team has decided.
func (r *Report) decisions() []finding.Finding {
	var list []finding.Finding
	for _, f := range r.Findings {
		if in(f.Rule, expiredRule.ID, finding.IgnoreRule.ID, finding.UnusedRule.ID) {
			list = append(list, f)
		}
	}
	return list
}

func (r *Report) decisionsTable(b *strings.Builder, st ui.Style) {
	list := r.decisions()
	if len(list) > 0 {
		fmt.Fprintf(b, "\n%s\n", st.Bold("Decisions"))
	}
	for _, f := range list {
		finding.Shown{Finding: f, Mark: f.Rule}.Table(b, st)
	}
}

func (r *Report) maturityTable(b *strings.Builder, st ui.Style) {
	fmt.Fprintf(b, "\n%s\n", st.Bold("Maturity"))
	for _, line := range r.Maturity.lines() {
		b.WriteString("  " + line + "\n")
	}
}

// lines say the level and what is missing for the next one.
func (m reachedMaturity) lines() []string {
	list := []string{fmt.Sprintf("Level %d of %d: %s.", m.Level, maxLevel, levelTitles[m.Level])}
	if m.Level < maxLevel {
		list = append(list, fmt.Sprintf("Level %d (%s) lacks %s.", m.Level+1, levelTitles[m.Level+1], strings.Join(m.Next, ", ")))
	}
	for _, n := range m.Skipped {
		list = append(list, fmt.Sprintf("Level %d (%s) would be reached, but does not count before those below it.", n, levelTitles[n]))
	}
	return list
}

// WriteMarkdown writes the report for a pull request or a step summary.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s: %s\n", report.Escape(r.Title), report.Escape(r.Sentence()))
	for _, n := range append(r.headlines(), r.Maturity.lines()...) {
		fmt.Fprintf(&b, "\n%s\n", report.Escape(n))
	}
	var parts []finding.Part
	for a, items := range r.byArea() {
		var part strings.Builder
		fmt.Fprintf(&part, "\n### %s\n\n| verdict | item | what | where | next |\n| --- | --- | --- | --- | --- |\n", a.title())
		for _, it := range items {
			var places []string
			for i, e := range it.Evidence {
				if i == maxEvidence {
					places = append(places, fmt.Sprintf("… and %d more", len(it.Evidence)-i))
					break
				}
				places = append(places, e.Pos.String())
			}
			fmt.Fprintf(&part, "| %s | [%s](%s) | %s | %s | %s |\n", it.label(), it.ID, it.url(), report.Escape(it.Reason),
				report.Escape(strings.Join(places, ", ")), report.Escape(it.Next))
		}
		parts = append(parts, finding.Part{Text: part.String(), Findings: len(items)})
	}
	finding.Fit(&b, parts)
	_, err := io.WriteString(w, b.String())
	return err
}
