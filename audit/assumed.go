package audit

import (
	"slices"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/portal"
)

// assumed is how far packages got at a base whose lock is out of line: where it
// lacks the range that is asked for, the entries of the same name stand for it. A
// change that only brings the lock in line widens nothing.
func (m *model) assumed() map[depgraph.Node]was {
	missing := map[depgraph.Node][]depgraph.Edge{}
	for _, e := range m.graph.Missing() {
		missing[e.From] = append(missing[e.From], e)
	}
	out := map[depgraph.Node]was{}
	var todo []depgraph.Node
	reach := func(e depgraph.Edge, to depgraph.Node, w was) {
		if e.Kind == depgraph.Dev || portal.IsTooling(e.Name) {
			return
		}
		have := out[to]
		sum := have.and(was{parts: w.parts, production: w.production})
		if sum.production != have.production || !slices.Equal(sum.parts, have.parts) {
			out[to] = sum
			todo = append(todo, to)
		}
	}
	stand := func(from depgraph.Node, w was) {
		for _, e := range missing[from] {
			for _, n := range m.graph.Ident(e.Name) {
				if m.graph.Workspace(n) == nil {
					reach(e, n, w)
				}
			}
		}
	}
	for from := range missing {
		w := was{production: m.prod.Has(from)}
		if ws := m.graph.Workspace(from); ws != nil {
			switch part := m.part(ws); part {
			case "":
				w.parts = []string{runsInBackend, runsInFrontend}
			default:
				w.parts = []string{part}
			}
			w.production = true
		} else {
			for _, p := range packagesOf(m.graph.Entry(from)) {
				w.parts = append(w.parts, m.parts(p)...)
			}
		}
		stand(from, w)
	}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, e := range m.graph.Out(n) {
			reach(e, e.To, out[n])
		}
		stand(n, out[n])
	}
	return out
}
