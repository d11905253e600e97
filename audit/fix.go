package audit

import (
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// lowestFix is the lowest version above p's that an advisory does not apply to,
// as far as the advisory names one; "" if it does not. Each advisory has its
// own: aliases and groups of advisories do not agree about it.
func (b *builder) lowestFix(a *osv.Advisory, p osv.Package) string {
	return b.target([]*osv.Advisory{a}, p)
}

// above is the last version that an advisory applies to, where it names that
// instead of a fix and nobody is known to have looked whether there is a version
// above it; else "". What the registry has is looked up if it is asked anyway.
func (b *builder) above(a *osv.Advisory, p osv.Package) string {
	last := a.LastAffected(p)
	if last == "" || b.in.Published == nil {
		return last
	}
	if _, known := b.in.Published(p.Name); known {
		return ""
	}
	return last
}

// fixes are the versions that may end an advisory: those that it names, and
// those above its last affected one that the registry has.
func (b *builder) fixes(a *osv.Advisory, p osv.Package) []string {
	list := a.Fixed(p.Name)
	last := a.LastAffected(p)
	if last == "" || b.in.Published == nil {
		return list
	}
	published, _ := b.in.Published(p.Name)
	for _, v := range published {
		if semrange.CompareText(v.Version, last) > 0 && (!strings.Contains(v.Version, "-") || strings.Contains(p.Version, "-")) {
			list = append(list, v.Version)
		}
	}
	return list
}

// target is the lowest version above p's that none of the advisories applies
// to, of those that one of them has for a fix; "" if there is none.
func (b *builder) target(list []*osv.Advisory, p osv.Package) string {
	at, err := semrange.ParseVersion(p.Version)
	if err != nil {
		return ""
	}
	var best *semver.Version
	for _, a := range list {
		for _, text := range b.fixes(a, p) {
			v, err := semrange.ParseVersion(text)
			if err != nil || semrange.Compare(v, at) <= 0 || best != nil && semrange.Compare(v, best) >= 0 {
				continue
			}
			if !slices.ContainsFunc(list, func(a *osv.Advisory) bool { return a.Affects(osv.Package{Name: p.Name, Version: text}) }) {
				best = v
			}
		}
	}
	if best == nil {
		return ""
	}
	return best.Original()
}

// hold says what keeps an asking range from a fix.
type hold uint8

const (
	// free: the range admits the fix.
	free hold = iota
	// byRange: a range in a workspace's package.json, or in a catalog.
	byRange
	// byResolution: an entry of resolutions in the root package.json.
	byResolution
	// byPatch: a patch of the project's own for this one version.
	byPatch
	// byRelease: backstage: follows the release in backstage.json.
	byRelease
	// byPackage: the range of a package that asks.
	byPackage
)

// ask is an edge that asks for a package, and what keeps it from a fix.
type ask struct {
	depgraph.Edge
	hold hold
}

// asks are the edges that ask for a package.
func (m *model) asks(p osv.Package, to string) []ask {
	v, err := semrange.ParseVersion(to)
	if err != nil {
		return nil
	}
	var list []ask
	for _, n := range m.nodes[p] {
		for e := range m.graph.In(n) {
			if e.Kind == depgraph.Source {
				continue // the patch has asks of its own
			}
			list = append(list, ask{e, m.hold(e, v)})
		}
	}
	sorting.Stable(list, func(a, b ask) int { return int(b.hold) - int(a.hold) })
	return list
}

// admitted reports whether every range that asks for p admits a version.
func (m *model) admitted(p osv.Package, version string) bool {
	asks := m.asks(p, version)
	return len(asks) > 0 && !slices.ContainsFunc(asks, func(a ask) bool { return a.hold != free })
}

func (m *model) hold(e depgraph.Edge, v *semver.Version) hold {
	rng := spec.Parse(e.Key.Range)
	forced, value := m.resolution(e)
	if forced != "" && m.Lock.Lock.Kind == yarnlock.Classic {
		rng = spec.Parse(value)
	}
	switch rng.Protocol {
	case spec.Backstage:
		return byRelease
	case spec.Patch:
		source, ok := rng.PatchSource()
		if !ok || !strings.Contains(e.Key.Range, "builtin<") {
			return byPatch
		}
		rng = spec.Parse(source.Range)
	}
	if admits(rng, v) {
		return free
	}
	switch {
	case forced != "":
		return byResolution
	case m.graph.Workspace(e.From) != nil:
		return byRange
	}
	return byPackage
}

// admits reports whether Yarn could resolve a range to v. A dist-tag could be
// anything: resolving again is what there is to try.
func admits(rng spec.Range, v *semver.Version) bool {
	if !rng.Protocol.Is("", spec.NPM) || rng.HasSource {
		return false
	}
	text := rng.Selector()
	if real, ok := rng.Alias(); ok {
		text = spec.Bare(real.Range)
	}
	r, err := semrange.Parse(text)
	if err != nil {
		return !strings.ContainsAny(text, "/: ")
	}
	return r.Satisfies(v)
}

// resolution is the entry of resolutions that decides an edge, "" if none does.
// Berry's key in the lock has its value as the range. Yarn 1 keeps the range that
// was asked, and writes the value into a key beside it.
func (m *model) resolution(e depgraph.Edge) (key, value string) {
	classic := m.Lock.Lock.Kind == yarnlock.Classic
	if m.Project == nil || !classic && bare(e.Range) == bare(e.Key.Range) {
		return "", ""
	}
	for _, r := range m.Project.RootWorkspace().File.Resolutions() {
		o, ok := yarnlock.OverrideOf(m.Lock.Lock.Kind, r.Pattern, r.Value)
		switch {
		case !ok || o.Name != e.Name:
		case !classic && bare(o.Value) == bare(e.Key.Range):
			return r.Key, o.Value
		case classic && o.Value != e.Range && slices.Contains(m.graph.Entry(e.To).Keys, yarnlock.Descriptor{Name: o.Name, Range: o.Value}):
			return r.Key, o.Value
		}
	}
	return "", ""
}

func bare(rng string) string { return spec.Bare(rng) }
