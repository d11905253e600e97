package check

import (
	"slices"

	"github.com/portalctl/portalctl/internal/depgraph"
)

// react-router-dom asks for one version of react-router and exports it: they
// belong together.
const router, routerDOM = "react-router", "react-router-dom"

// routerOfDOM is the copy of react-router that the portal's react-router-dom
// brings, nil if there is none.
func (m *model) routerOfDOM(list []*instance) *instance {
	doms := m.instances(routerDOM)
	if len(doms) == 0 {
		return nil
	}
	for _, n := range m.keep(routerDOM, doms).nodes {
		for _, e := range m.after.Out(n) {
			for _, in := range list {
				if e.Name == router && slices.Contains(in.nodes, e.To) {
					return in
				}
			}
		}
	}
	return nil
}

// followsDOM reports whether all copies of react-router but one are there only
// because react-router-dom is there several times, which is a finding itself.
func (m *model) followsDOM(list []*instance, keep *instance) bool {
	for _, in := range list {
		if in != keep && slices.ContainsFunc(in.edges, func(e *depgraph.Edge) bool { return m.after.Name(e.From) != routerDOM }) {
			return false
		}
	}
	return m.isClaimed(allVersions(routerDOM))
}
