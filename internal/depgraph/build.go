package depgraph

import (
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnext"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

type builder struct {
	*Graph
	opts   options
	wsName map[string]Node
}

// builtin are Yarn's own rules that add dependencies, whatever its release: to be
// taken for dependencies only where the lock has them. Peers give no edge.
var builtin = sync.OnceValue(func() yarnext.Set {
	return yarnext.Builtin(func(r yarnext.Rule) bool { return len(r.Deps) > 0 })
})

func newBuilder(lock *yarnlock.Lock, opts options) *builder {
	r := yarnlock.NewResolver(lock, opts.Overrides)
	r.Catalog, r.Release, r.Unmarked = opts.Catalog, opts.Release, unmarked(lock)
	opts.Workspaces = slices.Clone(opts.Workspaces)
	b := &builder{opts: opts, wsName: map[string]Node{}, Graph: &Graph{lock: lock, resolver: r}}
	if lock.Kind == yarnlock.Berry {
		r.Extensions = func(e *yarnlock.Entry) (deps []yarnlock.Dep) {
			for _, set := range []yarnext.Set{builtin(), opts.Extensions} {
				for _, x := range set.For(e.Resolution.Name, e.Version) {
					deps = append(deps, x.Deps...)
				}
			}
			return deps
		}
	}
	return b
}

func (b *builder) addNodes() {
	b.nodes = make([]node, 0, len(b.lock.Entries)+len(b.opts.Workspaces))
	b.byEntry = make(map[*yarnlock.Entry]Node, len(b.lock.Entries))
	b.byName = make(map[string][]Node, len(b.lock.Entries))
	byRel := map[string]Node{}
	ones := make([]Node, len(b.lock.Entries)) // most names have one node
	for i, e := range b.lock.Entries {
		n := Node(len(b.nodes))
		b.byEntry[e] = n
		if list, ok := b.byName[e.Resolution.Name]; ok {
			b.byName[e.Resolution.Name] = append(list, n)
		} else {
			ones[i] = n
			b.byName[e.Resolution.Name] = ones[i : i+1 : i+1]
		}
		b.nodes = append(b.nodes, node{entry: e})
		if rel, ok := e.Resolution.Workspace(); ok {
			byRel[rel] = n
		}
	}
	for i := range b.opts.Workspaces {
		ws := &b.opts.Workspaces[i]
		n, ok := byRel[ws.Rel]
		if ok && ws.Name == "" { // Yarn makes up a name
			ws.Name = b.nodes[n].entry.Resolution.Name
		}
		if !ok || b.nodes[n].entry.Resolution.Name != ws.Name {
			n = Node(len(b.nodes))
			b.nodes = append(b.nodes, node{})
			b.byName[ws.Name] = append(b.byName[ws.Name], n)
		}
		b.nodes[n].ws = ws
		b.wsName[ws.Name] = n
		b.roots = append(b.roots, n)
		if ws.Rel == "." {
			b.resolver.Top = yarnlock.Locator{Name: ws.Name, Reference: spec.Workspace.Of(".")}
		}
	}
	if len(b.opts.Workspaces) == 0 {
		for rel, n := range byRel {
			e := b.nodes[n].entry
			b.nodes[n].ws = &Workspace{Name: e.Resolution.Name, Rel: rel, File: b.lock.File, Deps: locked(e)}
			b.wsName[e.Resolution.Name] = n
			b.roots = append(b.roots, n)
		}
	}
	slices.SortStableFunc(b.roots, func(x, y Node) int { return compareRel(b.nodes[x].ws.Rel, b.nodes[y].ws.Rel) })
}

// locked are the dependencies that the lock has for a workspace. It does not
// tell development from production.
func locked(e *yarnlock.Entry) []dep {
	deps := make([]dep, 0, len(e.Dependencies))
	for _, d := range e.Dependencies {
		kind := prod
		if len(e.DependenciesMeta) > 0 && e.Optional(d.Name) {
			kind = optional
		}
		deps = append(deps, dep{Name: d.Name, Range: d.Range, Kind: kind, Line: d.Line, Col: 5})
	}
	return deps
}

func (b *builder) addEdges() {
	b.outAt = make([]int32, len(b.nodes)+1)
	total := len(b.nodes)/8 + 16 // what extensions and patches add
	for _, ws := range b.opts.Workspaces {
		total += len(ws.Deps)
	}
	for _, e := range b.lock.Entries {
		total += len(e.Dependencies) + len(e.OptionalDependencies)
	}
	b.edges = make([]Edge, 0, total)
	for n := range b.nodes {
		from := len(b.edges)
		if ws := b.nodes[n].ws; ws != nil {
			b.workspaceEdges(Node(n), ws)
		} else {
			b.entryEdges(Node(n), b.nodes[n].entry)
		}
		out := b.edges[from:]
		byName := func(x, y Edge) int { return strings.Compare(x.Name, y.Name) }
		if !slices.IsSortedFunc(out, byName) {
			slices.SortStableFunc(out, byName)
		}
		b.outAt[n+1] = int32(len(b.edges))
	}
}

func (b *builder) entryEdges(n Node, e *yarnlock.Entry) {
	for _, d := range e.Dependencies {
		kind := prod
		if len(e.DependenciesMeta) > 0 && e.Optional(d.Name) {
			kind = optional
		}
		b.add(Edge{From: n, Name: d.Name, Range: d.Range, Kind: kind, Pos: b.lock.DepPos(d)}, e.Resolution)
	}
	for _, d := range e.OptionalDependencies {
		b.add(Edge{From: n, Name: d.Name, Range: d.Range, Kind: optional, Pos: b.lock.DepPos(d)}, e.Resolution)
	}
	if b.resolver.Extensions != nil {
		for _, d := range b.resolver.Extensions(e) {
			if slices.ContainsFunc(e.Dependencies, func(have yarnlock.Dep) bool { return have.Name == d.Name }) {
				continue
			}
			if key, to := b.resolver.Resolve(e.Resolution, d); to != nil {
				b.edges = append(b.edges, Edge{From: n, To: b.byEntry[to], Name: d.Name, Range: d.Range, Key: key, Kind: Extension})
			}
		}
	}
	if e.Resolution.Is(spec.Patch) {
		b.sourceEdges(n, e)
	}
}

// sourceEdges lead to the packages that the keys of a patch name.
func (b *builder) sourceEdges(n Node, e *yarnlock.Entry) {
	for _, k := range e.Keys {
		for _, s := range b.resolver.Sources(k) {
			edge := Edge{From: n, To: None, Name: s.Name, Range: s.Range, Key: s, Kind: Source, Pos: b.lock.Pos(e)}
			if to := b.lock.Lookup(s); to == nil {
				b.missing = append(b.missing, edge)
			} else {
				edge.To = b.byEntry[to]
				b.edges = append(b.edges, edge)
			}
		}
	}
}

func (b *builder) workspaceEdges(n Node, ws *Workspace) {
	parent := yarnlock.Locator{Name: ws.Name, Reference: spec.Workspace.Of(ws.Rel)}
	deps := sortDeps(ws.Deps)
	for i := 0; i < len(deps); {
		d, j := deps[i], i+1
		for ; j < len(deps) && deps[j].Name == d.Name; j++ {
			d = merge(d, deps[j])
		}
		i = j
		edge := Edge{From: n, Name: d.Name, Range: d.Range, Kind: d.Kind}
		if d.Line > 0 {
			edge.Pos = fault.Pos{File: ws.File, Line: d.Line, Col: d.Col}
		}
		if b.lock.Kind == yarnlock.Classic {
			b.classicEdge(edge, parent, ws.Rel)
			continue
		}
		b.add(edge, parent)
	}
}

// merge is what Yarn makes of a name in two sections: the range of
// devDependencies, else of the later one; and it stays in production.
func merge(a, b dep) dep {
	if a.Kind == Dev && b.Kind != Dev {
		a, b = b, a
	}
	b.Kind = min(a.Kind, b.Kind)
	return b
}

// add resolves an edge and keeps it.
func (b *builder) add(e Edge, parent yarnlock.Locator) {
	key, to := b.resolver.Resolve(parent, yarnlock.Dep{Name: e.Name, Range: e.Range})
	e.Key = key
	if to != nil {
		e.To = b.byEntry[to]
		b.edges = append(b.edges, e)
		return
	}
	// A workspace is found by its name even if the lock has not seen this way
	// to ask for it. On Classic no lock ever has.
	if ws, ok := b.wsName[e.Name]; ok && (b.lock.Kind == yarnlock.Classic || spec.Workspace.In(e.Range)) {
		e.To = ws
		b.edges = append(b.edges, e)
		return
	}
	e.To = None
	b.missing = append(b.missing, e)
}

// classicEdge resolves what a workspace of Yarn 1 asks for. Yarn 1 writes the
// paths of link: and file: as seen from the root.
func (b *builder) classicEdge(e Edge, parent yarnlock.Locator, rel string) {
	protocol, target, ok := strings.Cut(e.Range, ":")
	if ok && (protocol == "link" || protocol == "file") && !strings.HasPrefix(target, "/") {
		key := yarnlock.Descriptor{Name: e.Name, Range: protocol + ":" + path.Join(rel, target)}
		if to := b.lock.Lookup(key); to != nil {
			e.Key, e.To = key, b.byEntry[to]
			b.edges = append(b.edges, e)
			return
		}
	}
	b.add(e, parent)
}

// index builds the index of incoming edges.
func (g *Graph) index() {
	g.inAt = make([]int32, len(g.nodes)+1)
	for i := range g.edges {
		g.inAt[g.edges[i].To+1]++
	}
	for n := range g.nodes {
		g.inAt[n+1] += g.inAt[n]
	}
	at := slices.Clone(g.inAt)
	g.ins = make([]int32, len(g.edges))
	for i := range g.edges {
		to := g.edges[i].To
		g.ins[at[to]] = int32(i)
		at[to]++
	}
}
