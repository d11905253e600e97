package bump

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
)

// WriteTable writes the plan for people: what moves, grouped by how far, what
// stays and why, the lockfile, and the next commands to type.
func (p *Plan) WriteTable(w io.Writer, st ui.Style, next []string) error {
	var b strings.Builder
	b.WriteString(st.Bold(p.headline()) + "\n")
	for _, n := range p.Notes {
		if n.Kind == noteReleaseDiffers {
			b.WriteString(st.Warn(n.Message) + "\n")
		}
	}
	if err := report.Sections(&b, st, p.sections()); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\nyarn.lock: %s\n", p.Lockfile.sentence())
	p.Audit.writeTable(&b, st)
	text := ui.Closed(b.String(), st.Bold(p.headline()))
	b.Reset()
	b.WriteString(text)
	b.WriteString(st.Next(next))
	_, err := io.WriteString(w, trimLines(b.String()))
	return err
}

// WriteMarkdown writes the plan for a pull request.
func (p *Plan) WriteMarkdown(w io.Writer, next []string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n", report.Escape(p.headline()))
	for _, n := range p.Notes {
		if n.Kind == noteReleaseDiffers {
			b.WriteString("\n" + report.Escape(n.Message) + "\n")
		}
	}
	if err := report.MarkdownSections(&b, p.sections()); err != nil {
		return err
	}
	p.Lockfile.writeMarkdown(&b)
	p.Audit.writeMarkdown(&b)
	b.WriteString(report.Next(next))
	_, err := io.WriteString(w, b.String())
	return err
}

// sections are what moves, what needs somebody, and what stays and why.
func (p *Plan) sections() []report.Section {
	var moves []report.Section
	for _, j := range jumps {
		s := report.Section{Title: j.title(), Head: header(j), Rows: p.rows(j)}
		if j == jumpBreaking || j == jumpDowngrade {
			s.Mark = ui.Style.Bad
		}
		moves = append(moves, s)
	}
	moves = append(moves, report.Section{Title: "Moved to their new names", Head: movedHeader, Rows: p.movedRows()})
	out := slices.Concat(report.Counted(moves...), p.movedSections(), noteSections(p.Notes))
	if others := p.otherChanges(); len(others) > 0 {
		out = append(out, report.Section{Title: "Other edits", Lines: others})
	}
	return append(out, p.Lockfile.sections()...)
}

func header(j Jump) []string {
	if j == jumpRaised {
		return []string{"Package", "locked", "range", "used by"}
	}
	return []string{"Package", "from", "to", "used by"}
}

func (p *Plan) rows(j Jump) [][]string {
	var rows [][]string
	for _, m := range p.Packages {
		if m.Jump != j {
			continue
		}
		from := m.From
		if from == "" {
			from = "?"
		}
		by := listSome(m.Workspaces, 3)
		if m.Via != "" {
			by += " (" + m.Via + ")"
		}
		to := m.To
		if m.Range != "" {
			to = m.Range
		}
		rows = append(rows, []string{m.Name, from, to, by})
	}
	return rows
}

func (p *Plan) headline() string {
	files, packages := len(p.Files()), len(p.Packages)+p.migrations()
	from := p.From
	if from == "" {
		from = "(no release)"
	}
	if p.Empty() {
		if p.stays {
			return fmt.Sprintf("Backstage %s: stays, %s is older", from, p.To)
		}
		if p.From != "" && p.From != p.To {
			return fmt.Sprintf("Backstage %s → %s: nothing to change", from, p.To)
		}
		head := fmt.Sprintf("Backstage %s: nothing to change", p.To)
		// Said only where it is known, of the lock as well, and nothing below
		// says otherwise.
		if c := p.Lockfile.LockChange; c != nil && len(c.OffRelease)+len(c.Ahead)+len(p.Notes) == 0 {
			head += ", everything is where the release has it"
		}
		return head
	}
	head := fmt.Sprintf("Backstage %s → %s", from, p.To)
	if p.From == p.To {
		head = "Backstage " + p.To
	}
	if len(p.Changes) == 0 {
		return head + ": only yarn.lock changes"
	}
	return fmt.Sprintf("%s: %s, %s in %s", head,
		english.Count(packages, "package"), english.Count(len(p.Changes), "edit"), english.Count(files, "file"))
}

// otherChanges are the edits that no row of a package shows.
func (p *Plan) otherChanges() []string {
	var out []string
	for _, c := range p.Changes {
		switch {
		case c.Section == "version" && c.From == "":
			out = append(out, fmt.Sprintf("%s: created with release %s", c.File, c.To))
		case c.Section == "version":
			out = append(out, fmt.Sprintf("%s: %s → %s", c.File, c.From, c.To))
		case c.Section == "plugins" && strings.HasPrefix(c.Name, "@"):
			out = append(out, fmt.Sprintf("%s: the Backstage Yarn plugin updated", c.File))
		case c.Section == "plugins":
			out = append(out, fmt.Sprintf("%s: %s of the Backstage Yarn plugin updated", c.File, c.Name))
		}
	}
	return out
}

// noteSections are notes by what they are about.
func noteSections(notes []Note) []report.Section {
	list := []report.Section{
		{Title: "Blocked: no version of these fits the release"},
		{Title: "Ahead of the release: these versions stay"},
		{Title: "Held by a patch or resolution"},
		{Title: "The Backstage Yarn plugin"},
		{Title: "Moved to another name"},
		{Title: "Not in the release"},
		{Title: "Notes"},
	}
	at := map[NoteKind]int{noteBlocker: 0, noteAhead: 1, notePinned: 2, noteDropped: 2, noteYarnPlugin: 3, Moved: 4,
		noteNotInRelease: 5, noteNotFound: 5, noteKept: 6, noteStale: 6, noteGeneral: 6}
	for _, n := range notes {
		if i, ok := at[n.Kind]; ok { // what differs from backstage.json stands above
			list[i].Lines = append(list[i].Lines, noteLine(n))
		}
	}
	return report.Counted(list...)
}

func noteLine(n Note) string {
	line := n.Message
	if n.Name != "" {
		line = n.Name + ": " + line
	}
	if n.File != "" {
		line += " (" + n.File + ")"
	}
	return line
}

// HelperURL is the page that shows how the template of a new portal changed
// between the two releases, "" when there is no step to show.
func (p *Plan) HelperURL() string {
	if p.From == "" || p.From == p.To || p.Empty() {
		return ""
	}
	u := "https://backstage.github.io/upgrade-helper/?from=" + url.QueryEscape(p.From) + "&to=" + url.QueryEscape(p.To)
	if p.yarnPlugin {
		u += "&yarnPlugin=1"
	}
	return u
}

func listSome(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s +%d", strings.Join(names[:most-1], ", "), len(names)-most+1)
}

// trimLines drops the spaces that pad the last column of a table.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}
