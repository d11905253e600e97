package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/semrange"
)

// breakingKey is that of the action whose resolutions are major steps.
const breakingKey = "breaking"

// lineEdit is a line of the project's own that an action changes: it asks for
// name, and is to have version to. text is the step that says so.
type lineEdit struct{ place, name, to, text string }

func catalogPlace(a ask) string { return "catalog " + a.Range + " " + a.Name }

func (m *model) linePlace(a ask) string { return m.at(a.Pos).String() + " " + a.Name }

// agree has all actions that change a line change it to the same version, the
// highest that one of them needs: who follows one after the other must not undo
// the first. Those that say the same then are one.
func (p *plans) agree() {
	best := map[string]lineEdit{}
	for _, a := range p.list {
		for _, e := range p.edits[a] {
			if have, ok := best[e.place]; !ok || semrange.CompareText(have.to, e.to) < 0 {
				best[e.place] = e
			}
		}
	}
	var kept []*action
	for _, a := range p.list {
		for i, e := range p.edits[a] {
			b := best[e.place]
			if b.to == e.to {
				continue
			}
			p.edits[a][i] = b
			if at := slices.Index(a.Steps, e.text); at >= 0 {
				a.Steps[at] = b.text
			}
			if a.Kind == editRange {
				a.Title = fmt.Sprintf("Move %s to %s", b.name, b.to)
				a.Caution = jump(a.Findings[0].Version, b.to)
			}
		}
		if i := slices.IndexFunc(kept, func(k *action) bool { return a.Kind == editRange && k.Kind == a.Kind && slices.Equal(k.Steps, a.Steps) }); i >= 0 {
			for _, f := range a.Findings {
				f.Action = kept[i]
			}
			kept[i].Findings = append(kept[i].Findings, a.Findings...)
			continue
		}
		kept = append(kept, a)
	}
	p.list = kept
	for _, a := range p.list {
		p.unended(a)
	}
	p.agreeResolutions()
}

// unended says which findings of an edit the version does not end: no single one
// ends all.
func (p *plans) unended(a *action) {
	if a.Kind != editRange {
		return
	}
	var left []string
	for _, f := range a.Findings {
		for _, e := range p.edits[a] {
			if e.name == f.Package && f.Advisory.Affects(osv.Package{Name: e.name, Version: e.to}) {
				left = append(left, f.Advisory.ID)
				break
			}
		}
	}
	if left = sorted(left); len(left) > 0 {
		a.caution(english.Some(left, 3) + " " + english.Form(len(left), "applies", "apply") + " to that version, too: no single one ends all")
	}
}

// agreeResolutions gives an entry that several actions write the highest value.
func (p *plans) agreeResolutions() {
	best := map[string]string{}
	for _, a := range p.list {
		for _, e := range p.entries[a] {
			if have, ok := best[e[0]]; !ok || semrange.CompareText(caret(have), caret(e[1])) < 0 {
				best[e[0]] = e[1]
			}
		}
	}
	for _, a := range p.list {
		for i, e := range p.entries[a] {
			p.entries[a][i][1] = best[e[0]]
		}
	}
}

// caret is the version of a value such as npm:^1.2.3 or npm:name@^1.2.3.
func caret(value string) string { return value[strings.LastIndexByte(value, '^')+1:] }

// caution adds to what is to be known before.
func (a *action) caution(text string) {
	if a.Caution != "" {
		a.Caution += "; "
	}
	a.Caution += text
}

// offRelease says which packages an action moves off the Backstage release: one
// of them moved alone meets the others as nobody has tested them.
func (p *plans) offRelease(a *action) {
	var names []string
	switch a.Kind {
	case updateLock, bumpParent, editRange, addResolution, lookAbove:
		names = slices.Clone(p.names[a])
		for _, e := range p.edits[a] {
			names = append(names, e.name)
		}
		if len(p.names[a])+len(p.edits[a]) > 0 || a.Kind == addResolution || a.Kind == lookAbove {
			for _, f := range a.Findings {
				names = append(names, f.Package)
			}
		}
	}
	names = slices.DeleteFunc(sorted(names), func(n string) bool { return !strings.HasPrefix(n, "@backstage/") })
	if len(names) > 0 {
		a.caution(english.Some(names, 4) + " would leave the Backstage release this way; portalctl versions bump" + p.inDir() + " moves all of it")
	}
}
