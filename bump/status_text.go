package bump

import (
	"fmt"
	"io"
	"strings"

	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/ui"
)

// WriteTable writes the status for people.
func (s *Status) WriteTable(w io.Writer, st ui.Style, next []string) error {
	var b strings.Builder
	b.WriteString(st.Bold("Backstage "+s.Current) + ": " + s.distance() + "\n")
	for _, n := range s.Notes {
		if n.Kind == noteReleaseDiffers {
			b.WriteString(st.Warn(n.Message) + "\n")
		}
	}
	fmt.Fprintf(&b, "newest main %s, newest next %s\n", s.Main, s.Next)
	if s.Packages != nil && *s.Packages > 0 {
		fmt.Fprintf(&b, "%d of %d locked @backstage packages are on the release%s\n", *s.OnRelease, *s.Packages, s.alsoText())
	}
	if err := report.Sections(&b, st, s.sections()); err != nil {
		return err
	}
	for _, n := range s.Notes {
		if n.Kind != noteReleaseDiffers {
			b.WriteString("\n" + noteLine(n) + "\n")
		}
	}
	b.WriteString(st.Next(next))
	_, err := io.WriteString(w, trimLines(b.String()))
	return err
}

// WriteMarkdown writes the status for a page or a comment.
func (s *Status) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## Backstage %s: %s\n\n", report.Escape(s.Current), s.distance())
	fmt.Fprintf(&b, "- newest main %s, newest next %s\n", report.Escape(s.Main), report.Escape(s.Next))
	if s.Packages != nil && *s.Packages > 0 {
		fmt.Fprintf(&b, "- %d of %d locked `@backstage` packages are on the release%s\n", *s.OnRelease, *s.Packages, s.alsoText())
	}
	for _, line := range s.noteLines() {
		b.WriteString("- " + report.Escape(line) + "\n")
	}
	if err := report.MarkdownSections(&b, s.sections()); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sections are the packages that are not, or not only, on the release. The list that
// may be long comes last: a narrow terminal breaks it there.
func (s *Status) sections() []report.Section {
	rows := make([][]string, len(s.OffRelease))
	for i, o := range s.OffRelease {
		rows[i] = []string{o.Name, o.Release, strings.Join(o.Locked, ", ")}
	}
	return report.Counted(report.Section{Title: "Off the release", Head: []string{"Package", "release", "locked"}, Rows: rows})
}

func (s *Status) noteLines() []string {
	lines := make([]string, len(s.Notes))
	for i, n := range s.Notes {
		lines[i] = noteLine(n)
		if n.Kind == noteReleaseDiffers {
			lines[i] = n.Message // it names the file
		}
	}
	return lines
}

// alsoText is about the packages that are on the release and off it.
func (s *Status) alsoText() string {
	if s.also == 0 {
		return ""
	}
	return fmt.Sprintf(", %d more beside other versions", s.also)
}

func (s *Status) distance() string {
	switch {
	case s.Behind == 1:
		return "1 main release behind"
	case s.Behind > 1:
		return fmt.Sprintf("%d main releases behind", s.Behind)
	case s.Current == s.Main:
		return "on the newest main release"
	}
	from, errFrom := semrange.ParseVersion(s.Current)
	to, errTo := semrange.ParseVersion(s.Main)
	if errFrom == nil && errTo == nil && from.GreaterThan(to) {
		return "ahead of the newest main release"
	}
	return "on the newest main release line, but not its newest patch"
}
