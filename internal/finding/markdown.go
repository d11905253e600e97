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
	var parts []Part
	for _, g := range r.groups() {
		var part strings.Builder
		fmt.Fprintf(&part, "\n### [%s](%s)\n\n%s\n\n%s", g.rule.ID, g.rule.DocURL(), report.Escape(g.rule.Title), Columns)
		for _, f := range g.shown() {
			part.WriteString(Shown{Finding: f}.Row(""))
		}
		if more := g.hidden(); more > 0 {
			fmt.Fprintf(&part, "\n… and %d more.\n", more)
		}
		parts = append(parts, Part{part.String(), len(g.list)})
	}
	Fit(&b, append(parts, Part{MarkdownUnknown(r.Unknown), 0}))
	_, err := io.WriteString(w, b.String())
	return err
}

// Part is a part of a Markdown report, and how many findings it has.
type Part struct {
	Text     string
	Findings int
}

// Fit adds the parts that have room, and says how much is left out.
func Fit(b *strings.Builder, parts []Part) {
	left := 0
	for _, p := range parts {
		if b.Len()+len(p.Text) > maxMarkdown {
			left += max(p.Findings, 1)
			continue
		}
		b.WriteString(p.Text)
	}
	if left > 0 {
		fmt.Fprintf(b, "\n… and %s more, left out because the report would be too long; the JSON has all.\n", english.Count(left, "finding"))
	}
}
