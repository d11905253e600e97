package bump

import (
	"fmt"
	"io"
	"net/url"
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
	for _, j := range jumps {
		rows := p.rows(j)
		if len(rows) == 0 {
			continue
		}
		title := fmt.Sprintf("%s: %d", j.title(), len(rows))
		if j == jumpBreaking || j == jumpDowngrade {
			title = st.Bad(title)
		} else {
			title = st.Bold(title)
		}
		b.WriteString("\n" + title + "\n")
		if err := report.Table(&b, header(j), rows); err != nil {
			return err
		}
	}
	if rows := p.movedRows(); len(rows) > 0 {
		fmt.Fprintf(&b, "\n%s\n", st.Bold(fmt.Sprintf("Moved to their new names: %d", len(rows))))
		if err := report.Table(&b, movedHeader, rows); err != nil {
			return err
		}
	}
	writeGroups(&b, st, p.movedGroups())
	for _, g := range p.noteGroups() {
		fmt.Fprintf(&b, "\n%s\n", st.Bold(fmt.Sprintf("%s: %d", g.title, len(g.notes))))
		for _, n := range g.notes {
			b.WriteString("  " + noteLine(n) + "\n")
		}
	}
	if others := p.otherChanges(); len(others) > 0 {
		fmt.Fprintf(&b, "\n%s\n", st.Bold("Other edits"))
		for _, c := range others {
			b.WriteString("  " + c + "\n")
		}
	}
	p.Lockfile.writeTable(&b, st)
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
	for _, j := range jumps {
		rows := p.rows(j)
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n### %s: %d\n\n", j.title(), len(rows))
		if err := report.Markdown(&b, header(j), rows); err != nil {
			return err
		}
	}
	if rows := p.movedRows(); len(rows) > 0 {
		fmt.Fprintf(&b, "\n### Moved to their new names: %d\n\n", len(rows))
		if err := report.Markdown(&b, movedHeader, rows); err != nil {
			return err
		}
	}
	writeMarkdownGroups(&b, p.movedGroups())
	for _, g := range p.noteGroups() {
		fmt.Fprintf(&b, "\n### %s: %d\n\n", g.title, len(g.notes))
		for _, n := range g.notes {
			b.WriteString("- " + report.Escape(noteLine(n)) + "\n")
		}
	}
	if others := p.otherChanges(); len(others) > 0 {
		b.WriteString("\n### Other edits\n\n")
		for _, c := range others {
			b.WriteString("- " + report.Escape(c) + "\n")
		}
	}
	p.Lockfile.writeMarkdown(&b)
	p.Audit.writeMarkdown(&b)
	b.WriteString(report.Next(next))
	_, err := io.WriteString(w, b.String())
	return err
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

type noteGroup struct {
	title string
	notes []Note
}

func (p *Plan) noteGroups() []noteGroup {
	titles := []struct {
		title string
		kinds []NoteKind
	}{
		{"Blocked: no version of these fits the release", []NoteKind{noteBlocker}},
		{"Ahead of the release: these versions stay", []NoteKind{noteAhead}},
		{"Held by a patch or resolution", []NoteKind{notePinned, noteDropped}},
		{"The Backstage Yarn plugin", []NoteKind{noteYarnPlugin}},
		{"Moved to another name", []NoteKind{Moved}},
		{"Not in the release", []NoteKind{noteNotInRelease, noteNotFound}},
		{"Notes", []NoteKind{noteKept, noteStale, noteGeneral}},
	}
	var out []noteGroup
	for _, t := range titles {
		g := noteGroup{title: t.title}
		for _, n := range p.Notes {
			for _, k := range t.kinds {
				if n.Kind == k {
					g.notes = append(g.notes, n)
				}
			}
		}
		if len(g.notes) > 0 {
			out = append(out, g)
		}
	}
	return out
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
