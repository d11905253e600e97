package audit

import (
	"fmt"
	"slices"
	"time"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

// remedy is a way to end findings of one package version.
type remedy struct {
	moves []packageMove // the package's own first
	lines []lineChange
	// breaking is the step that semver calls breaking, blocked what kept the lock
	// alone from being enough; "" if there is none.
	breaking, blocked string
	// brings is how many package versions come that the lock does not have.
	brings int
	// ends are the findings that it is taken for, besides those that need no way of
	// their own as long as it is taken.
	ends    []*Finding
	besides []*pending
}

// all are the findings that go when a way is taken.
func (r *remedy) all() []*Finding {
	list := slices.Clone(r.ends)
	for _, p := range r.besides {
		list = append(list, p.findings...)
	}
	return list
}

// pins reports whether a line of resolutions is added.
func (r *remedy) pins() bool {
	return slices.ContainsFunc(r.lines, func(l lineChange) bool { return l.kind == newResolution })
}

// size orders ways: the lock alone, lines, lines of resolutions; of one kind what
// moves fewer.
func (r *remedy) size() int {
	n := len(r.moves) + 100*len(r.lines)
	if r.breaking != "" {
		n += 10_000
	}
	if r.pins() {
		n += 100_000
	}
	return n
}

// whyNot is why something is not done.
type whyNot struct {
	kind         leftKind
	reason, next string
}

// search looks for ways to end findings of a package version.
type search struct {
	x    *fixer
	pkg  osv.Package
	ends []*Finding
	// held lets versions count that the age gate keeps out.
	held bool
	// skipped says that one was passed over.
	skipped bool
	// goods are what good has found.
	goods map[osv.Package][]string
	// dead are the moves that nothing makes possible, by means: who asks is asked
	// again for each version that is tried, and the answer is the same.
	dead map[deadEnd]bool
	// why is what kept the first attempt from a way.
	why whyNot
}

// deadEnd is a move that cannot be made.
type deadEnd struct {
	mode Reach
	pkg  osv.Package
	to   string
}

// maxTargets bounds how many versions a search tries of one package: each costs
// a look at all who ask. The lowest are tried first, and of what is left out the
// ranges that ask differ in nothing: real packages have a few dozen.
const maxTargets = 200

// ways are the ways that there are, the smallest first: of each kind the one that
// brings the fewest package versions which the lock does not have, as each is code
// that somebody has to trust anew; of those that bring as many, the one with the
// lowest version. Where they differ, the one with the lowest version of all follows.
func (s *search) ways() []*remedy {
	var ways []*remedy
	good := s.good(s.pkg)
	if len(good) == 0 {
		s.nothing()
		return nil
	}
	good = good[:min(len(good), maxTargets)]
	for _, mode := range []Reach{ReachLock, ReachManifest, ReachResolutions} {
		var best, lowest *remedy
		for _, to := range good {
			if s.x.stopped() {
				return nil
			}
			if best != nil && s.x.brings(s.pkg, to, best.brings) >= best.brings {
				continue
			}
			w := &walk{s: s, mode: mode, moves: map[osv.Package]string{}}
			if !w.raise(s.pkg, to, 0) {
				if s.why.kind == "" {
					s.why = w.why
				}
				continue
			}
			if r := w.joined(to).remedy(); best == nil {
				best, lowest = r, r
			} else if r.brings < best.brings && r.size() <= best.size() {
				best = r
			}
			if best.brings == 0 {
				break
			}
		}
		for _, r := range []*remedy{best, lowest} {
			if r != nil && !slices.ContainsFunc(ways, r.same) {
				ways = append(ways, r)
			}
		}
	}
	return ways
}

func (r *remedy) same(o *remedy) bool {
	return slices.Equal(r.moves, o.moves) && slices.EqualFunc(r.lines, o.lines, func(a, b lineChange) bool { return a.fixedLine == b.fixedLine })
}

// nothing says why no version will do.
func (s *search) nothing() {
	_, known := s.x.in.Input.Published(s.pkg.Name)
	fixes := slices.IndexFunc(s.ends, func(f *Finding) bool { return f.Fixed != "" })
	switch {
	case !known:
		s.why = whyNot{leftUnfixed, "the registry does not answer for " + s.pkg.Name, "make it reachable, then run the command again"}
	case fixes >= 0:
		fixed, newer := s.ends[fixes].Fixed, 0
		for _, c := range s.x.published(s.pkg.Name) {
			if semrange.CompareText(c.Version, fixed) >= 0 {
				newer++
			}
		}
		s.why = whyNot{leftUnfixed, fmt.Sprintf("the registry has no version of %s that ends it (%s of %s or newer)", s.pkg.Name, english.Count(newer, "version"), fixed), "a mirror may lag behind"}
	default:
		s.why = whyNot{leftUnfixed, "no version fixes it", "replace what asks for it, or decide on an ignore with an end in .portalctl.yaml"}
	}
}

// heldWay is what the age gate alone keeps out, nil if that is not it.
func (s *search) heldWay(ways []*remedy) *whyNot {
	if s.held || !s.skipped || slices.ContainsFunc(ways, func(r *remedy) bool { return s.x.denied(r) == nil }) {
		return nil
	}
	young := &search{x: s.x, pkg: s.pkg, ends: s.ends, held: true}
	for _, r := range young.ways() {
		if s.x.denied(r) != nil {
			continue
		}
		for _, m := range r.moves {
			if !s.x.held(m.Name, m.To) {
				continue
			}
			when := ""
			if at, ok := s.x.lock.Released(m.Name, m.To); ok {
				when = ", of " + at.UTC().Format(time.DateOnly) + ","
			}
			return &whyNot{leftHeld, fmt.Sprintf("%s %s%s is too new for npmMinimalAgeGate", m.Name, m.To, when),
				fmt.Sprintf("wait, or add %q to npmPreapprovedPackages in %s", m.Name+"@"+m.To, s.x.rel(".yarnrc.yml"))}
		}
	}
	return nil
}

// good are the versions above a package's that may be taken, lowest first: none
// of the findings that are to end applies, and no advisory that does not apply
// now.
func (s *search) good(pkg osv.Package) []string {
	if out, ok := s.goods[pkg]; ok {
		return out
	}
	at, err := semrange.ParseVersion(pkg.Version)
	if err != nil {
		return nil
	}
	has := map[string]bool{}
	for _, a := range s.x.known.affects(pkg) {
		has[a.ID] = true
	}
	if pkg == s.pkg {
		for _, f := range s.ends {
			delete(has, f.Advisory.ID)
		}
	}
	var out []string
	for _, c := range s.x.published(pkg.Name) {
		v, err := semrange.ParseVersion(c.Version)
		if err != nil || !follows(v, at) {
			continue
		}
		if c.held && !s.held {
			s.skipped = true
			continue
		}
		bad := false
		for _, a := range s.x.known.affects(osv.Package{Name: pkg.Name, Version: c.Version}) {
			bad = bad || !has[a.ID]
		}
		if !bad {
			out = append(out, c.Version)
		}
	}
	if s.goods == nil {
		s.goods = map[osv.Package][]string{}
	}
	s.goods[pkg] = out
	return out
}

// lineFor is the project's own line that keeps a version out, as it has to be.
func (x *fixer) lineFor(a ask, pkg osv.Package, to string) (lineChange, bool) {
	v, err := semrange.ParseVersion(to)
	if err != nil {
		return lineChange{}, false
	}
	if a.hold == byResolution {
		key, old, value := x.plans.resolution(a, pkg, v)
		return x.resolutionLine(oldResolution, a.Name, key, old, value, pkg, to), true
	}
	if catalog, ok := spec.Catalog.Cut(a.Range); ok {
		return x.catalogLine(catalog, a.Name, pkg, v)
	}
	next, out := pkgjson.Retarget(spec.Read(a.Range), v, pkgjson.Options{})
	ws := x.m.graph.Workspace(a.From)
	if out.Verdict != pkgjson.Changed || ws == nil {
		return lineChange{}, false
	}
	at := x.m.at(a.Pos)
	return lineChange{fixedLine: fixedLine{at.File, at.Line, a.Name, a.Range, next}, kind: dependency, ws: ws.Rel, asks: a.Name, pkg: pkg.Name, version: to}, true
}

// pinFor is a new line of resolutions for one range.
func (x *fixer) pinFor(a ask, pkg osv.Package, to string) lineChange {
	line := x.plans.entry(a, pkg, to)
	return x.resolutionLine(newResolution, a.Name, line[0], "", line[1], pkg, to)
}
