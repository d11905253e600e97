package bump

import (
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/report"
)

// movedRows are the packages that move to their new names, as a table has them.
func (p *Plan) movedRows() [][]string {
	var rows [][]string
	for _, m := range p.Moved {
		if m.Left == "" {
			rows = append(rows, []string{m.Name, m.To, m.stepTo(), m.edits()})
		}
	}
	return rows
}

var movedHeader = []string{"Package", "now", "range", "edits"}

// stepTo is the range, and the step that leads to it where it breaks.
func (m Migration) stepTo() string {
	if m.step == "" {
		return m.Range
	}
	return fmt.Sprintf("%s → %s, %s", m.From, m.Range, m.step)
}

// edits sums up what changes: "2 dependencies, 5 imports in 3 files".
func (m Migration) edits() string {
	var parts []string
	for _, kind := range []struct{ what, one, many string }{
		{"dependency", "dependency", "dependencies"}, {"resolution", "resolution", "resolutions"}, {"metadata", "other entry", "other entries"},
		{"import", "import", "imports"}, {"config", "entry of app-config", "entries of app-config"},
	} {
		n, files := 0, map[string]bool{}
		for _, e := range m.Edits {
			if e.What == kind.what {
				n++
				files[e.File] = true
			}
		}
		if n == 0 {
			continue
		}
		part := english.CountOf(n, kind.one, kind.many)
		if kind.what == "import" {
			part += " in " + english.Count(len(files), "file")
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// movedLines are what a person has to do, or may want to, about the packages that
// move, and why others do not.
func (p *Plan) movedLines() (needsYou, gone, notKnown, left, named []string) {
	for _, m := range p.Moved {
		for _, n := range m.NeedsYou {
			needsYou = append(needsYou, fmt.Sprintf("%s:%d: names %s: %s", n.File, n.Line, m.Name, n.What))
		}
		for _, g := range m.Gone {
			line := fmt.Sprintf("%s of %s %s", g.Name, g.Module, m.Version)
			if g.NowIn != "" {
				line += ", now in " + g.NowIn
			}
			gone = append(gone, line+": "+listSome(atPlaces(g.Places), 4))
		}
		for _, why := range m.NotKnown {
			notKnown = append(notKnown, fmt.Sprintf("%s %s: %s", m.To, m.Version, why))
		}
		if m.Left != "" {
			left = append(left, fmt.Sprintf("%s (now %s): %s", m.Name, m.To, m.Left))
		}
		if len(m.Named) > 0 {
			named = append(named, m.Name+": "+listSome(atPlaces(m.Named), 4))
		}
	}
	return needsYou, gone, notKnown, left, named
}

// atPlaces are places as file:line.
func atPlaces(list []movePlace) []string {
	at := make([]string, len(list))
	for i, p := range list {
		at[i] = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return at
}

// movedSections are those lines with their headings.
func (p *Plan) movedSections() []report.Section {
	needsYou, gone, notKnown, left, named := p.movedLines()
	return report.Counted(
		report.Section{Title: "Needs you: loads a package by its old name", Lines: needsYou},
		report.Section{Title: "Imported names that the new package does not export", Lines: gone},
		report.Section{Title: "Not known: whether the new package exports what is imported", Lines: notKnown},
		report.Section{Title: "Moved, and left under the old name", Lines: left},
		report.Section{Title: "The old name still stands in texts and comments", Lines: named},
	)
}
