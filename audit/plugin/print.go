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
		b.WriteString("\n" + st.Bold("Why") + "\n")
		var rows [][]string
		for _, reason := range v.Verdict.Reasons {
			rows = append(rows, []string{mark(reason.Level), reason.Text, brackets(reason.Where)})
		}
		if err := lines(&b, rows); err != nil {
			return err
		}
		for _, p := range v.parts(r.Portal) {
			b.WriteString("\n" + st.Bold(p.title) + "\n")
			rows = nil
			for _, l := range p.rows {
				rows = append(rows, []string{l.what, l.text, brackets(l.where)})
			}
			if err := lines(&b, rows); err != nil {
				return err
			}
		}
		b.WriteString("\n" + st.Bold("Not known") + "\n")
		rows = nil
		for _, u := range v.Unknown {
			rows = append(rows, []string{u.What + ":", u.Why})
		}
		if err := lines(&b, rows); err != nil {
			return err
		}
	}
	if text := r.database(); text != "" {
		b.WriteString("\n" + st.Dim(text) + "\n")
	}
	b.WriteString(st.Next(next))
	_, err := io.WriteString(w, b.String())
	return err
}

// lines writes rows whose first column is aligned; what follows may be long, and
// would make columns of its own unreadable.
func lines(b *strings.Builder, rows [][]string) error {
	var out [][]string
	for _, r := range rows {
		out = append(out, []string{r[0], strings.TrimSpace(strings.Join(r[1:], " "))})
	}
	return report.Table(b, nil, out)
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
		return st.Bad(string(v.Level))
	case lookCloser:
		return st.Warn(string(v.Level))
	}
	return st.Good(string(v.Level) + ", as far as is known")
}

func (v verdict) text() string {
	if v.Level == adopt {
		return string(v.Level) + ", as far as is known"
	}
	return string(v.Level)
}

// database says where the advisories are from.
func (r *Report) database() string {
	if r.Advisories == "" {
		return ""
	}
	return strings.Join(append([]string{"Advisories: " + r.Advisories}, r.Warnings...), "; ")
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
	if text := r.database(); text != "" {
		b.WriteString("\n" + report.Escape(text) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
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
	if text := r.database(); text != "" {
		b.WriteString("\n" + report.Escape(text) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
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
	if text := r.database(); text != "" {
		b.WriteString("\n" + st.Dim(text) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
