package finding

import (
	"fmt"
	"io"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/report"
)

// maxMarkdown keeps a report below what GitHub takes for a comment (65,536
// characters) and a step summary (1 MiB), with room for the rest of the page.
const maxMarkdown = 60_000

// WriteMarkdown writes the report for a pull request or a step summary.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s: %s\n", report.Escape(r.Title), report.Escape(r.Sentence()))
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "\n%s\n", report.Escape(n))
	}
	left := len(r.Findings)
	for _, g := range r.groups() {
		var part strings.Builder
		fmt.Fprintf(&part, "\n### [%s](%s)\n\n%s\n\n", g.rule.ID, g.rule.DocURL(), report.Escape(g.rule.Title))
		rows := make([][]string, 0, len(g.list))
		for _, f := range g.shown() {
			text := f.Message
			for _, l := range f.explained() {
				text += "; " + l
			}
			rows = append(rows, []string{string(f.Severity), f.Pos.String(), text, f.Next})
		}
		if err := report.Markdown(&part, []string{"", "where", "what", "next"}, rows); err != nil {
			return err
		}
		if more := g.hidden(); more > 0 {
			fmt.Fprintf(&part, "\n… and %d more.\n", more)
		}
		if b.Len()+part.Len() > maxMarkdown {
			fmt.Fprintf(&b, "\n… and %s more, left out because the report would be too long.\n", english.Count(left, "finding"))
			break
		}
		b.WriteString(part.String())
		left -= len(g.list)
	}
	if len(r.Unknown) > 0 {
		b.WriteString("\n### Not judged\n\n")
		for _, u := range r.Unknown {
			fmt.Fprintf(&b, "- %s: %s. %s\n", report.Escape(u.Rule), report.Escape(u.Reason), report.Escape(u.Next))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
