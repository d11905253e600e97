package depgraph

import (
	"slices"

	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Moved is the graph as it is once descriptors of the lock resolve to other
// entries of it, without a lock being changed or read anew. Nodes stay what they
// are. An entry that all its descriptors have left asks for nothing any more, and
// nothing asks for it; Ident still finds it.
func (g *Graph) Moved(to map[yarnlock.Descriptor]*yarnlock.Entry) *Graph {
	moved := *g
	moved.edges = make([]Edge, 0, len(g.edges))
	moved.outAt = make([]int32, len(g.nodes)+1)
	gone := g.emptied(to)
	for n := range g.nodes {
		if !gone[Node(n)] {
			for _, e := range g.Out(Node(n)) {
				if entry, ok := to[e.Key]; ok {
					e.To = g.byEntry[entry]
				}
				moved.edges = append(moved.edges, e)
			}
		}
		moved.outAt[n+1] = int32(len(moved.edges))
	}
	if len(gone) > 0 {
		moved.missing = slices.DeleteFunc(slices.Clone(g.missing), func(e Edge) bool { return gone[e.From] })
	}
	moved.index()
	return &moved
}

// emptied are the entries that have no descriptor left.
func (g *Graph) emptied(to map[yarnlock.Descriptor]*yarnlock.Entry) map[Node]bool {
	gone := map[Node]bool{}
	for d := range to {
		if from := g.lock.Lookup(d); from != nil {
			gone[g.byEntry[from]] = !slices.ContainsFunc(from.Keys, func(k yarnlock.Descriptor) bool { return to[k] == nil || to[k] == from })
		}
	}
	for _, e := range to {
		delete(gone, g.byEntry[e])
	}
	for n, empty := range gone {
		if !empty {
			delete(gone, n)
		}
	}
	return gone
}
