// Package yarnlock reads, changes and prints yarn.lock, Classic (v1) and Berry
// (__metadata minVersion to MaxVersion), without losing a byte: entries that
// nobody touched are printed as they were read, and touched ones exactly as Yarn
// prints them. It knows nothing of workspaces, registries or ranges.
package yarnlock

import (
	"slices"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/spec"
)

// Descriptors and locators are what a lock is made of.
type (
	Descriptor = spec.Descriptor
	Locator    = spec.Locator
)

// rootReference is the reference of the root workspace.
const rootReference = string(spec.Workspace) + "."

// Kind is the family of lockfile formats.
type Kind uint8

const (
	// Berry is the YAML-like format of Yarn 2 and later, with __metadata.
	Berry Kind = iota
	// Classic is the format of Yarn 1.
	Classic
)

// String is "Berry" or "Classic".
func (k Kind) String() string {
	if k == Classic {
		return "Classic"
	}
	return "Berry"
}

// minVersion and MaxVersion bound the __metadata versions that are understood.
const (
	minVersion = 3
	MaxVersion = 10
	// Yarn4 is the first version that Yarn 4 writes.
	Yarn4 = 8
)

// Lock is one yarn.lock. Change it through its methods only: they keep the
// index, and know what has to be printed anew.
type Lock struct {
	// File is the name used in positions, as given to Parse.
	File string
	Kind Kind
	// Version is the __metadata version, 1 for Classic and 0 for an empty file
	// that does not say.
	Version int
	// CacheKey is __metadata's cacheKey, which prefixes checksums, or "".
	CacheKey string
	// Entries are in file order; new ones are at the end until Format sorts
	// them in.
	Entries []*Entry

	src string
	eol string
	// header is src[:headEnd] plus what SetVersion and SetCacheKey changed.
	header string
	// firstGap separates the header from the first entry.
	firstGap string
	tail     string
	wasEmpty bool // src has no entries
	version  span // of the __metadata values within header
	cacheKey span

	// changed: the header or the list of entries differs from src.
	changed bool
	// unsorted: keys or entries changed, so Yarn's order has to be restored.
	unsorted bool

	keys     map[Descriptor]*Entry
	locators map[Locator]*Entry // built on demand
	byName   map[string][]*Entry
}

type span struct{ start, end int }

// Entry is one package of the lock and the descriptors that resolve to it.
// Whoever changes a field calls Touch. Keys and Resolution are not to be
// changed: they belong to the Lock (Rebind, Unbind, Replace).
type Entry struct {
	// Keys are the descriptors, in file order.
	Keys    []Descriptor
	Version string
	// Resolution is where the package comes from. Berry says so; for Classic
	// it is derived: npm:<version> of the real name (behind an alias) for a
	// registry package, else the resolved URL or the range.
	Resolution Locator

	Dependencies         []Dep
	OptionalDependencies []Dep // Classic; Berry uses DependenciesMeta
	PeerDependencies     []Dep // Berry
	DependenciesMeta     []Meta
	PeerDependenciesMeta []Meta
	Bin                  []Bin

	Checksum     string
	Conditions   string
	LanguageName string
	LinkType     string // "hard", or "soft" for workspaces, link: and portal:

	Resolved  string // Classic
	Integrity string // Classic

	// Extra are the fields that this package gives no meaning to.
	Extra []Field
	// Line is where the entry's key stands, 0 for a new entry.
	Line int

	start, end int    // raw text within Lock.src
	gap        string // what separates it from the entry before
	sortKey    string // joined keys as they stand in the file
	dirty      bool
	classic    bool
}

// Dep is one dependency line: the name and the range as written.
type Dep struct {
	Name  string
	Range string
	// Line is its place in the file, 0 if it was not read from one.
	Line int
}

// Meta is one package of dependenciesMeta or peerDependenciesMeta. The name
// may carry a range (name@range).
type Meta struct {
	Name  string
	Flags []Flag
}

// Flag is a setting such as optional: true.
type Flag struct{ Name, Value string }

// Bin is one executable of a package.
type Bin struct{ Name, Path string }

// Field is an entry field kept as it was read: a scalar in Value, or the
// indented lines below the name, without the last line end, in Block.
type Field struct {
	Name  string
	Value string
	Block string
}

// Touch marks e as changed, so that Format prints it anew.
func (e *Entry) Touch() { e.dirty = true }

// Optional reports whether e asks for name in a way that lets its installation
// fail: dependenciesMeta.<name>.optional, or Classic's optionalDependencies.
func (e *Entry) Optional(name string) bool {
	for _, m := range e.DependenciesMeta {
		if m.Name == name {
			return m.Optional()
		}
	}
	for _, d := range e.OptionalDependencies {
		if d.Name == name {
			return true
		}
	}
	return false
}

// Optional reports whether m sets optional: true.
func (m Meta) Optional() bool { return slices.Contains(m.Flags, Flag{"optional", "true"}) }

// IsWorkspace reports whether e is a workspace of the project (Berry only:
// Classic locks do not list workspaces).
func (e *Entry) IsWorkspace() bool {
	return e.Resolution.Is(spec.Workspace)
}

// Pos is the place of e's key.
func (l *Lock) Pos(e *Entry) fault.Pos {
	return fault.Pos{File: l.File, Line: e.Line, Col: colOf(e.Line)}
}

// DepPos is the place of a dependency line of this lock.
func (l *Lock) DepPos(d Dep) fault.Pos {
	if d.Line == 0 {
		return fault.Pos{File: l.File}
	}
	return fault.Pos{File: l.File, Line: d.Line, Col: 5} // four spaces deep in both formats
}

func colOf(line int) int {
	if line == 0 {
		return 0
	}
	return 1
}
