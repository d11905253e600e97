package audit

import (
	"bytes"
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/txn"
)

// put records what was written.
func (x *fixer) put(w *written) *Lock {
	t := w.trial
	switch {
	case w.why == "":
	case x.lock.Yarn == nil:
		x.plan.Seeds = append(x.plan.Seeds, yarnSeed{x.m.Path, w.why})
	default:
		x.plan.Notes = append(x.plan.Notes, x.m.Path+" is written by the project's own Yarn: "+w.why)
	}
	old := x.m.Lock.Lock.Original()
	for _, rel := range slices.Sorted(maps.Keys(t.texts)) {
		x.plan.Files = append(x.plan.Files, txn.Change{Rel: x.rel(rel), Old: x.original(rel), New: t.texts[rel]})
	}
	if !bytes.Equal(old, t.text) {
		x.plan.Files = append(x.plan.Files, txn.Change{Rel: x.m.Path, Old: old, New: t.text})
	}
	x.lost(t)
	x.forget(t)
	for _, r := range x.accepted {
		x.record(r)
	}
	x.also(t)
	after := *x.m.Lock
	after.Lock, after.Project, after.Settings = t.lock, t.project, t.settings
	return &after
}

// original is a file of the project as it was read.
func (x *fixer) original(rel string) []byte {
	if ws := x.m.Project.ByRel(path.Dir(rel)); ws != nil && path.Base(rel) == "package.json" {
		return ws.File.Bytes()
	}
	return x.m.Settings.File.Bytes()
}

// record makes one entry of the plan of a remedy, or adds it to the one that it
// shares a move of another package or a line with.
func (x *fixer) record(r *remedy) {
	kind := updateLock
	switch {
	case r.pins():
		kind = addResolution
	case len(r.lines) > 0:
		kind = editRange
	}
	var lines []fixedLine
	for _, l := range r.lines {
		lines = append(lines, l.fixedLine)
	}
	var fix *fixStep
	for _, f := range x.plan.Fixes {
		shares := slices.ContainsFunc(r.moves, func(m packageMove) bool { return slices.Contains(f.Moves, m) }) ||
			slices.ContainsFunc(lines, func(l fixedLine) bool {
				return slices.ContainsFunc(f.Lines, func(have fixedLine) bool { return have.File == l.File && have.Name == l.Name })
			})
		if f.Lockfile == x.m.Path && shares {
			fix = f
			break
		}
	}
	if fix == nil {
		fix = &fixStep{Kind: kind, Lockfile: x.m.Path}
		x.plan.Fixes = append(x.plan.Fixes, fix)
	}
	if kind.order() > fix.Kind.order() {
		fix.Kind = kind
	}
	for _, m := range r.moves {
		fix.move(m)
	}
	for _, l := range lines {
		fix.line(l)
	}
	if r.breaking != "" && !strings.Contains(fix.Breaking, r.breaking) {
		fix.Breaking = strings.TrimPrefix(fix.Breaking+"; "+r.breaking, "; ")
	}
	for _, f := range r.all() {
		if !slices.Contains(fix.Findings, f) {
			fix.Findings = append(fix.Findings, f)
		}
	}
}

// move adds a move; of two of one version the higher target counts, as in the
// lock.
func (f *fixStep) move(m packageMove) {
	for i, have := range f.Moves {
		if have.Name == m.Name && have.From == m.From {
			if semrange.CompareText(have.To, m.To) < 0 {
				f.Moves[i] = m
			}
			return
		}
	}
	f.Moves = append(f.Moves, m)
}

func (f *fixStep) line(l fixedLine) {
	for i, have := range f.Lines {
		if have.File == l.File && have.Name == l.Name && have.Line == l.Line {
			f.Lines[i] = l
			return
		}
	}
	f.Lines = append(f.Lines, l)
}

// also notes what moves beside the fixes.
func (x *fixer) also(t *trial) {
	moved := map[[2]string]bool{} // name and version that a fix names
	for _, f := range x.plan.Fixes {
		for _, m := range f.Moves {
			if f.Lockfile == x.m.Path {
				moved[[2]string{m.Name, m.From}], moved[[2]string{m.Name, m.To}] = true, true
			}
		}
	}
	gone := func(from, to map[string][]string, name string) []string {
		return slices.DeleteFunc(slices.Clone(from[name]), func(v string) bool {
			return slices.Contains(to[name], v) || moved[[2]string{name, v}]
		})
	}
	was := versionsOf(Packages([]*Lock{x.m.Lock})) // of the lock as it is
	for _, name := range sorted(append(slices.Collect(maps.Keys(t.versions)), slices.Collect(maps.Keys(was))...)) {
		from, to := gone(was, t.versions, name), gone(t.versions, was, name)
		for i := range max(len(from), len(to)) {
			m := packageMove{Name: name}
			if i < len(from) {
				m.From = from[i]
			}
			if i < len(to) {
				m.To = to[i]
			}
			x.plan.Also = append(x.plan.Also, alsoMoved{x.m.Path, m})
		}
	}
}

// sort puts what ends most first, and what is left by why.
func (p *FixPlan) sort() {
	sorting.Stable(p.Fixes, func(a, b *fixStep) int {
		return cmp.Or(cmp.Compare(a.Lockfile, b.Lockfile), cmp.Compare(a.Kind.order(), b.Kind.order()), -cmp.Compare(len(a.Findings), len(b.Findings)),
			cmp.Compare(a.Moves[0].Name, b.Moves[0].Name), semrange.CompareText(a.Moves[0].From, b.Moves[0].From))
	})
	kinds := []leftKind{leftMalware, leftHeld, leftReach, leftBreaking, leftPinned, leftRelease, leftRefused, leftUnfixed, leftUnsolvable}
	sorting.Stable(p.Left, func(a, b *leftOver) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), cmp.Compare(a.Lockfile, b.Lockfile),
			comparePackages(osv.Package{Name: a.Package, Version: a.Version}, osv.Package{Name: b.Package, Version: b.Version}))
	})
	for _, f := range p.Fixes {
		sorting.Stable(f.Findings, compareFindings)
	}
}
