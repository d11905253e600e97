package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

// mixedLine is the rule of that name: a prerelease in a portal that is on a
// main release. The other way round is not a mistake: a next release has many
// packages that did not change since the last main one.
func (m *model) mixedLine() {
	release := m.release()
	v, err := semrange.ParseVersion(release)
	if err != nil || v.Prerelease() != "" {
		return
	}
	reachable := m.graph.Reachable()
	for _, e := range m.in.Lock.Entries {
		name, version, ok := e.Package()
		if !ok || !isBackstage(name) || e.Resolution.Is(spec.Patch) {
			continue
		}
		n := m.graph.Node(e)
		if p, err := semrange.ParseVersion(version); err != nil || p.Prerelease() == "" || version == m.versions[name] ||
			m.isClaimed(entry(n)) || m.isClaimed(allVersions(name)) || !reachable.Has(n) {
			continue
		}
		line := "the next line"
		if strings.HasPrefix(version, "0.0.0-") {
			line = "a nightly build"
		}
		who, fix := m.asker(n)
		m.add(finding.Finding{Rule: ruleMixedLine, Pos: m.in.Lock.Pos(e), Name: name, Key: version, Fixes: []finding.Fix{fix},
			Message: fmt.Sprintf("%s is at %s, of %s, in a portal on release %s; %s", name, version, line, release, who),
			Next:    m.backOnRelease(n, fix == finding.FixLock, fix)}, entry(n))
	}
}

// offRelease is the rule of that name: packages of the release that are locked
// in another version, where no other finding explains it.
func (m *model) offRelease() {
	release := m.release()
	if release == "" {
		return
	}
	if m.in.Unknown != nil {
		u := *m.in.Unknown
		u.Rule = ruleOffRelease
		m.unknown = append(m.unknown, u)
	}
	if m.versions == nil {
		return
	}
	var off []depgraph.Node
	reachable := m.graph.Reachable()
	for _, e := range m.in.Lock.Entries {
		name, version, ok := e.Package()
		want, covered := m.versions[name]
		n := m.graph.Node(e)
		if !ok || !covered || version == want || e.Resolution.Is(spec.Patch) ||
			m.isClaimed(entry(n)) || m.isClaimed(allVersions(name)) || !reachable.Has(n) || m.askersClaimed(n) {
			continue
		}
		off = append(off, n)
	}
	for _, n := range m.causesFirst(off) {
		name, version := m.graph.Name(n), m.graph.Version(n)
		want := m.versions[name]
		if m.follows(n, func(from depgraph.Node) bool { return m.isClaimed(entry(from)) }) {
			m.claim(entry(n))
			continue
		}
		relation := "older than"
		if semrange.Above(version, want) {
			relation = "newer than"
		}
		who, fix := m.asker(n)
		m.add(finding.Finding{Rule: ruleOffRelease, Pos: m.in.Lock.Pos(m.graph.Entry(n)), Name: name, Key: version, Fixes: []finding.Fix{fix},
			Message: fmt.Sprintf("%s is at %s, %s %s, its version in release %s; %s", name, version, relation, want, release, who),
			Next:    m.backOnRelease(n, relation == "newer than", fix),
			Details: map[string]any{"locked": version, "release": want}}, entry(n))
	}
}

// follows reports whether a package is off the release only because others of the
// release are: all whose ranges exclude the release's version are such, and one of
// them has is true.
func (m *model) follows(n depgraph.Node, is func(depgraph.Node) bool) bool {
	want, err := semrange.ParseVersion(m.versions[m.graph.Name(n)])
	any := false
	for e := range m.graph.In(n) {
		if r, ok := m.rangeOf(&e); err != nil || !ok || r.Satisfies(want) {
			continue
		}
		release, covered := m.versions[m.graph.Name(e.From)]
		if m.graph.Workspace(e.From) != nil || !covered || release == m.graph.Version(e.From) {
			return false
		}
		any = any || is(e.From)
	}
	return any
}

// causesFirst sorts packages that are off the release so that each comes after one
// that brings it, as far as one does. Packages that only bring each other are as
// they were: the first of them has to stand for all.
func (m *model) causesFirst(off []depgraph.Node) []depgraph.Node {
	placed := map[depgraph.Node]bool{}
	var out []depgraph.Node
	place := func(n depgraph.Node) {
		placed[n] = true
		out = append(out, n)
	}
	anyone := func(depgraph.Node) bool { return true }
	for _, n := range off {
		if !m.follows(n, anyone) || m.follows(n, func(from depgraph.Node) bool { return m.isClaimed(entry(from)) }) {
			place(n)
		}
	}
	for len(out) < len(off) {
		before := len(out)
		for _, n := range off {
			if !placed[n] && m.follows(n, func(from depgraph.Node) bool { return placed[from] }) {
				place(n)
			}
		}
		if len(out) == before {
			place(off[slices.IndexFunc(off, func(n depgraph.Node) bool { return !placed[n] })])
		}
	}
	return out
}

func (m *model) release() string { return m.in.standing().Release }

// asker says who asks for a version off the release: whoever excludes the
// release's, or else that nobody does.
func (m *model) asker(n depgraph.Node) (string, finding.Fix) {
	want, err := semrange.ParseVersion(m.versions[m.graph.Name(n)])
	count, blamed := 0, ""
	for e := range m.graph.In(n) {
		if m.isLink(m.graph, e.From) {
			continue // the workspace asks, too
		}
		count++
		if r, ok := m.rangeOf(&e); err != nil || !ok || r.Satisfies(want) {
			continue
		}
		who := fmt.Sprintf("%s asks for %s", m.label(e.From), spec.Bare(e.Range))
		if m.graph.Workspace(e.From) != nil {
			return who, finding.FixManifest // what the team can change comes first
		}
		if blamed == "" {
			blamed = who
		}
	}
	if blamed != "" {
		return blamed, finding.FixRelease
	}
	if count == 1 {
		return "the range that asks for it would admit the release's", finding.FixLock
	}
	return "the ranges that ask for it would admit the release's", finding.FixLock
}

// isLink reports whether an entry stands for a workspace: Yarn 1 writes one for
// each link: range. What it asks for, the workspace's package.json asks for.
func (m *model) isLink(g *depgraph.Graph, n depgraph.Node) bool {
	e := g.Entry(n)
	return e != nil && m.byName[e.Keys[0].Name] != nil && spec.Link.In(e.Keys[0].Range)
}

// askersClaimed reports whether all who ask for a package do so in places that
// are findings themselves.
func (m *model) askersClaimed(n depgraph.Node) bool {
	any := false
	for e := range m.graph.In(n) {
		if !m.isClaimed(at(e.Pos)) {
			return false
		}
		any = true
	}
	return any
}
