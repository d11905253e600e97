package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/dedupe"
	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

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
