package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

// hostPeers are the packages that a frontend plugin must take from the app: it
// lists them as peers, and for its own tests as devDependencies. The list is
// that of "backstage-repo-tools peer-deps", with the router that the one for
// the DOM is built on.
var hostPeers = []string{"react", "react-dom", "react-router", "react-router-dom"}

// isHost reports whether a package is the framework that plugins plug into.
func isHost(name string) bool {
	if slices.Contains(hostPeers, name) || name == "@backstage/ui" || name == "@backstage/app-defaults" {
		return true
	}
	return slices.ContainsFunc([]string{"@backstage/core-", "@backstage/frontend-", "@backstage/backend-"},
		func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// isHostPeer reports whether what asks for a package as a peer means the host's
// copy: of the framework, of React, or of the components that themes belong to.
func isHostPeer(name string) bool {
	return slices.Contains(hostPeers, name) || isBackstage(name) || strings.HasPrefix(name, "@material-ui/") || strings.HasPrefix(name, "@mui/")
}

// heldBack reports whether the host has another version of a package than the
// release only because of a resolution or patch that is a finding itself: what
// admits the release's is right.
func (m *model) heldBack(name string, admits func(*semver.Version) bool) bool {
	v, err := semrange.ParseVersion(m.versions[name])
	return err == nil && admits(v) && m.isClaimed(allVersions(name))
}

// hostVersions is the rule host-version.
func (m *model) hostVersions() {
	for _, p := range m.packages {
		if !p.isOwnPlugin() || p.side == sideNone {
			continue
		}
		if p.side == sideFrontend {
			m.hostPlaces(p)
		}
		for _, section := range []pkgjson.Section{pkgjson.PeerDependencies, pkgjson.Dependencies} {
			for _, d := range p.File.Deps(section) {
				if (isHost(d.Name) || isHostPeer(d.Name) && section == pkgjson.PeerDependencies) && !m.isClaimed(at(d.Pos)) {
					m.hostRange(p, d)
				}
			}
		}
	}
	m.unmetPeers()
}

func (m *model) hostFinding(p *pkg, d pkgjson.Dep, severity finding.Severity, key, message, next string) {
	m.add(finding.Finding{Rule: ruleHost, Severity: severity, Pos: d.Pos, Name: d.Name, Key: p.Name() + " " + key, Message: message, Next: next,
		Fixes: []finding.Fix{finding.FixManifest}}, at(d.Pos))
}

// hostPlaces reports host packages in the wrong section.
func (m *model) hostPlaces(p *pkg) {
	for _, d := range p.File.Deps(pkgjson.Dependencies) {
		if slices.Contains(hostPeers, d.Name) {
			m.hostFinding(p, d, "", "dependencies", fmt.Sprintf("%s brings its own %s; the app's is the one that counts", p.Name(), d.Name),
				fmt.Sprintf("Move %s to peerDependencies (as %q, for example), and to devDependencies for the tests", d.Name, m.peerRange(d)))
		}
	}
	for _, d := range p.File.Deps(pkgjson.DevDependencies) {
		// The packages of a peer's family come along with it; react itself is
		// what a plugin cannot do without.
		if d.Name != "react" || p.File.Has(pkgjson.PeerDependencies, d.Name) || p.File.Has(pkgjson.Dependencies, d.Name) {
			continue
		}
		m.hostFinding(p, d, "", "no peer", fmt.Sprintf("%s has %s for its tests only: nothing says which one it needs in the app", p.Name(), d.Name),
			fmt.Sprintf("Add %q: %q to peerDependencies", d.Name, m.peerRange(d)))
	}
}

// peerRange is a range for peerDependencies that admits what the app has.
func (m *model) peerRange(d pkgjson.Dep) string {
	if v := m.hostVersion(d.Name); len(v) > 0 {
		return fmt.Sprintf("^%d.0.0", v[0].Major())
	}
	return d.Spec
}

// hostRange reports a range that the portal's version is not in.
func (m *model) hostRange(p *pkg, d pkgjson.Dep) {
	if d.Parsed.Kind != spec.KindRange {
		return
	}
	have := m.hostVersion(d.Name)
	in := d.Parsed.Versions.Satisfies
	if d.Section == pkgjson.PeerDependencies {
		in = d.Parsed.Versions.SatisfiesPeer
	}
	if len(have) == 0 || slices.ContainsFunc(have, in) || m.heldBack(d.Name, in) {
		return
	}
	severity := finding.Severity("")
	what := "asks the app for"
	if d.Section == pkgjson.Dependencies {
		what = "asks for"
		if m.isSingleton(d.Name) && m.graph != nil && len(m.instances(d.Name)) > 1 {
			severity = finding.Error // two copies are there
		}
	}
	next := fmt.Sprintf("Write a range that admits %s", have[0].Original())
	switch to, out := pkgjson.Retarget(d.Parsed, have[0], pkgjson.Options{Peer: d.Section == pkgjson.PeerDependencies}); {
	case out.Verdict == pkgjson.Ahead && !isBackstage(d.Name):
		next = fmt.Sprintf("Let the app ask for a version that %s admits too, or write a range that admits %s", d.Spec, have[0].Original())
	case out.Verdict == pkgjson.Ahead:
		next = fmt.Sprintf("Move the portal to a release that has it (%s), or write a range that admits %s", m.bump(), have[0].Original())
	case out.Verdict == pkgjson.Changed && d.Section == pkgjson.PeerDependencies:
		next = fmt.Sprintf("Write %q, once the plugin works with it", to)
	case out.Verdict == pkgjson.Changed:
		next = fmt.Sprintf("Write %q, then run %s", to, m.install())
	}
	m.hostFinding(p, d, severity, "range "+string(d.Section),
		fmt.Sprintf("%s %s %s %s, which excludes the portal's %s", p.Name(), what, d.Name, d.Spec, have[0].Original()), next)
}

// hostVersion are the versions of a host package that the portal has: those
// that its apps and backends have in the lock, else what the root installs,
// else the release's. What is installed counts: that it is not the release's is
// off-release, once, and not a mistake of each plugin.
func (m *model) hostVersion(name string) []*semver.Version {
	list := m.installedHost(name)
	if v, err := semrange.ParseVersion(m.versions[name]); err == nil && len(list) == 0 {
		list = append(list, v)
	}
	return list
}

func (m *model) installedHost(name string) []*semver.Version {
	if m.graph == nil {
		return nil
	}
	g := m.after // what can be deduped is another finding
	var list []*semver.Version
	for _, roles := range [][]string{{"frontend", "backend"}, {""}} {
		for _, n := range g.Workspaces() {
			p := m.byName[g.Workspace(n).Name]
			if p == nil || !slices.Contains(roles, p.role) || p.Kind != portal.NoKind || p.role == "" && p.Rel != "." {
				continue
			}
			for _, e := range g.Out(n) {
				if e.Name != name || e.Kind == depgraph.Dev && p.role != "" {
					continue
				}
				if v, err := semrange.ParseVersion(g.Version(e.To)); err == nil {
					list = append(list, v)
				}
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	// Nobody but plugins and what they load asks: the only copy is the portal's.
	if copies := m.instances(name); len(copies) == 1 {
		list = append(list, copies[0].parsed)
	}
	return list
}
