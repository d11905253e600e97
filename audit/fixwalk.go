package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

// maxDepth is how far up a search goes: who asks for who asks for the package.
const maxDepth = 6

// walk is one attempt: the package to one version, by one kind of means.
type walk struct {
	s     *search
	mode  Reach
	moves map[osv.Package]string
	// least are versions below which who asks is not moved, nil for none.
	least    map[osv.Package]string
	order    []osv.Package
	lines    []lineChange
	breaking []string
	blocked  string
	why      whyNot
}

func (w *walk) fail(kind leftKind, reason, next string) bool {
	if w.why.kind == "" {
		w.why = whyNot{kind, reason, next}
	}
	return false
}

// raise has a package moved to a version, and all who ask for it admit that.
func (w *walk) raise(pkg osv.Package, to string, depth int) bool {
	if have, ok := w.moves[pkg]; ok {
		return semrange.CompareText(have, to) >= 0
	}
	end := deadEnd{w.mode, pkg, to}
	if w.s.dead[end] || w.s.x.stopped() {
		return false
	}
	ok := w.possible(pkg, to, depth)
	if !ok {
		if w.s.dead == nil {
			w.s.dead = map[deadEnd]bool{}
		}
		w.s.dead[end] = true
	}
	return ok
}

func (w *walk) possible(pkg osv.Package, to string, depth int) bool {
	x := w.s.x
	if x.leavesRelease(pkg, to) {
		return w.release(pkg.Name, to)
	}
	asks := x.m.asks(pkg, to)
	if len(asks) == 0 {
		return w.fail(leftRefused, "nothing asks for it now", "portalctl check --fix"+x.plans.inDir()+" takes it out of the lock")
	}
	w.moves[pkg] = to
	w.order = append(w.order, pkg)
	x.fetch(asks)
	stays := false // somebody who asks meets the new version as it is
	for _, a := range asks {
		lines := len(w.lines)
		if a.hold != free && !w.open(a, pkg, to, depth) {
			return false
		}
		stays = stays || a.hold != byPackage || len(w.lines) > lines && w.lines[len(w.lines)-1].kind == newResolution
	}
	// A newer version of who asks that asks for a major is made for it.
	if stays && breaks(pkg.Version, to) {
		step := "the step to " + to
		if pkg != w.s.pkg {
			step = fmt.Sprintf("that of %s, %s → %s,", pkg.Name, pkg.Version, to)
		}
		w.breaking = append(w.breaking, step+" is a breaking one")
	}
	return true
}

// leavesRelease reports whether a @backstage package would be moved off the Backstage
// release. One that is off it may join a version off it that the lock has: no package
// is in more versions off the release then.
func (x *fixer) leavesRelease(pkg osv.Package, to string) bool {
	if !strings.HasPrefix(pkg.Name, "@backstage/") || !x.m.onRelease() || x.lock.Release[pkg.Name] == to {
		return false
	}
	return x.lock.Release[pkg.Name] == pkg.Version || !slices.Contains(x.before.versions[pkg.Name], to)
}

// breaks reports whether a step is one that ^ would not admit.
func breaks(from, to string) bool {
	v, err := semrange.ParseVersion(to)
	r, rangeErr := semrange.Parse("^" + from)
	return err == nil && rangeErr == nil && !r.Satisfies(v)
}

// open has one range that keeps a version out admit it.
func (w *walk) open(a ask, pkg osv.Package, to string, depth int) bool {
	x := w.s.x
	if w.blocked == "" {
		w.blocked = x.asker(a)
	}
	switch a.hold {
	case byRelease:
		return w.release(pkg.Name, to)
	case byPatch:
		return w.fail(leftPinned, "your patch is for "+pkg.Name+" "+pkg.Version+" alone", "make it again for "+to+": yarn patch "+a.Name+"@npm:"+to)
	case byRange, byResolution:
		if w.mode == ReachLock {
			return w.fail(leftReach, x.asker(a), "")
		}
		line, ok := x.lineFor(a, pkg, to)
		if !ok {
			return w.fail(leftPinned, x.asker(a)+", which is not a range that can be moved", "move it by hand to "+to)
		}
		w.lines = append(w.lines, line)
		return true
	}
	if w.mode == ReachResolutions && depth == 0 {
		w.lines = append(w.lines, x.pinFor(a, pkg, to))
		return true
	}
	return w.climb(a, pkg, to, depth)
}

// climb moves who asks to the lowest newer version whose range admits the fix.
func (w *walk) climb(a ask, pkg osv.Package, to string, depth int) bool {
	x := w.s.x
	parent, ok := packageOf(x.m.graph.Entry(a.From))
	if !ok || depth >= maxDepth {
		return w.fail(leftPinned, x.asker(a), "")
	}
	if _, seen := w.moves[parent]; seen {
		return true
	}
	for _, next := range w.s.good(parent) {
		if semrange.CompareText(next, w.least[parent]) < 0 {
			continue
		}
		rng, asks := x.asksFor(parent.Name, next)[a.Name]
		if asks && !w.admits(rng, pkg, to, depth) {
			continue
		}
		saved, order, lines, breaking := maps.Clone(w.moves), len(w.order), len(w.lines), len(w.breaking)
		if w.raise(parent, next, depth+1) {
			return true
		}
		w.moves, w.order, w.lines, w.breaking = saved, w.order[:order], w.lines[:lines], w.breaking[:breaking]
	}
	return w.fail(leftPinned, x.asker(a)+", and no version of it that can be had asks for another", "")
}

// admits reports whether a range of a newer parent lets the package be fixed: by
// the version that the others get, else by another one that is good.
func (w *walk) admits(rng string, pkg osv.Package, to string, depth int) bool {
	parsed := spec.Parse(rng)
	list := []string{to}
	if depth == 0 {
		list = append(list, w.s.good(pkg)...)
	}
	return slices.ContainsFunc(list, func(text string) bool {
		v, err := semrange.ParseVersion(text)
		return err == nil && admits(parsed, v)
	})
}

// release says which Backstage release brings a version.
func (w *walk) release(name, to string) bool {
	x := w.s.x
	if rel := x.plans.releaseWith(name, to); rel != "" {
		return w.fail(leftRelease, fmt.Sprintf("Backstage %s brings %s %s", rel, name, to), "portalctl versions bump --release "+rel+x.plans.inDir())
	}
	return w.fail(leftRelease, fmt.Sprintf("%s %s comes with a newer Backstage release", name, to), "portalctl versions bump"+x.plans.inDir())
}

func (w *walk) remedy() *remedy {
	r := &remedy{lines: w.lines, breaking: strings.Join(w.breaking, "; "), blocked: w.blocked}
	for _, pkg := range w.order {
		r.moves = append(r.moves, packageMove{pkg.Name, pkg.Version, w.moves[pkg]})
		r.brings += w.s.x.brings(pkg, w.moves[pkg], maxBrings)
	}
	return r
}
