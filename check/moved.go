package check

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

// movedPackages is the rule moved: backstage.moved, or a deprecation message,
// of what the workspaces depend on. Without the network it knows what is
// installed in node_modules, and what Input.Published has.
func (m *model) movedPackages() {
	unknown := 0
	for _, p := range m.packages {
		for _, d := range p.File.AllDeps() {
			if !isCandidate(d) || m.byName[d.Name] != nil {
				continue
			}
			pub, ok := m.published(p, d)
			switch {
			case ok && m.moved(d, pub), m.left(d, ok):
			case !ok:
				unknown++
			}
		}
	}
	if unknown > 0 {
		m.unknown = append(m.unknown, finding.Unknown{Rule: ruleMoved,
			Reason: fmt.Sprintf("whether %s moved to another name is not known offline", english.CountOf(unknown, "dependency has", "dependencies have")),
			Next:   "Run it with --online, or after yarn install"})
	}
}

// left reports a package that was of a release once and is not of the portal's: it
// moved, or was given up. asked says that it was read, and names no other. Where it went only the registry and what is installed
// know, but for what the lock has under the name that most went to.
func (m *model) left(d pkgjson.Dep, asked bool) bool {
	last := release.Gone(d.Name)
	if last == "" || m.in.Release == nil || m.in.Release[d.Name] != "" || !semrange.Above(m.release(), last) {
		return false
	}
	next := "Run " + cmp.Or(m.opts.Command, "portalctl check") + " --online: the registry knows the new name, if there is one; else do without it"
	if asked {
		next = "Do without it: it does not name a package that took its place"
	}
	to := strings.Replace(d.Name, "@backstage/", "@backstage-community/", 1)
	if m.graph != nil && m.inLock(to) {
		next = fmt.Sprintf("Depend on %s instead, which yarn.lock has, and import from there", to)
	}
	m.add(finding.Finding{Rule: ruleMoved, Pos: d.Pos, Name: d.Name, Fixes: []finding.Fix{finding.FixManifest},
		Message: fmt.Sprintf("%s left Backstage's releases: the last one with it is %s, and the portal is on %s", d.Name, last, m.release()), Next: next})
	return true
}

// isCandidate limits the rule to Backstage's packages and plugins.
func isCandidate(d pkgjson.Dep) bool {
	switch d.Parsed.Kind {
	case spec.KindRange, spec.KindTag, spec.KindBackstage, spec.KindCatalog:
		return strings.Contains(d.Name, "backstage") || portal.ParseName(d.Name).Kind != portal.NoKind
	}
	return false
}

// locked is the version that a dependency has in the lock, or "".
func (m *model) locked(p *pkg, d pkgjson.Dep) string {
	if m.graph == nil {
		return ""
	}
	for _, e := range m.asks(p) {
		if e.Name == d.Name {
			return m.graph.Version(e.To)
		}
	}
	return ""
}

// asks are the edges of a workspace in the lock.
func (m *model) asks(p *pkg) []depgraph.Edge {
	for _, n := range m.graph.Workspaces() {
		if m.graph.Workspace(n).Rel == p.Rel {
			return m.graph.Out(n)
		}
	}
	return nil
}

func (m *model) published(p *pkg, d pkgjson.Dep) (published, bool) {
	if m.in.Published != nil {
		if pub, ok := m.in.Published(d.Name, m.locked(p, d)); ok {
			return pub, true
		}
	}
	for _, dir := range []string{p.Rel + "/node_modules/", "node_modules/"} {
		src := m.read(strings.TrimPrefix(dir, "./") + d.Name + "/package.json")
		if src == nil {
			continue
		}
		var installed struct{ Backstage struct{ Moved string } }
		if json.Unmarshal(src, &installed) == nil {
			return published{Moved: installed.Backstage.Moved}, true
		}
	}
	return published{}, false
}

func (m *model) moved(d pkgjson.Dep, pub published) bool {
	to := pub.Moved
	if to == "" && pub.Deprecated != "" {
		to = newName(pub.Deprecated, d.Name)
	}
	f := finding.Finding{Rule: ruleMoved, Pos: d.Pos, Name: d.Name, Fixes: []finding.Fix{finding.FixManifest}}
	switch {
	case to != "":
		f.Message = fmt.Sprintf("%s has moved to %s", d.Name, to)
		f.Next = fmt.Sprintf("Depend on %s instead, and import from there: %s --migrate moves both", to, m.bump())
		if d.Parsed.Kind == spec.KindBackstage && m.versions[to] == "" {
			// versions:migrate keeps the range, and backstage:^ is for what a release
			// has.
			f.Next = fmt.Sprintf("Depend on %s instead, and import from there, with %s: no release has it, so that %s, which versions:migrate would write, cannot be resolved",
				to, m.rangeFor(to), d.Spec)
		}
	case pub.Deprecated != "" && mentionsMove(pub.Deprecated):
		f.Message = fmt.Sprintf("%s is deprecated: %s", d.Name, english.Short(pub.Deprecated, 200))
		f.Next = "Follow the message, then remove the dependency"
	default:
		return false
	}
	m.add(f)
	return true
}

// rangeFor is the range to ask for a package with that is not of a release.
func (m *model) rangeFor(name string) string {
	if m.graph != nil {
		for _, n := range m.graph.Ident(name) {
			if v := m.graph.Version(n); v != "" {
				return fmt.Sprintf("%q", "^"+v)
			}
		}
	}
	return "a range of its own versions (yarn npm info " + name + " --fields version)"
}

// newName is the package that a deprecation message sends its readers to.
func newName(message, old string) string {
	for _, name := range spec.Named(message) {
		if name != old {
			return name
		}
	}
	return ""
}

func mentionsMove(message string) bool {
	lower := strings.ToLower(message)
	return slices.ContainsFunc([]string{"moved", "renamed", "migrat", "instead", "replaced"}, func(w string) bool { return strings.Contains(lower, w) })
}
