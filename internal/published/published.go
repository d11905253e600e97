// Package published knows what a published version of a package says of itself:
// its changelog, and what its type declarations export. Tarballs are read within
// bounds and not kept; what was read of them is, in a compact form, since a
// published version never changes.
package published

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/changelog"
	"github.com/portalctl/portalctl/internal/dts"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/npmtar"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/semrange"
)

// Facts are what a version of a package says of itself.
type Facts struct {
	Name, Version string
	// Changes are the sections of its changelog, those of prereleases that led to a
	// version of their own left out. NoChanges is why there are none.
	Changes   []changelog.Section `json:",omitempty"`
	NoChanges string              `json:",omitempty"`
	// Types are nil where NoTypes says why.
	Types   *dts.Package `json:",omitempty"`
	NoTypes string       `json:",omitempty"`
}

// Registry answers for npm packages; *registry.Client does.
type Registry interface {
	Packument(ctx context.Context, name string) (*registry.Packument, error)
	Tarball(ctx context.Context, name, version string, dist registry.Dist) (*registry.Tarball, error)
}

// Reader reads facts. It is safe for concurrent use.
type Reader struct {
	Registry Registry
	// CacheDir is where facts are kept, "" for nowhere.
	CacheDir string

	known memory[Facts]
}

// ErrNoVersion: the registry has neither the version nor one above it.
var ErrNoVersion = errors.New("the registry has neither this version nor one above it")

// nearest is the version itself, or the lowest one above it that the registry has;
// prereleases only if the version is one itself. "" for none.
func nearest(p *registry.Packument, version string) string {
	if p.Has(version) {
		return version
	}
	want, err := semrange.ParseVersion(version)
	if err != nil {
		return ""
	}
	var best *semver.Version
	for _, s := range p.Versions() {
		v, err := semrange.ParseVersion(s)
		if err != nil || v.LessThan(want) || v.Prerelease() != "" && want.Prerelease() == "" {
			continue
		}
		if best == nil || v.LessThan(best) {
			best = v
		}
	}
	if best == nil {
		return ""
	}
	return best.Original()
}

// Found is a version that the registry has.
type Found struct {
	Name, Version string
	dist          registry.Dist
}

// Find looks for a version, or where the registry lacks it, for the nearest one
// above it. The error is a fault of the registry, or ErrNoVersion.
func Find(ctx context.Context, from Registry, name, version string) (Found, error) {
	p, err := from.Packument(ctx, name)
	if err != nil {
		return Found{}, err
	}
	found := nearest(p, version)
	if found == "" {
		return Found{}, fault.Wrap(ErrNoVersion, fault.Pos{}, "%s@%s", name, version).WithNext("Ask a registry that has it")
	}
	return foundIn(p, name, found)
}

// Exactly looks for that version and no other. The error is a fault of the registry,
// with registry.ErrNotFound where it lacks the version.
func Exactly(ctx context.Context, from Registry, name, version string) (Found, error) {
	p, err := from.Packument(ctx, name)
	if err != nil {
		return Found{}, err
	}
	return foundIn(p, name, version)
}

func foundIn(p *registry.Packument, name, version string) (Found, error) {
	m, err := p.Version(version)
	if err != nil {
		return Found{}, err
	}
	return Found{Name: name, Version: version, dist: m.Dist}, nil
}

// Key identifies what is published under the version: another tarball has another.
func (at Found) Key() string {
	return at.Name + "@" + at.Version + " " + at.dist.Integrity + at.dist.Shasum
}

// Broken is a tarball that arrived as the registry has it, and cannot be read.
type Broken struct{ Err error }

func (b *Broken) Error() string { return b.Err.Error() }
func (b *Broken) Unwrap() error { return b.Err }

// Files reads chosen files of the version's tarball, within npmtar's default bounds.
// The error is a fault of the registry, or *Broken.
func (at Found) Files(ctx context.Context, from Registry, want func(name string) bool) (map[string][]byte, error) {
	return at.FilesWithin(ctx, from, want, npmtar.Default)
}

// FilesWithin is Files with other bounds.
func (at Found) FilesWithin(ctx context.Context, from Registry, want func(name string) bool, bounds npmtar.Limits) (files map[string][]byte, err error) {
	err = at.tarball(ctx, from, func(r io.Reader) (err error) {
		files, err = npmtar.Read(ctx, r, want, bounds)
		return err
	})
	return files, err
}

// tarball has the version's tarball read. The error is a fault of the registry, or
// *Broken.
func (at Found) tarball(ctx context.Context, from Registry, read func(io.Reader) error) error {
	t, err := from.Tarball(ctx, at.Name, at.Version, at.dist)
	if err != nil {
		return err
	}
	defer t.Close()
	err = read(t.Reader())
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &Broken{err}
	}
	return nil
}

// Read gives the facts of a version, or where the registry lacks it, of the nearest
// one above it: Facts.Version says which. The error is a fault of the registry, or
// ErrNoVersion; what a package lacks is not an error but said in the facts.
func (r *Reader) Read(ctx context.Context, name, version string) (*Facts, error) {
	at, err := Find(ctx, r.Registry, name, version)
	if err != nil {
		return nil, err
	}
	cache := Cache{Dir: r.CacheDir, Format: format, Ext: ".facts"}
	return r.known.of(at, cache, func(f *Facts) bool { return f.Name == name }, func() (*Facts, error) {
		f := &Facts{Name: name, Version: at.Version}
		files, err := at.Files(ctx, r.Registry, wanted)
		switch {
		case err == nil:
			f.read(files)
		case !IsBroken(err):
			return nil, err
		default:
			f.NoChanges = err.Error()
			f.NoTypes = f.NoChanges
		}
		return f, nil
	})
}

const changelogFile = "CHANGELOG.md"

func wanted(name string) bool {
	return strings.EqualFold(name, changelogFile) || dts.Wanted(name)
}

func (f *Facts) read(files map[string][]byte) {
	var text []byte
	for name, src := range files {
		if strings.EqualFold(name, changelogFile) {
			text = src
		}
	}
	switch {
	case text == nil:
		f.NoChanges = "it is published without a CHANGELOG.md"
	case len(text) > changelog.MaxSize:
		f.NoChanges = fmt.Sprintf("its CHANGELOG.md has more than %d MB", changelog.MaxSize>>20)
	default:
		f.Changes = slices.DeleteFunc(changelog.Parse(string(text)), f.repeated)
		if len(f.Changes) == 0 {
			f.NoChanges = "its CHANGELOG.md has no version that could be read"
		}
	}
	types, err := dts.Read(files)
	if err != nil {
		f.NoTypes = "its package.json cannot be read: " + err.Error()
		return
	}
	f.Types = types
}

// repeated tells sections of prereleases whose changes the version that they led to
// has again.
func (f *Facts) repeated(s changelog.Section) bool {
	v, err := semrange.ParseVersion(s.Version)
	if err != nil || v.Prerelease() == "" {
		return false
	}
	own, err := semrange.ParseVersion(f.Version)
	if err != nil {
		return false
	}
	final, err := v.SetPrerelease("")
	return err == nil && !final.GreaterThan(own)
}
