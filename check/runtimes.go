package check

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/depgraph"
)

// reachable is what the workspaces load: all that they need but what a patch
// is only made from. On a bare lock that has no workspaces, or whose
// dependencies resolutions may have put elsewhere, it is everything.
func (m *model) reachable() depgraph.Set {
	if m.reach == nil {
		m.reach = m.reachableIn(m.after)
	}
	return m.reach
}

func (m *model) reachableIn(g *depgraph.Graph) depgraph.Set {
	reach := g.Reach(g.Workspaces(), func(e depgraph.Edge) bool { return e.Kind != depgraph.Source })
	if len(g.Workspaces()) == 0 || m.in.Project == nil && len(g.Missing()) > 0 {
		for i := range reach {
			reach[i] = true
		}
	}
	return reach
}

// runtimes are what the browser and what Node.js load of the portal: what its
// packages of that side depend on, their tools apart. Two copies are a problem
// where one of them loads both. Without such packages all is one runtime.
func (m *model) runtimes(g *depgraph.Graph) []depgraph.Set {
	roots := map[side][]depgraph.Node{}
	for _, n := range g.Workspaces() {
		if p := m.byName[g.Workspace(n).Name]; p != nil && p.side != sideNone && p.side != sideCommon {
			roots[p.side] = append(roots[p.side], n)
		}
	}
	if len(roots) == 0 {
		return []depgraph.Set{m.reachableIn(g)}
	}
	var sets []depgraph.Set
	for _, s := range []side{sideFrontend, sideBackend} {
		sets = append(sets, g.Reach(roots[s], func(e depgraph.Edge) bool {
			to := g.Workspace(e.To)
			return e.Kind != depgraph.Dev && e.Kind != depgraph.Source && !isTool(e.Name) &&
				// The backend has the app among its dependencies to serve its bundle.
				(to == nil || m.byName[to.Name] == nil || m.byName[to.Name].side == s || m.byName[to.Name].side == sideCommon)
		}))
	}
	return sets
}

// isTool tells the packages that build and test a portal and that apps list as
// dependencies all the same.
//
// Published packages list what their test helpers load: the graph of a portal
// has a whole app behind @backstage/frontend-test-utils, and a second graphql
// behind the mockttp of @backstage/backend-openapi-utils.
func isTool(name string) bool {
	_, base, _ := strings.Cut(name, "/")
	if name == "mockttp" || isTestHelper(name) {
		return true
	}
	return name == "@backstage/cli" || strings.HasPrefix(name, "@backstage/cli-") || base == "cli" || strings.HasSuffix(base, "-cli")
}

// isTestHelper tells Backstage's packages for tests and development setups.
func isTestHelper(name string) bool {
	_, base, _ := strings.Cut(name, "/")
	return isBackstage(name) && (base == "dev-utils" || strings.HasSuffix("-"+base, "-test-utils"))
}

// loaded is the number of versions that the side with most of them loads.
func loaded(list []*instance, runtimes []depgraph.Set) int {
	most := 0
	for _, set := range runtimes {
		n := 0
		for _, in := range list {
			if slices.ContainsFunc(in.nodes, set.Has) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func isLoaded(in *instance, runtimes []depgraph.Set) bool {
	return slices.ContainsFunc(runtimes, func(set depgraph.Set) bool { return slices.ContainsFunc(in.nodes, set.Has) })
}
