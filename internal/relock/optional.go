package relock

import (
	"cmp"
	"slices"
)

// conditional finds the packages that are only fetched where os, cpu and libc
// fit, and so have no checksum: those with conditions that the project reaches
// through optional dependencies alone (Project.conditionalLocators). What a
// patch or a backstage: range stands for is always fetched.
//
// It walks the graph in Yarn's order (applyVirtualResolutionMutations),
// because Yarn stops at a package that it has seen: what lies below a package
// first reached by an optional path stays optional, even if another path to it
// is not.
func (s *solver) conditional() map[locator]bool {
	if !slices.ContainsFunc(s.order, func(p *pkg) bool { return p.fields.Conditions != "" }) {
		return nil
	}
	for _, ws := range s.workspaces {
		top := s.pkgs[ws.locator()]
		top.visit(nil, top, false, false)
	}
	out := map[locator]bool{}
	for _, p := range s.order {
		if p.fields.Conditions != "" && p.seen&reachedNeeded == 0 && !s.sources[p.loc] {
			out[p.loc] = true
		}
	}
	return out
}

// What the walk has seen of a package.
const (
	seenOptional uint8 = 1 << iota
	seenNeeded
	reachedNeeded // by a path without an optional edge
)

// visit is one step of Yarn's walk. A package with peer dependencies is seen
// as a virtual copy for each parent: Yarn then never notes the package itself
// as needed. Whether two copies turn out to be one is not followed; a copy
// that is needed counts as a new one.
func (p *pkg) visit(parent, top *pkg, virtual, optional bool) {
	if !optional && !virtual {
		p.seen |= reachedNeeded
	}
	state := seenOptional
	if !optional || !virtual {
		state = seenNeeded
	}
	if p.seen&(seenNeeded|state) != 0 {
		return
	}
	p.seen |= state
	order := edgeOrder(p.edges)
	var later []pkgEdge
	for i := range p.edges {
		if order != nil {
			i = order[i]
		}
		e := &p.edges[i]
		if e.alsoPeer && p != top && parent != nil && provides(parent, e.name) {
			continue
		}
		to := e.to.got
		if to == nil {
			continue // absent
		}
		if to.peered {
			later = append(later, pkgEdge{e, to})
			continue
		}
		to.visit(p, top, false, optional || e.optional)
	}
	for _, l := range later {
		l.to.visit(p, top, true, optional || l.edge.optional)
	}
}

type pkgEdge struct {
	edge *edge
	to   *pkg
}

// provides reports whether parent fills a peer dependency of what it asks for.
func provides(parent *pkg, name string) bool {
	if parent.loc.Name == name || hasDep(parent.fields.PeerDependencies, name) {
		return true
	}
	return slices.ContainsFunc(parent.edges, func(e edge) bool { return e.name == name })
}

// edgeOrder is the order of name@range, by which Yarn sorts dependencies; nil
// where they have it already, as those of a lock.
func edgeOrder(edges []edge) []int {
	sorted := true
	for i := 1; i < len(edges) && sorted; i++ {
		sorted = compareNamed(edges[i-1].name, edges[i].name) < 0
	}
	if sorted {
		return nil
	}
	order := make([]int, len(edges))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(compareNamed(edges[a].name, edges[b].name), cmp.Compare(edges[a].asked, edges[b].asked))
	})
	return order
}

// compareNamed compares a@… with b@… without joining them.
func compareNamed(a, b string) int {
	n := min(len(a), len(b))
	if c := cmp.Compare(a[:n], b[:n]); c != 0 {
		return c
	}
	if len(a) == len(b) {
		return 0
	}
	if len(a) < len(b) {
		return cmp.Compare('@', b[n])
	}
	return cmp.Compare(a[n], '@')
}
