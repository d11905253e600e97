package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
)

// blame is one range that makes a further version of a package necessary, and
// what it takes to change that.
type blame struct {
	edge *depgraph.Edge
	fix  finding.Fix
	// forced: a resolution decides, not the range.
	forced bool
	// drifted: who asks is itself off the release.
	drifted bool
	// depth is how many packages lie between a workspace and who asks.
	depth int32
}

// compare puts first what the portal's team can change, then what is asked
// for nearest to them.
func (b blame) compare(other blame) int {
	if b.fix != other.fix {
		return cmp.Compare(b.rank(), other.rank())
	}
	if b.depth != other.depth {
		return cmp.Compare(b.depth, other.depth)
	}
	return cmp.Or(strings.Compare(b.edge.Pos.File, other.edge.Pos.File), cmp.Compare(b.edge.Pos.Line, other.edge.Pos.Line))
}

// byReach are the fixes, those that are in the team's hands first.
var byReach = []finding.Fix{finding.FixManifest, finding.FixRelease, finding.FixLock}

func (b blame) rank() int { return slices.Index(byReach, b.fix) }

// blameOf judges one who asks for another version than keep.
func (m *model) blameOf(e *depgraph.Edge, keep *instance) blame {
	b := blame{edge: e, depth: m.depth(e.From)}
	switch rng, ok := m.rangeOf(e); {
	case m.forced(e):
		b.fix, b.forced = finding.FixManifest, true
	case ok && rng.Satisfies(keep.parsed):
		b.fix = finding.FixLock
	case m.after.Workspace(e.From) != nil:
		b.fix = finding.FixManifest
	case m.drifted(e.From):
		b.fix, b.drifted = finding.FixLock, true
	default:
		b.fix = finding.FixRelease
	}
	return b
}

// askedRange is what an edge asks for; see rangeOf.
type askedRange struct {
	semrange.Range
	ok bool
}

// rangeOf is the semver range of an edge, behind aliases and bindings; ok is
// false if it has none. Many packages ask in the same words, so each text is
// parsed once.
func (m *model) rangeOf(e *depgraph.Edge) (semrange.Range, bool) {
	key := [2]string{e.Range, e.Key.Range}
	r, have := m.parsedRanges[key]
	if !have {
		if s, ok := semverAsk(*e); ok {
			r = askedRange{s.Versions, s.Versions.Valid()}
		}
		if m.parsedRanges == nil {
			m.parsedRanges = map[[2]string]askedRange{}
		}
		m.parsedRanges[key] = r
	}
	return r.Range, r.ok
}

// semverAsk is what asks for versions in an edge, behind bindings.
func semverAsk(e depgraph.Edge) (spec.Spec, bool) {
	switch s := spec.Read(e.Range); s.Kind {
	case spec.KindRange, spec.KindAlias:
		return s, true
	case spec.KindBackstage:
		if bare, ok := spec.NPM.Cut(e.Key.Range); ok {
			return spec.Read(bare), true // the plugin made that of it
		}
		v := spec.Parse(e.Key.Range).Bind("npm")
		return spec.Read("^" + v), v != ""
	case spec.KindCatalog:
		return spec.Read(e.Key.Range), true
	}
	return spec.Spec{}, false
}

// forced reports whether a resolution of the root package.json put another
// range in the place of what was asked.
func (m *model) forced(e *depgraph.Edge) bool {
	if m.in.Project == nil {
		return false
	}
	for _, o := range m.overrides() {
		if o.Name == e.Name && overrideMatches(o.Override, m.after, *e) {
			return true
		}
	}
	return false
}

// askOf is a blame as the JSON report has it.
func (m *model) askOf(b blame) askJSON {
	g := m.after
	a := askJSON{Package: g.Name(b.edge.From), Version: g.Version(b.edge.From), Range: spec.Bare(b.edge.Range), Fix: b.fix, Path: []string{}}
	if b.fix != "" {
		a.Path = m.path(b.edge.From)
	}
	if ws := g.Workspace(b.edge.From); ws != nil {
		a.Workspace = ws.Rel
	}
	return a
}

// worst is the fix that takes the longest.
func worst(list []blame) finding.Fix {
	fixes := append([]finding.Fix{""}, fixesOf(list)...)
	return fixes[len(fixes)-1]
}

// fixesOf are the fixes that a list takes, the one that takes the longest last.
func fixesOf(list []blame) []finding.Fix {
	var fixes []finding.Fix
	for _, f := range []finding.Fix{finding.FixLock, finding.FixManifest, finding.FixRelease} {
		if slices.ContainsFunc(list, func(b blame) bool { return b.fix == f }) {
			fixes = append(fixes, f)
		}
	}
	return fixes
}

// allClaimed reports whether what makes the other versions necessary is a
// finding of its own already.
func (m *model) allClaimed(list []blame) bool {
	return !slices.ContainsFunc(list, func(b blame) bool { return !m.isClaimed(at(b.edge.Pos)) })
}

// copyLine is one version with those who ask for it.
func (m *model) copyLine(in *instance, keep bool, list []blame) string {
	if keep {
		return fmt.Sprintf("%s: what the portal should have (%s)", in.version, english.CountOf(len(list), "asks for it", "ask for it"))
	}
	sorting.Stable(list, blame.compare)
	type way struct {
		from depgraph.Node
		rng  string
	}
	var ways []string
	seen := make(map[way]bool, len(list))
	for _, b := range list {
		w := way{b.edge.From, spec.Bare(b.edge.Range)}
		if !seen[w] {
			if seen[w] = true; len(seen) <= mostWays {
				ways = append(ways, strings.Join(m.path(w.from), " → ")+" asks for "+w.rng)
			}
		}
	}
	if n := len(seen) - mostWays; n > 0 {
		ways = append(ways, fmt.Sprintf("and %d more", n))
	}
	return in.version + ": " + strings.Join(ways, "; ")
}

// mostWays is how many of those who ask for a version a line names.
const mostWays = 3
