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

// unmetPeers reports plugins of others that a workspace depends on and that ask
// for another React, router or Backstage than the portal has. Yarn warns of them
// among hundreds of others. The locks of Yarn 1 do not tell peers.
func (m *model) unmetPeers() {
	if m.graph == nil {
		return
	}
	seen := map[depgraph.Node]bool{}
	for _, ws := range m.after.Workspaces() {
		for _, e := range m.after.Out(ws) {
			if e.Kind == depgraph.Dev || seen[e.To] || m.after.Workspace(e.To) != nil || !isForeignPlugin(m.after.Name(e.To)) {
				continue
			}
			seen[e.To] = true
			m.unmetPeersOf(e)
		}
	}
}

func isForeignPlugin(name string) bool {
	return !isBackstage(name) && portal.ParseName(name).Kind != portal.NoKind && strings.Contains(name, "backstage")
}

func (m *model) unmetPeersOf(e depgraph.Edge) {
	locked := m.after.Entry(e.To)
	var unmet, names []string
	for _, d := range locked.PeerDependencies {
		optional := slices.ContainsFunc(locked.PeerDependenciesMeta, func(o yarnlock.Meta) bool {
			return o.Name == d.Name && slices.Contains(o.Flags, yarnlock.Flag{Name: "optional", Value: "true"})
		})
		if optional || !slices.Contains(hostPeers, d.Name) && !isBackstage(d.Name) {
			continue
		}
		r, err := semrange.Parse(spec.Bare(d.Range))
		have := m.hostVersion(d.Name)
		if err != nil || len(have) == 0 || slices.ContainsFunc(have, r.SatisfiesPeer) {
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
