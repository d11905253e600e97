// Package depgraph is the graph of who asks for what: the workspaces of a
// project, the entries of its lock, and between them the dependencies, each
// with the range that asks. Peer dependencies give no edge: Yarn hands them
// down from the asking package, which has an edge of its own.
package depgraph

import (
	"cmp"
	"slices"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/yarnext"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Kind says why an edge is there.
type Kind uint8

const (
	// prod is an entry of dependencies.
	prod Kind = iota
	// optional is an optional dependency: its installation may fail.
	optional
	// Dev is an entry of a workspace's devDependencies.
	Dev
	// Extension is a dependency that package extensions add; no lock entry
	// shows it.
	Extension
	// Source leads from a patch to what it patches.
	Source
)

// String is a word for messages: prod, optional, dev, extension or source.
func (k Kind) String() string {
	return [...]string{"prod", "optional", "dev", "extension", "source"}[k]
}

// Node is an entry of the lock or a workspace: an index, valid in one Graph.
type Node int32

// None stands for no node: where the edges of Missing lead.
const None Node = -1

// Edge is one dependency.
type Edge struct {
	From, To Node
	// Name and Range are as the asking package writes them.
	Name, Range string
	// Key is the descriptor under which the lock has the answer. Its name is
	// Name; the range is Yarn's, after resolutions and bindings.
	Key  yarnlock.Descriptor
	Kind Kind
	// Pos is where it is asked: a line of package.json if the workspace was
	// given with positions, else of the lock. Zero for extensions.
	Pos fault.Pos
}

// Workspace is one package of the project, as its package.json has it.
type Workspace struct {
	// Name is the package's name; Rel its folder below the root, with slashes,
	// "." for the root.
	Name, Rel string
	// File is the package.json, for positions.
	File string
	// Deps are its dependencies without the peers. Should a name be there
	// twice, Yarn takes the range of the Dev one, else of the last.
	Deps []dep
}

// dep is a dependency of a workspace.
type dep struct {
	Name, Range string
	Kind        Kind // prod, optional or Dev
	// Line and Col are the place in File, zero if unknown.
	Line, Col int
}

// options are what a graph needs beside the lock.
type options struct {
	// Workspaces are all packages of the project: the roots. A workspace that
	// only the lock has is an orphan then. Without any, the workspaces of a
	// Berry lock are the roots, and a Classic lock has none.
	Workspaces []Workspace
	// Overrides are the resolutions of the root package.json.
	Overrides []yarnlock.Override
	// Catalog answers catalog: ranges; see yarnlock.Resolver.
	Catalog func(catalog, name string) (string, bool)
	// Release is the Backstage release of the project, "" if unknown.
	Release string
	// Extensions are the packageExtensions of the project's .yarnrc.yml, in
	// addition to Yarn's own. It may be nil.
	Extensions yarnext.Set
}

// Graph is immutable: it shows the lock as it was when New ran.
type Graph struct {
	lock     *yarnlock.Lock
	resolver *yarnlock.Resolver
	nodes    []node
	byEntry  map[*yarnlock.Entry]Node
	byName   map[string][]Node
	roots    []Node // sorted by Rel

	edges   []Edge  // by From, then as Yarn sorts names
	outAt   []int32 // node → its first edge; one more than there are nodes
	ins     []int32 // indexes into edges, by To, then by From
	inAt    []int32
	missing []Edge
}

type node struct {
	entry *yarnlock.Entry // nil for a workspace that the lock lacks
	ws    *Workspace      // nil for what is not a workspace
}

// newGraph builds the graph. It takes the lock as it is; dependencies without an
// entry are in Missing.
func newGraph(lock *yarnlock.Lock, opts options) *Graph {
	b := newBuilder(lock, opts)
	b.addNodes()
	b.addEdges()
	b.index()
	return b.Graph
}

// Lock is the lock that g was built from.
func (g *Graph) Lock() *yarnlock.Lock { return g.lock }

// Resolver is how g found the keys; Lock.Prune takes it too.
func (g *Graph) Resolver() *yarnlock.Resolver { return g.resolver }

// Len is the number of nodes; nodes count from 0.
func (g *Graph) Len() int { return len(g.nodes) }

// Entry is the lock entry of n, nil for a workspace that the lock lacks (all
// of them on Classic).
func (g *Graph) Entry(n Node) *yarnlock.Entry { return g.nodes[n].entry }

// Workspace is the workspace that n is, or nil.
func (g *Graph) Workspace(n Node) *Workspace { return g.nodes[n].ws }

// Workspaces are all workspaces, the root first, then by folder.
func (g *Graph) Workspaces() []Node { return g.roots }

// Node is the node of an entry, or None.
func (g *Graph) Node(e *yarnlock.Entry) Node {
	if n, ok := g.byEntry[e]; ok {
		return n
	}
	return None
}

// Ident are the nodes of a package, whatever the names they are asked for
// under, in lock order. A patch counts, and so does what it patches.
func (g *Graph) Ident(name string) []Node { return g.byName[name] }

// Several are the names that Ident has more than one node of, sorted.
func (g *Graph) Several() []string {
	var names []string
	for name, nodes := range g.byName {
		if len(nodes) > 1 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Name is the package's real name.
func (g *Graph) Name(n Node) string {
	if ws := g.nodes[n].ws; ws != nil {
		return ws.Name
	}
	return g.nodes[n].entry.Resolution.Name
}

// Version is the locked version, "" for a workspace.
func (g *Graph) Version(n Node) string {
	if g.nodes[n].ws != nil {
		return ""
	}
	return g.nodes[n].entry.Version
}

// Out are the dependencies of n that lead somewhere, sorted by name.
func (g *Graph) Out(n Node) []Edge { return g.edges[g.outAt[n]:g.outAt[n+1]] }

// Asks calls yield for each edge that asks for n, sorted by the asking node.
// The edges are the graph's own: nobody may change them.
func (g *Graph) Asks(n Node) func(yield func(*Edge) bool) {
	return func(yield func(*Edge) bool) {
		for _, i := range g.ins[g.inAt[n]:g.inAt[n+1]] {
			if !yield(&g.edges[i]) {
				return
			}
		}
	}
}

// In calls yield for each edge that asks for n, sorted by the asking node.
func (g *Graph) In(n Node) func(yield func(Edge) bool) {
	return func(yield func(Edge) bool) {
		for _, i := range g.ins[g.inAt[n]:g.inAt[n+1]] {
			if !yield(g.edges[i]) {
				return
			}
		}
	}
}

// Missing are the dependencies that the lock has no entry for: it is out of
// date, or was cut. They are sorted like edges.
func (g *Graph) Missing() []Edge { return g.missing }

func compareRel(a, b string) int {
	if (a == ".") != (b == ".") {
		if a == "." {
			return -1
		}
		return 1
	}
	return cmp.Compare(a, b)
}

// sortDeps sorts by name, keeping the order of equal names.
func sortDeps(deps []dep) []dep {
	byName := func(a, b dep) int { return cmp.Compare(a.Name, b.Name) }
	if slices.IsSortedFunc(deps, byName) {
		return deps
	}
	deps = slices.Clone(deps)
	sorting.Stable(deps, byName)
	return deps
}
