package depgraph

import (
	"cmp"
	"slices"
	"strings"
)

// Path is a way from a workspace to a package.
type Path struct {
	Workspace Node
	// Steps are the edges, the first from Workspace, the last to the package.
	// A workspace's path to itself has none.
	Steps []Edge
}

// Why are the shortest paths to n, one from each workspace that needs it, in
// the order of Workspaces. A path goes through no other workspace: that one
// has its own. Among equally short paths the one whose names come first in
// alphabetical order wins.
func (g *Graph) Why(n Node) []Path {
	const far = 1 << 30
	dist := make([]int32, len(g.nodes))
	for i := range dist {
		dist[i] = far
	}
	dist[n] = 0
	queue := []Node{n}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if at != n && g.nodes[at].ws != nil {
			continue
		}
		for _, i := range g.ins[g.inAt[at]:g.inAt[at+1]] {
			if from := g.edges[i].From; dist[from] == far {
				dist[from] = dist[at] + 1
				queue = append(queue, from)
			}
		}
	}
	var paths []Path
	for _, ws := range g.roots {
		if dist[ws] == far || ws == n {
			continue
		}
		paths = append(paths, Path{ws, g.descend(ws, n, dist)})
	}
	return paths
}

// descend follows falling distances from ws to n.
func (g *Graph) descend(ws, n Node, dist []int32) []Edge {
	steps := make([]Edge, 0, dist[ws])
	for at := ws; at != n; {
		var best *Edge
		out := g.Out(at)
		for i := range out {
			e := &out[i]
			if dist[e.To] != dist[at]-1 || e.To != n && g.nodes[e.To].ws != nil {
				continue
			}
			if best == nil || before(e, best) {
				best = e
			}
		}
		steps = append(steps, *best)
		at = best.To
	}
	return steps
}

func before(a, b *Edge) bool {
	return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.To, b.To)) < 0
}

// Asking are the distinct ranges that ask for n, as written, sorted.
func (g *Graph) Asking(n Node) []string {
	var list []string
	for e := range g.In(n) {
		list = append(list, e.Range)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
