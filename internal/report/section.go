package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/portalctl/portalctl/internal/ui"
)

// Section is a part of a report below a heading: lines, and rows of a table if it has
// a head. A line that begins with spaces belongs to the one above it.
type Section struct {
	Title string
	// Mark is how the title looks on a terminal; nil is bold.
	Mark  func(ui.Style, string) string
	Head  []string
	Rows  [][]string
	Lines []string
}

// Counted are the sections that have something, with how much in their titles.
func Counted(list ...Section) []Section {
	var out []Section
	for _, s := range list {
		if n := len(s.Rows) + len(s.Lines); n > 0 {
			s.Title = fmt.Sprintf("%s: %d", s.Title, n)
			out = append(out, s)
		}
	}
	return out
}

// Sections writes sections for a terminal.
func Sections(w io.Writer, st ui.Style, list []Section) error {
	return sections(w, list, Table, func(s Section) string {
		if s.Mark != nil {
			return s.Mark(st, s.Title) + "\n"
		}
		return st.Bold(s.Title) + "\n"
	}, func(line string) string { return "  " + line })
}

// MarkdownSections writes sections as Markdown.
func MarkdownSections(w io.Writer, list []Section) error {
	return sections(w, list, Markdown, func(s Section) string { return "### " + Escape(s.Title) + "\n\n" }, func(line string) string {
		text := strings.TrimLeft(line, " ")
		return line[:len(line)-len(text)] + "- " + Escape(text)
	})
}

func sections(w io.Writer, list []Section, table func(io.Writer, []string, [][]string) error, title func(Section) string, line func(string) string) error {
	for _, s := range list {
		text := "\n" + title(s)
		for _, l := range s.Lines {
			text += line(l) + "\n"
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
		if s.Head != nil {
			if err := table(w, s.Head, s.Rows); err != nil {
				return err
			}
		}
	}
	return nil
}
