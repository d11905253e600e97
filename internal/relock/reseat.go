package relock

import (
	"context"
	"slices"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Reseat puts other versions into a lock that only Yarn can write: each entry of
// a package at a version that moves names becomes one of the version in its
// place, with what the registry says of it, and binds are descriptors that are to
// have one of these. What the new versions ask for and the lock lacks is Yarn's
// to add, as is what nothing asks for any more to take out: Yarn keeps every entry
// that a lock has. The result is a seed for Yarn, and no lock to be installed.
//
// The lock is changed; a caller who needs it as it was parses it anew.
func Reseat(ctx context.Context, lock *yarnlock.Lock, source Source, moves map[string]map[string]string, binds []Bind) error {
	put := func(keys []descriptor, name, version string) error {
		e, err := seat(ctx, lock, source, keys, name, version)
		if err != nil {
			return err
		}
		return lock.Add(e)
	}
	for _, e := range slices.Clone(lock.Entries) {
		name, version, ok := e.Package()
		to, moved := moves[name][version]
		if !ok || !moved {
			continue
		}
		if e.Resolution.Is(spec.Patch) {
			lock.Remove(e) // Yarn makes it again of what it patches
			continue
		}
		keys := slices.Clone(e.Keys)
		if next := at(lock, name, to); next != nil && lock.Kind == yarnlock.Berry {
			for _, k := range keys {
				lock.RebindTo(k, next)
			}
			continue
		}
		lock.Remove(e)
		if err := put(keys, name, to); err != nil {
			return err
		}
	}
	for _, b := range binds {
		if e := at(lock, b.Package, b.Version); e != nil {
			lock.RebindTo(b.Descriptor, e)
		} else if err := put([]descriptor{b.Descriptor}, b.Package, b.Version); err != nil {
			return err
		}
	}
	return nil
}

// Bind is a descriptor that is to have a version of a package.
type Bind struct {
	Descriptor       descriptor
	Package, Version string
}

// at is the entry of a registry version that the lock has, patched ones apart.
func at(lock *yarnlock.Lock, name, version string) *yarnlock.Entry {
	for _, e := range lock.Entries {
		if n, v, ok := e.Package(); ok && n == name && v == version && !e.Resolution.Is(spec.Patch) {
			return e
		}
	}
	return nil
}

// seat makes the entry of a registry version.
func seat(ctx context.Context, lock *yarnlock.Lock, source Source, keys []descriptor, name, version string) (*yarnlock.Entry, error) {
	doc, err := source.Packument(ctx, name)
	if err != nil {
		return nil, err
	}
	m, err := doc.Manifest(version)
	if err != nil {
		return nil, err
	}
	loc := locator{Name: name, Reference: spec.NPM.Of(version)}
	if lock.Kind == yarnlock.Classic {
		if m.Tarball == "" {
			return nil, fault.New("the registry names no tarball of %s@%s", name, version).
				WithNext("Ask whoever runs the registry to repair it, then run the command again")
		}
		e := &yarnlock.Entry{Keys: keys, Version: version, Resolution: loc, Resolved: m.Tarball, Integrity: m.Integrity}
		if m.Shasum != "" {
			e.Resolved += "#" + m.Shasum
		}
		for _, d := range m.m.deps {
			if !hasDep(m.m.optional, d.Name) {
				e.Dependencies = append(e.Dependencies, d)
			}
		}
		e.OptionalDependencies = slices.Clone(m.m.optional)
		return e, nil
	}
	e := m.LockFields()
	e.Keys, e.Resolution = keys, loc
	e.Version, e.LinkType, e.LanguageName = version, hard, "node"
	if lock.Version < yarnlock.Yarn4 {
		// Up to Yarn 3 a lock has ranges as they are written.
		for i := range e.Dependencies {
			e.Dependencies[i].Range = spec.Bare(e.Dependencies[i].Range)
		}
	}
	return e, nil
}
