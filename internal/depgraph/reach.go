package depgraph

import "github.com/portalctl/portalctl/internal/yarnlock"

// Set is a set of nodes.
type Set []bool

// Has reports whether n is in the set.
func (s Set) Has(n Node) bool { return s[n] }

// Len is the number of nodes in the set.
func (s Set) Len() int {
	n := 0
	for _, in := range s {
		if in {
			n++
		}
	}
	return n
}

// Reach is what the nodes lead to, themselves included, over the edges that
// follow admits (nil admits all).
func (g *Graph) Reach(from []Node, follow func(Edge) bool) Set {
	seen := make(Set, len(g.nodes))
	todo := make([]Node, 0, len(from))
	for _, n := range from {
		if !seen[n] {
			seen[n] = true
			todo = append(todo, n)
		}
	}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, e := range g.Out(n) {
			if !seen[e.To] && (follow == nil || follow(e)) {
				seen[e.To] = true
				todo = append(todo, e.To)
			}
		}
	}
	return seen
}

// Reachable is what the workspaces need, for development included.
func (g *Graph) Reachable() Set { return g.Reach(g.roots, nil) }

// Production is what the workspaces need apart from their devDependencies, and
// from what is tooling by its name. Without the package.json files a Berry lock
// does not tell, and all counts.
func (g *Graph) Production(tooling func(name string) bool) Set {
	return g.Reach(g.roots, func(e Edge) bool { return e.Kind != Dev && !tooling(g.Name(e.To)) })
}

// Roots are the keys to give to Lock.Prune: on Berry the workspaces' own, and
// on both what package.json asks for. From there Prune follows the workspace
// entries as the lock has them, so whoever writes a lock brings these in line
// with package.json first.
func (g *Graph) Roots() []yarnlock.Descriptor {
	var list []yarnlock.Descriptor
	for _, n := range g.roots {
		if e := g.nodes[n].entry; e != nil {
			list = append(list, yarnlock.Descriptor{Name: e.Resolution.Name, Range: e.Resolution.Reference})
		}
		for _, e := range g.Out(n) {
			list = append(list, e.Key)
		}
	}
	return list
}
