package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/dedupe"
	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// culprit is who makes the other version necessary, in a few words.
func (m *model) culprit(b blame, keep *instance) string {
	who := label(m.after, b.edge.From)
	asks := spec.Bare(b.edge.Range)
	switch {
	case b.forced:
		return fmt.Sprintf("a resolution gives %s another version than %s", who, keep.version)
	case b.drifted:
		return fmt.Sprintf("%s, off the release itself, asks for %s", who, asks)
	case b.fix == finding.FixLock:
		return fmt.Sprintf("%s asks for %s, which %s would satisfy", who, asks, keep.version)
	}
	return fmt.Sprintf("%s asks for %s", who, asks)
}

// nextOf says what to do about the first to blame.
func (m *model) nextOf(b blame, name string, keep *instance, list []*instance, blames []blame) string {
	g := m.after
	switch {
	case b.forced:
		return fmt.Sprintf("Change the resolution of %s in package.json so that all get %s", name, keep.version)
	case b.drifted:
		root := m.driftRoot(b.edge.From)
		asking := g.Name(root)
		if m.aheadOfRelease(root) {
			return fmt.Sprintf("Move the portal to a release that has %s@%s (%s); %s", asking, g.Version(root), m.bump(), goingBack)
		}
		return fmt.Sprintf("%s: it brings %s back, and this range with it", m.pin(g, root, m.versions[asking]), asking)
	case b.fix == finding.FixLock:
		next := m.pin(g, b.edge.To, keep.version)
		if !isBackstage(name) && len(list) > 1 && m.admitsAll(list, keep) {
			return fmt.Sprintf("Run %s: %s satisfies all that ask", m.fix(" --strategy fewer"), keep.version)
		}
		if v, err := semrange.ParseVersion(g.Version(b.edge.To)); err == nil && semrange.Compare(v, keep.parsed) > 0 && keep.version == m.versions[name] {
			next = fmt.Sprintf("Move the portal to a release that has %s@%s (%s); %s", name, v.Original(), m.bump(), goingBack)
		}
		if isBackstage(name) && m.admitsAll(list, list[0]) {
			next += "; " + m.fix(highest) + " makes it one version, off the release"
		}
		return next
	case b.fix == finding.FixManifest:
		return m.nextInManifests(b, keep, blames)
	}
	asking := g.Name(b.edge.From)
	if isBackstage(name) && ahead(*b.edge, keep) {
		return fmt.Sprintf("%s is ahead of the portal: move the portal to a release that has what it asks for (%s), or go back to an older one", asking, m.bump())
	}
	if m.ofRelease(b.edge.From) {
		return fmt.Sprintf("Release %s itself brings both: move to a later one when it is out (%s); until then, record the decision in .portalctl.yaml", m.release(), m.bump())
	}
	if next := m.nextToRelease(b.edge.From); next != "" {
		return next
	}
	if p := m.path(b.edge.From); len(p) > 2 {
		return fmt.Sprintf("Update %s to a version whose %s admits %s@%s; until it has one, record the decision in .portalctl.yaml", p[1], asking, name, keep.version)
	}
	return fmt.Sprintf("Update %s to a version that admits %s@%s; until there is one, record the decision in .portalctl.yaml", asking, name, keep.version)
}

// goingBack is what stands in the way of an older version: what writes the lock
// does not lower one unasked.
const goingBack = "going back needs --allow-downgrade, and databases may be migrated already"

// admitsAll reports whether all who ask for a package admit one of its versions.
func (m *model) admitsAll(list []*instance, one *instance) bool {
	return !slices.ContainsFunc(list, func(in *instance) bool {
		return in != one && slices.ContainsFunc(in.edges, func(e *depgraph.Edge) bool {
			r, ok := m.rangeOf(e)
			return !ok || !r.Satisfies(one.parsed)
		})
	})
}

// ofRelease reports whether a package is what the release has. Packages of the
// next line ask for exact versions, also for those of the prerelease before: a
// release of that line brings several versions of a package by itself.
func (m *model) ofRelease(n depgraph.Node) bool {
	v, ok := m.versions[m.after.Name(n)]
	return ok && v == m.after.Version(n)
}

// aheadOfRelease reports whether a package is locked above its version in the
// release.
func (m *model) aheadOfRelease(n depgraph.Node) bool {
	return semrange.Above(m.after.Version(n), m.versions[m.after.Name(n)])
}

// ahead reports whether a range starts above a version.
func ahead(e depgraph.Edge, keep *instance) bool {
	asked, ok := semverAsk(e)
	if !ok {
		return false
	}
	_, out := pkgjson.Retarget(asked, keep.parsed, pkgjson.Options{})
	return out.Verdict == pkgjson.Ahead
}

// nextToRelease is what to do about a package that is behind its version in the
// release: a later one is there already. It is "" where somebody else holds it back.
func (m *model) nextToRelease(n depgraph.Node) string {
	for _, at := range []depgraph.Node{n, m.shortest().direct[n]} {
		if at == depgraph.None {
			continue
		}
		name := m.after.Name(at)
		want := m.versions[name]
		if !isBackstage(name) || !semrange.Above(want, m.after.Version(at)) || at == n && m.depth(n) > 1 {
			continue
		}
		return fmt.Sprintf("Bring %s to %s, its version in release %s: %s --release %s", name, want, m.release(), m.bump(), m.release())
	}
	return ""
}

// nextInManifests says what to write in the package.json of each workspace that is
// to blame. A range that starts above the version to keep is ahead of the release:
// that is not to be lowered without a thought.
func (m *model) nextInManifests(first blame, keep *instance, blames []blame) string {
	var ranges []string
	files := map[string][]string{}
	for _, b := range append([]blame{first}, blames...) {
		if b.fix != finding.FixManifest || b.forced || slices.Contains(files[b.edge.Range], b.edge.Pos.File) {
			continue
		}
		if len(files[b.edge.Range]) == 0 {
			ranges = append(ranges, b.edge.Range)
		}
		files[b.edge.Range] = append(files[b.edge.Range], b.edge.Pos.File)
	}
	var steps []string
	for _, rng := range ranges {
		to, out := pkgjson.Retarget(spec.Read(rng), keep.parsed, pkgjson.Options{})
		in := english.And(files[rng])
		switch {
		case out.Verdict == pkgjson.Changed:
			steps = append(steps, fmt.Sprintf("in %s, write %q instead of %q", in, to, rng))
		case out.Verdict == pkgjson.Ahead && isBackstage(first.edge.Name):
			steps = append(steps, fmt.Sprintf("move the portal to a release that has what %s asks for (%s), or ask for a range that admits %s", in, m.bump(), keep.version))
		default:
			steps = append(steps, fmt.Sprintf("in %s, ask for a range that admits %s instead of %q", in, keep.version, rng))
		}
	}
	next := strings.Join(steps, "; ")
	next = strings.ToUpper(next[:1]) + next[1:]
	if strings.Contains(next, " instead of ") && !strings.Contains(next, "ask for a range") {
		next += ", then run " + m.install()
	}
	return next
}

// Next steps name commands that work on the lock at hand: the lines of versions
// lock are for the locks that it writes, those of Yarn 4.

// oursToWrite reports whether versions lock knows the lock's format.
func (m *model) oursToWrite() bool {
	l := m.in.Lock
	return l != nil && l.Kind == yarnlock.Berry && l.Version >= yarnlock.Yarn4
}

// install is how the lock comes in line with the package.json files.
func (m *model) install() string {
	if m.oursToWrite() {
		return "portalctl versions lock" + m.opts.At
	}
	return "yarn install"
}

func (m *model) nextInstall() string {
	if m.oursToWrite() {
		return "Run " + m.install() + ", or yarn install, and commit yarn.lock"
	}
	return "Run yarn install and commit yarn.lock"
}

func (m *model) bump() string { return "portalctl versions bump" + m.opts.At }

// pin is the command that brings a package to a version that its ranges admit:
// the release's, for what is of the release. Older locks have no versions lock;
// Yarn 2 and later can be told descriptor by descriptor, Yarn 1 only by a
// resolution.
func (m *model) pin(g *depgraph.Graph, n depgraph.Node, version string) string {
	name := g.Name(n)
	switch {
	case m.oursToWrite() && isBackstage(name):
		return "Run portalctl versions lock" + m.opts.At + " --resolve release"
	case m.in.Lock.Kind == yarnlock.Classic:
		return fmt.Sprintf("Write %q: %q into the resolutions of the root package.json, run yarn install, and take it out again", name, version)
	}
	var steps []string
	for e := range g.In(n) {
		if step := fmt.Sprintf("yarn set resolution %s npm:%s", e.Key, version); !slices.Contains(steps, step) {
			steps = append(steps, step)
		}
	}
	slices.Sort(steps)
	return "Run " + strings.Join(steps, " && ")
}

// fix is the command that was given, with --fix and further options.
func (m *model) fix(options string) string {
	if m.opts.Strategy == dedupe.Highest {
		options = strings.TrimSuffix(options, highest) // the command has it
	}
	return cmp.Or(m.opts.Command, "portalctl check") + " --fix" + options
}

const highest = " --strategy highest"

// backOnRelease is what brings a package to the release's version.
func (m *model) backOnRelease(n depgraph.Node, ahead bool, fix finding.Fix) string {
	switch {
	case ahead:
		return "Move the portal to a release that has it (" + m.bump() + "); " + goingBack
	case fix == finding.FixManifest:
		return "Let the range admit the release's version: " + m.bump() + " --release " + m.release()
	case fix == finding.FixRelease:
		return "Update the asking package; if there is no newer one, record the decision in .portalctl.yaml"
	}
	return m.pin(m.graph, n, m.versions[m.graph.Name(n)])
}
