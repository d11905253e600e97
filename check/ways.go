package check

import (
	"slices"

	"github.com/portalctl/portalctl/internal/depgraph"
)

// ways is the tree of shortest ways from all workspaces at once.
type ways struct {
	g *depgraph.Graph
	// from is the step before; top is the workspace and direct what it depends
	// on itself, at the start of the way.
	from, top, direct []depgraph.Node
	depth             []int32
}

// newWays walks the graph in breadth. Among equally short ways the first
// workspace, and then the first name, wins.
func newWays(g *depgraph.Graph) *ways {
	w := &ways{g: g, from: make([]depgraph.Node, g.Len()), top: make([]depgraph.Node, g.Len()), direct: make([]depgraph.Node, g.Len()), depth: make([]int32, g.Len())}
	for i := range w.from {
		w.from[i], w.top[i], w.direct[i] = depgraph.None, depgraph.None, depgraph.None
	}
	queue := slices.Clone(g.Workspaces())
	for _, n := range queue {
		w.top[n] = n
	}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for _, e := range g.Out(n) {
			to := e.To
			if w.top[to] != depgraph.None {
				continue
			}
			w.from[to], w.top[to], w.direct[to], w.depth[to] = n, w.top[n], w.direct[n], w.depth[n]+1
			if w.depth[n] == 0 {
				w.direct[to] = to
			}
			queue = append(queue, to)
		}
	}
	return w
}

// maxPath is how many packages of a way are shown. Real ones are shorter; a
// lock that was made up may have ways through all of it.
const maxPath = 12

// shortest are the shortest ways, made when the first is asked for.
func (m *model) shortest() *ways {
	if m.ways == nil {
		m.ways = newWays(m.after)
	}
	return m.ways
}

// depth is how far a package is from the nearest workspace.
func (m *model) depth(n depgraph.Node) int32 { return m.shortest().depth[n] }

// path is the shortest way from a workspace to a package, as labels. The middle
// of a long one is left out.
func (m *model) path(n depgraph.Node) []string {
	w := m.shortest()
	list := []string{label(w.g, n)}
	for at := w.from[n]; at != depgraph.None; at = w.from[at] {
		if len(list) == maxPath-3 && w.depth[at] > 2 {
			return append(append([]string{label(w.g, w.top[n]), label(w.g, w.direct[n])}, "…"), reversed(list)...)
		}
		list = append(list, label(w.g, at))
	}
	return reversed(list)
}

func reversed(list []string) []string {
	slices.Reverse(list)
	return list
}
