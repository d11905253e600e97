package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// unmetPeers reports packages of others that a workspace depends on and that ask
// for another React, router, theme or Backstage than the portal has: plugins
// wherever they stand, and whatever a package of the browser or of Node.js loads.
// Yarn warns of them among hundreds of others. What packages of Backstage load
// themselves is how a release was tested. The locks of Yarn 1 do not tell peers.
func (m *model) unmetPeers() {
	if m.graph == nil {
		return
	}
	seen := map[depgraph.Node]bool{}
	for _, ws := range m.after.Workspaces() {
		runs := sideNone
		if p := m.byName[m.after.Name(ws)]; p != nil {
			runs = p.side
		}
		for _, e := range m.after.Out(ws) {
			name := m.after.Name(e.To)
			if e.Kind == depgraph.Dev || seen[e.To] || m.after.Workspace(e.To) != nil || isBackstage(name) || isTool(name) || strings.HasPrefix(name, "@types/") {
				continue
			}
			plugin := isForeignPlugin(name)
			if !plugin && (runs != sideFrontend && runs != sideBackend || m.releaseAsks(e.To)) {
				continue
			}
			seen[e.To] = true
			m.unmetPeersOf(e, func(peer string) bool {
				return isHostPeer(peer) && (plugin || runs == sideFrontend || isBackstage(peer))
			})
		}
	}
}

// releaseAsks reports whether a package of Backstage asks for another one, too.
func (m *model) releaseAsks(n depgraph.Node) bool {
	for e := range m.after.In(n) {
		if isBackstage(m.after.Name(e.From)) && m.after.Workspace(e.From) == nil {
			return true
		}
	}
	return false
}

func isForeignPlugin(name string) bool {
	return !isBackstage(name) && portal.ParseName(name).Kind != portal.NoKind && strings.Contains(name, "backstage")
}

func (m *model) unmetPeersOf(e depgraph.Edge, counts func(peer string) bool) {
	locked := m.after.Entry(e.To)
	var unmet, names []string
	for _, d := range locked.PeerDependencies {
		optional := slices.ContainsFunc(locked.PeerDependenciesMeta, func(o yarnlock.Meta) bool {
			return o.Name == d.Name && o.Optional()
		})
		if optional || !counts(d.Name) {
			continue
		}
		r, err := semrange.Parse(spec.Bare(d.Range))
		have := m.hostVersion(d.Name)
		if err != nil || len(have) == 0 || slices.ContainsFunc(have, r.SatisfiesPeer) || m.heldBack(d.Name, r.SatisfiesPeer) {
			continue
		}
		unmet = append(unmet, fmt.Sprintf("%s %s, which excludes the portal's %s", d.Name, spec.Bare(d.Range), have[0].Original()))
		names = append(names, d.Name+"@"+have[0].Original())
	}
	if len(unmet) == 0 {
		return
	}
	name := m.after.Name(e.To)
	m.add(finding.Finding{Rule: ruleHost, Pos: e.Pos, Name: name, Key: m.after.Version(e.To) + " " + strings.Join(names, " "),
		Message: fmt.Sprintf("%s asks the app for %s", m.label(e.To), strings.Join(unmet, "; for ")),
		Next:    fmt.Sprintf("Update %s to a version that admits %s; until there is one, record the decision in .portalctl.yaml", name, strings.Join(names, " and ")),
		Fixes:   []finding.Fix{finding.FixRelease}})
}
