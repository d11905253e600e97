package plugin

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
)

// WriteTable writes the reviews for a terminal, one after the other; next are
// commands to go on with.
func (r *Report) WriteTable(w io.Writer, st ui.Style, next []string) error {
	var b strings.Builder
	for i, v := range r.Reviews {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s  %s\n", st.Bold(v.Package+" "+v.Version), v.Verdict.styled(st))
		for _, p := range v.sections(r.Portal) {
			b.WriteString("\n" + st.Bold(p.title) + "\n")
			var rows [][]string
			for _, l := range p.rows {
				// What follows the first column may be long: columns of its own would make
				// it unreadable.
				rows = append(rows, []string{l.what, strings.TrimSpace(l.text + " " + brackets(l.where))})
			}
			if err := report.Table(&b, nil, rows); err != nil {
				return err
			}
		}
	}
	return r.end(w, &b, st.Dim, st.Next(next))
}

// sections are all of a review: why the verdict is what it is, the parts, and what is
// not known.
func (v *Review) sections(p *adopter) []part {
	why, open := part{title: "Why"}, part{title: "Not known"}
	for _, reason := range v.Verdict.Reasons {
		why.rows = append(why.rows, row{mark(reason.Level), reason.Text, reason.Where})
	}
	for _, u := range v.Unknown {
		open.rows = append(open.rows, row{u.What + ":", u.Why, ""})
	}
	return append(append([]part{why}, v.parts(p)...), open)
}

func brackets(where string) string {
	if where == "" {
		return ""
	}
	return "[" + where + "]"
}

// mark is how a reason speaks.
func mark(l level) string {
	switch l {
	case doNot:
		return "against"
	case lookCloser:
		return "look at"
	}
	return "note"
}

func (v verdict) styled(st ui.Style) string {
	switch v.Level {
	case doNot:
		return st.Bad(v.text())
	case lookCloser:
		return st.Warn(v.text())
	}
	return st.Good(v.text())
}

func (v verdict) text() string {
	if v.Level == adopt {
		return string(v.Level) + ", as far as is known"
	}
	return string(v.Level)
}

// end writes a page, below it where the advisories are from, in a style, and after that
// what is left to say.
func (r *Report) end(w io.Writer, page *strings.Builder, style func(string) string, after string) error {
	if r.Advisories != "" {
		text := strings.Join(append([]string{"Advisories: " + r.Advisories}, r.Warnings...), "; ")
		page.WriteString("\n" + style(text) + "\n")
	}
	_, err := io.WriteString(w, page.String()+after)
	return err
}

// WriteMarkdown writes the reviews as sections of a document, to be pasted into an
// RFC.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	for i, v := range r.Reviews {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "## Adoption of %s %s\n\n**Verdict: %s.**\n\n", report.Code(v.Package), report.Escape(v.Version), v.Verdict.text())
		for _, reason := range v.Verdict.Reasons {
			fmt.Fprintf(&b, "- %s: %s%s\n", mark(reason.Level), report.Escape(reason.Text), evidence(reason.Where))
		}
		for _, p := range v.parts(r.Portal) {
			fmt.Fprintf(&b, "\n### %s\n\n", p.title)
			var rows [][]string
			for _, l := range p.rows {
				rows = append(rows, []string{l.what, l.text, l.where})
			}
			if err := report.Markdown(&b, []string{"", "", "evidence"}, rows); err != nil {
				return err
			}
		}
		b.WriteString("\n### Not known\n\n")
		for _, u := range v.Unknown {
			fmt.Fprintf(&b, "- %s: %s\n", report.Escape(u.What), report.Escape(u.Why))
		}
	}
	return r.end(w, &b, report.Escape, "")
}

func evidence(where string) string {
	if where == "" {
		return ""
	}
	return " (" + report.Escape(where) + ")"
}

// WriteComparison writes reviews side by side.
func (r *Report) WriteComparison(w io.Writer, st ui.Style, markdown bool) error {
	header := []string{""}
	verdict := []string{"verdict"}
	for _, v := range r.Reviews {
		header = append(header, v.Package+" "+v.Version)
		verdict = append(verdict, v.Verdict.text())
	}
	rows := [][]string{verdict}
	for _, l := range []level{doNot, lookCloser} {
		line := []string{mark(l)}
		for _, v := range r.Reviews {
			line = append(line, v.Verdict.all(l))
		}
		rows = append(rows, line)
	}
	rows = append(rows, r.sideBySide()...)
	if !markdown {
		return r.writeStacked(w, st, header, rows)
	}
	var b strings.Builder
	b.WriteString("## Comparison\n\n")
	if err := report.Markdown(&b, header, rows); err != nil {
		return err
	}
	return r.end(w, &b, report.Escape, "")
}

func (v verdict) all(l level) string {
	var out []string
	for _, reason := range v.Reasons {
		if reason.Level == l {
			out = append(out, reason.Text)
		}
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, "; ")
}

// sideBySide are the lines of all reviews, by what they are about, in the order of
// the one that has it first.
func (r *Report) sideBySide() [][]string {
	var order []string
	cells := map[string][]string{}
	for i, v := range r.Reviews {
		for _, p := range v.parts(r.Portal) {
			for _, l := range p.rows {
				if cells[l.what] == nil {
					cells[l.what] = make([]string, len(r.Reviews))
					order = append(order, l.what)
				}
				if cells[l.what][i] != "" {
					cells[l.what][i] += "; "
				}
				cells[l.what][i] += l.text
			}
		}
	}
	var rows [][]string
	for _, what := range order {
		row := cells[what]
		for i := range row {
			if row[i] == "" {
				row[i] = "–"
			}
		}
		rows = append(rows, append([]string{what}, row...))
	}
	return rows
}

// writeStacked writes side by side what is too wide for a terminal: each line of
// one above that of the other.
func (r *Report) writeStacked(w io.Writer, st ui.Style, header []string, rows [][]string) error {
	var b strings.Builder
	for i, h := range header[1:] {
		fmt.Fprintf(&b, "%s  %s\n", st.Bold(fmt.Sprintf("%c  %s", 'A'+i, h)), r.Reviews[i].Verdict.styled(st))
	}
	for _, row := range rows[1:] {
		b.WriteString("\n" + st.Bold(row[0]) + "\n")
		same := !slices.ContainsFunc(row[2:], func(s string) bool { return s != row[1] })
		if same && len(row) > 2 {
			fmt.Fprintf(&b, "  both  %s\n", row[1])
			continue
		}
		for i, cell := range row[1:] {
			fmt.Fprintf(&b, "  %c  %s\n", 'A'+i, cell)
		}
	}
	return r.end(w, &b, st.Dim, "")
}
