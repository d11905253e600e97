package relock

import (
	"cmp"
	"slices"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// pkg is one package of the new graph: what Yarn holds in originalPackages
// (the fields that the lock prints) with its edges, which also have what
// packageExtensions add and what resolutions change.
type pkg struct {
	loc        locator
	version    string
	language   string
	soft       bool // linkType soft: workspaces, link:, portal:
	deps       []yarnlock.Dep
	peers      []yarnlock.Dep
	depsMeta   []yarnlock.Meta
	peersMeta  []yarnlock.Meta
	bin        []yarnlock.Bin
	conditions string
	// sum is the checksum with its cache key, once checksums has found it.
	sum string

	// entry is the locked entry of the same locator, if there is one.
	entry *yarnlock.Entry
	// fromLock says that the fields are the entry's own: nothing to compare.
	fromLock bool
	ws       *workspaceNode
	file     *pkgjson.File // what portal: leads to
	// install says that installing the package runs code (scripts or
	// node-gyp); only known of packages read from the registry.
	install bool

	edges []edge
	// peered: the package, with its extensions, has peer dependencies. Yarn
	// then walks through virtual copies of it.
	peered bool
	seen   uint8 // by the walk of conditional
}

// edge is one dependency of a package after the reduceDependency hooks.
type edge struct {
	name     string
	asked    string // the range as the package states it
	to       *wanted
	optional bool
	// alsoPeer: the package has a peer dependency of the same name, which
	// hides the edge when Yarn walks the graph.
	alsoPeer bool
}

// workspaceNode is a workspace of the project.
type workspaceNode struct {
	rel     string // slashes, "." for the root
	ident   string
	version string // "" when package.json has none
	file    *pkgjson.File
}

func (w *workspaceNode) reference() string { return spec.Workspace.Of(w.rel) }

// depPos is where a package.json of the project asks for name.
func depPos(f *pkgjson.File, name string) fault.Pos {
	for _, d := range f.AllDeps() {
		if d.Name == name {
			return d.Pos
		}
	}
	return fault.Pos{File: f.Path()}
}

// fromEntry is the package of a locked entry, as it stands.
func fromEntry(e *yarnlock.Entry) *pkg {
	return &pkg{
		loc: e.Resolution, version: e.Version, language: e.LanguageName, soft: e.LinkType == "soft",
		deps: e.Dependencies, peers: e.PeerDependencies,
		depsMeta: e.DependenciesMeta, peersMeta: e.PeerDependenciesMeta,
		bin: e.Bin, conditions: e.Conditions,
		entry: e, fromLock: true,
	}
}

// sameAs reports whether e prints the same fields as p, keys and checksum
// apart.
func (p *pkg) sameAs(e *yarnlock.Entry) bool {
	return e.Version == p.printedVersion() && e.LanguageName == p.language && e.LinkType == p.linkType() &&
		e.Conditions == p.conditions &&
		sameDeps(e.Dependencies, p.deps) && sameDeps(e.PeerDependencies, p.peers) &&
		sameMeta(e.DependenciesMeta, p.depsMeta) && sameMeta(e.PeerDependenciesMeta, p.peersMeta) &&
		sameBin(e.Bin, p.bin)
}

// fill writes p's fields into e.
func (p *pkg) fill(e *yarnlock.Entry) {
	e.Version, e.LanguageName, e.LinkType = p.printedVersion(), p.language, p.linkType()
	e.Resolution = p.loc
	e.Dependencies, e.PeerDependencies = p.deps, p.peers
	e.DependenciesMeta, e.PeerDependenciesMeta = p.depsMeta, p.peersMeta
	e.Bin, e.Conditions = p.bin, p.conditions
}

func (p *pkg) printedVersion() string {
	if p.soft {
		return "0.0.0-use.local"
	}
	return p.version
}

func (p *pkg) linkType() string {
	if p.soft {
		return "soft"
	}
	return "hard"
}

func sameDeps(a, b []yarnlock.Dep) bool {
	return sameSet(a, b, byDepName, func(x, y yarnlock.Dep) bool { return x.Name == y.Name && x.Range == y.Range })
}

func sameBin(a, b []yarnlock.Bin) bool {
	return sameSet(a, b, func(x, y yarnlock.Bin) int { return cmp.Compare(x.Name, y.Name) },
		func(x, y yarnlock.Bin) bool { return x == y })
}

func sameMeta(a, b []yarnlock.Meta) bool {
	return sameSet(a, b, func(x, y yarnlock.Meta) int { return cmp.Compare(x.Name, y.Name) },
		func(x, y yarnlock.Meta) bool {
			return x.Name == y.Name && sameSet(x.Flags, y.Flags,
				func(f, g yarnlock.Flag) int { return cmp.Compare(f.Name, g.Name) },
				func(f, g yarnlock.Flag) bool { return f == g })
		})
}

// sameSet compares lists whose order has no meaning.
func sameSet[T any](a, b []T, order func(T, T) int, equal func(T, T) bool) bool {
	if len(a) != len(b) {
		return false
	}
	if slices.EqualFunc(a, b, equal) {
		return true
	}
	a, b = slices.Clone(a), slices.Clone(b)
	sorting.By(a, order)
	sorting.By(b, order)
	return slices.EqualFunc(a, b, equal)
}
