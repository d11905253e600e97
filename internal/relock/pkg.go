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
	loc     locator
	version string // of a soft one, the lock prints another
	// fields are what the lock prints, keys, checksum and what has no meaning
	// apart: those of entry itself for a package that keeps what it had.
	fields *yarnlock.Entry
	// sum is the checksum with its cache key, once checksums has found it.
	sum string

	// entry is the locked entry of the same locator, if there is one.
	entry *yarnlock.Entry
	ws    *workspaceNode
	file  *pkgjson.File // what portal: leads to
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
	return &pkg{loc: e.Resolution, version: e.Version, fields: e, entry: e}
}

// made is a package that is read from elsewhere than the lock. Yarn prints no
// version of a soft one: a workspace, link: or portal:.
func (s *solver) made(loc locator, version, linkType, language string, fields *yarnlock.Entry) *pkg {
	p := &pkg{loc: loc, version: version, fields: fields, entry: s.previous(loc)}
	fields.Version, fields.LinkType, fields.LanguageName = version, linkType, language
	if linkType == soft {
		p.version = cmp.Or(version, "0.0.0")
		fields.Version = "0.0.0-use.local"
	}
	return p
}

// The two values of linkType.
const hard, soft = "hard", "soft"

func (p *pkg) soft() bool { return p.fields.LinkType == soft }

// sameAs reports whether e prints the same fields as p, keys and checksum
// apart.
func (p *pkg) sameAs(e *yarnlock.Entry) bool {
	f := p.fields
	return e.Version == f.Version && e.LanguageName == f.LanguageName && e.LinkType == f.LinkType &&
		e.Conditions == f.Conditions &&
		sameDeps(e.Dependencies, f.Dependencies) && sameDeps(e.PeerDependencies, f.PeerDependencies) &&
		sameMeta(e.DependenciesMeta, f.DependenciesMeta) && sameMeta(e.PeerDependenciesMeta, f.PeerDependenciesMeta) &&
		sameBin(e.Bin, f.Bin)
}

// fill writes p's fields into e.
func (p *pkg) fill(e *yarnlock.Entry) {
	f := p.fields
	e.Version, e.LanguageName, e.LinkType = f.Version, f.LanguageName, f.LinkType
	e.Resolution = p.loc
	e.Dependencies, e.PeerDependencies = f.Dependencies, f.PeerDependencies
	e.DependenciesMeta, e.PeerDependenciesMeta = f.DependenciesMeta, f.PeerDependenciesMeta
	e.Bin, e.Conditions = f.Bin, f.Conditions
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
