package check

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
)

// copyJSON is one version of a duplicate in the JSON report.
type copyJSON struct {
	Version string `json:"version"`
	// Keep says that it is the one to end up with.
	Keep    bool      `json:"keep"`
	AskedBy []askJSON `json:"askedBy"`
	// Fix is "" for the version to keep.
	Fix finding.Fix `json:"fix,omitempty"`
}

// askJSON is somebody who asks for a version.
type askJSON struct {
	Package   string `json:"package"`
	Version   string `json:"version"`
	Workspace string `json:"workspace"`
	Range     string `json:"range"`
	// Path leads from a workspace to the asking package, by the shortest way.
	Path []string    `json:"path"`
	Fix  finding.Fix `json:"fix,omitempty"`
}

// instance is one version of a package that the lock has several times.
type instance struct {
	version string
	parsed  *semver.Version
	nodes   []depgraph.Node
	edges   []*depgraph.Edge
}

// duplicates is the rule duplicate. It looks at the lock as it will be once
// what can be deduped is: that is another rule's finding, and another fix.
func (m *model) duplicates() {
	runtimes := m.runtimes(m.after)
	names := m.after.Several()
	// react-router follows react-router-dom; see followsDOM.
	if i := slices.Index(names, router); i >= 0 {
		names = append(slices.Delete(names, i, i+1), router)
	}
	var several []copied
	bad := map[depgraph.Node]bool{} // versions that are to go
	for _, name := range names {
		if !m.inScope(name) && (len(m.scope()) > 0 || !isReactTypes(name)) {
			continue
		}
		list := m.instances(name)
		if len(list) < 2 {
			continue
		}
		c := copied{name, list, m.keep(name, list)}
		several = append(several, c)
		for _, cause := range copies(list, c.keep) {
			bad[cause.node] = true
		}
	}
	// Copies that only such copies ask for go with them: those come first.
	isBad := func(n depgraph.Node) bool { return bad[n] }
	isShown := func(n depgraph.Node) bool { return m.isClaimed(entry(n)) }
	for len(several) > 0 {
		left := slices.DeleteFunc(slices.Clone(several), func(c copied) bool {
			follows := c.askedBy(isBad)
			if follows && !c.askedBy(isShown) {
				return false
			}
			m.duplicate(c, runtimes, follows)
			return true
		})
		if len(left) == len(several) { // they only ask for each other
			m.duplicate(left[0], runtimes, false)
			left = left[1:]
		}
		several = left
	}
}

// copied is a package of which there are several versions, one of them to keep.
type copied struct {
	name string
	list []*instance
	keep *instance
}

// askedBy reports whether all who ask for the versions to go are such as is has.
func (c copied) askedBy(is func(depgraph.Node) bool) bool {
	return !slices.ContainsFunc(c.list, func(in *instance) bool {
		return in != c.keep && slices.ContainsFunc(in.edges, func(e *depgraph.Edge) bool { return !is(e.From) })
	})
}

// instances are the versions of a package that somebody loads, the highest
// first. What only a patch is made from is not loaded.
func (m *model) instances(name string) []*instance {
	g := m.after
	var list []*instance
	reachable := m.reachable()
	for _, n := range g.Ident(name) {
		if g.Workspace(n) != nil || !reachable.Has(n) {
			continue
		}
		var edges []*depgraph.Edge
		for e := range g.Asks(n) {
			if e.Kind != depgraph.Source && reachable.Has(e.From) && !m.isLink(g, e.From) {
				edges = append(edges, e)
			}
		}
		if len(edges) == 0 {
			continue
		}
		v := g.Version(n)
		i := slices.IndexFunc(list, func(in *instance) bool { return in.version == v })
		if i < 0 {
			parsed, err := semrange.ParseVersion(v)
			if err != nil {
				continue
			}
			i = len(list)
			list = append(list, &instance{version: v, parsed: parsed})
		}
		list[i].nodes = append(list[i].nodes, n)
		if list[i].edges == nil {
			list[i].edges = edges
		} else {
			list[i].edges = append(list[i].edges, edges...)
		}
	}
	slices.SortFunc(list, func(a, b *instance) int { return semrange.Compare(b.parsed, a.parsed) })
	return list
}

// others counts the packages besides the first to blame that a workspace depends
// on and that have to be updated, too.
func (m *model) others(first blame, blames []blame) int {
	if m.direct == nil {
		m.direct = map[depgraph.Node]bool{}
		for _, ws := range m.after.Workspaces() {
			for _, e := range m.after.Out(ws) {
				m.direct[e.To] = true
			}
		}
	}
	seen := map[depgraph.Node]bool{first.edge.From: true}
	for _, b := range blames {
		if from := b.edge.From; b.fix == finding.FixRelease && m.direct[from] && m.after.Workspace(from) == nil {
			seen[from] = true
		}
	}
	return len(seen) - 1
}

// duplicate reports one package. keep is the version that all should have; who
// makes the others necessary is to blame. What follows from another finding is one
// of its own only where a second copy breaks the portal.
func (m *model) duplicate(c copied, runtimes []depgraph.Set, follows bool) {
	name, list, keep := c.name, c.list, c.keep
	loaded := loaded(list, runtimes)
	reason := m.singletonReason(name)
	types := m.in.Project != nil && isReactTypes(name) && list[0].parsed.Major() != list[len(list)-1].parsed.Major()
	if (loaded < 2 || !m.inScope(name)) && !isBackstage(name) && !m.opts.All && !types {
		return // copies that never meet
	}
	if name == router && m.followsDOM(list, keep) {
		m.claim(copies(list, keep)...)
		return
	}
	f := finding.Finding{Rule: ruleDuplicate, Name: name}
	d := &duplicateDetails{m: m, reason: reason, keep: keep, list: list, asks: make([][]blame, len(list))}
	var blames []blame
	versions := make([]string, len(list))
	for i, in := range list {
		versions[i] = in.version
		mine := make([]blame, len(in.edges))
		for j, e := range in.edges {
			if in == keep {
				mine[j].edge = e
			} else {
				mine[j] = m.blameOf(e, keep)
			}
		}
		d.asks[i] = mine
		if in != keep {
			blames = append(blames, mine...)
		}
	}
	if m.allClaimed(blames) {
		m.claim(copies(list, keep)...)
		return
	}
	sorting.Stable(blames, blame.compare)
	f.Explain = d.lines
	// What is a finding already is not said again at its place.
	first := blames[slices.IndexFunc(blames, func(b blame) bool { return !m.isClaimed(at(b.edge.Pos)) })]
	f.Pos = first.edge.Pos
	f.Fixes = fixesOf(blames)
	f.Key = strings.Join(versions, " ")
	f.Details = d
	f.Message = fmt.Sprintf("%d versions of %s: %s; %s", len(list), name, strings.Join(versions, ", "), m.culprit(first, keep))
	switch {
	case types: // see asReactTypes
	case loaded < 2:
		f.Severity = finding.Info
		f.Message += " (neither the app nor the backend loads more than one)"
	case reason != "" && !slices.ContainsFunc(blames, func(b blame) bool { return !m.ofRelease(b.edge.From) }):
		f.Severity = finding.Warning // that is how the release was tested
		f.Message += "; " + reason
	case reason != "":
		f.Severity = finding.Error
		f.Message += "; " + reason
	case isBackstage(name):
		f.Severity = finding.Warning
	default:
		f.Severity = finding.Info
	}
	f.Next = m.nextOf(first, name, keep, list, blames)
	if edits, ok := m.rangeEdits(name, blames, keep); ok && f.Severity.Fails() {
		f.FixedBy = finding.ByManifests
		f.Next += "; " + m.fix(" --fix-manifests") + " does both"
		m.ranges = append(m.ranges, edits...)
	} else if n := m.others(first, blames); n > 0 && f.Severity.Fails() {
		f.Next += "; " + english.CountOf(n, "more dependency of the portal asks", "more dependencies of the portal ask") + " for another version, too"
	}
	if loaded == 1 && !isLoaded(keep, runtimes) {
		// What runs is another version than the release's: that is off-release,
		// whatever the tests load.
		list = slices.DeleteFunc(slices.Clone(list), func(in *instance) bool { return isLoaded(in, runtimes) })
	}
	if types {
		m.asReactTypes(&f, keep)
	}
	if follows && f.Severity != finding.Error {
		m.claim(copies(list, keep)...)
		return
	}
	if m.add(f, copies(list, keep)...) && name == routerDOM {
		m.claim(allVersions(routerDOM))
	}
}

// duplicateDetails is what the reports say of a duplicate beside the message: JSON
// all of it, text forms some, and that of the first findings only. The ways to
// everybody who asks are most of the work, and made when they are asked for.
type duplicateDetails struct {
	m      *model
	reason string
	keep   *instance
	list   []*instance
	asks   [][]blame // by instance
}

// lines are one for each version.
func (d *duplicateDetails) lines() []string {
	lines := make([]string, len(d.list))
	for i, in := range d.list {
		lines[i] = d.m.copyLine(in, in == d.keep, d.asks[i])
	}
	return lines
}

func (d *duplicateDetails) MarshalJSON() ([]byte, error) {
	copies := make([]copyJSON, len(d.list))
	for i, in := range d.list {
		c := copyJSON{Version: in.version, Keep: in == d.keep, AskedBy: []askJSON{}}
		if !c.Keep {
			sorting.Stable(d.asks[i], blame.compare)
		}
		for _, b := range d.asks[i] {
			c.AskedBy = append(c.AskedBy, d.m.askOf(b))
		}
		sorting.By(c.AskedBy, func(a, b askJSON) int {
			return cmp.Or(cmp.Compare(len(a.Path), len(b.Path)), cmp.Compare(a.Package, b.Package), cmp.Compare(a.Version, b.Version))
		})
		if in != d.keep {
			c.Fix = worst(d.asks[i])
		}
		copies[i] = c
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(map[string]any{"versions": copies, "reason": d.reason})
	return b.Bytes(), err
}

// copies are the versions that are to go: off-release and mixed-line do not
// report them again.
func copies(list []*instance, keep *instance) []cause {
	var causes []cause
	for _, in := range list {
		if in != keep {
			causes = append(causes, entries(in.nodes)...)
		}
	}
	return causes
}

// keep is the version to end up with: the release's, else the one that an app
// of the portal asks for itself, else the highest.
func (m *model) keep(name string, list []*instance) *instance {
	switch {
	case name == router:
		if in := m.routerOfDOM(list); in != nil {
			return in
		}
	case isReactTypes(name):
		if in := m.reactTypesToKeep(list); in != nil {
			return in
		}
	}
	for _, in := range list {
		if in.version == m.versions[name] {
			return in
		}
	}
	for _, role := range []string{"frontend", "backend"} {
		for _, in := range list {
			for _, e := range in.edges {
				if ws := m.after.Workspace(e.From); ws != nil && e.Kind != depgraph.Dev && m.byName[ws.Name] != nil && m.byName[ws.Name].role == role {
					return in
				}
			}
		}
	}
	return list[0]
}
