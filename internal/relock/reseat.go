package relock

import (
	"context"
	"slices"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Reseat does to a lock that only Yarn can write what Choose decides for one that is
// solved: each entry of a package at a version that raise moves becomes one of the
// version in its place, with what the registry says of it, and binds are descriptors
// that are to have one of these. A range that the new entries ask for and the lock
// lacks is bound to what the lock has, where it has one that will do: Yarn, which
// keeps every entry that a lock has, would take the newest. Yarn 1 is left to decide
// itself: what it makes of its seed was measured so. What is missing then is
// Yarn's to add, as is what nothing asks for any more to take out. The result is a
// seed for Yarn, and no lock to be installed.
//
// The lock is changed; a caller who needs it as it was parses it anew.
func Reseat(ctx context.Context, lock *yarnlock.Lock, source Source, raise *Raise, binds []Bind) error {
	var seated []*yarnlock.Entry
	put := func(keys []descriptor, name, version string) error {
		e, err := seat(ctx, lock, source, keys, name, version)
		if err != nil {
			return err
		}
		seated = append(seated, e)
		return lock.Add(e)
	}
	for _, e := range slices.Clone(lock.Entries) {
		name, version, ok := e.Package()
		to, moved := raise.Moves[name][version]
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
	if lock.Kind == yarnlock.Berry {
		raise.answer(lock, seated)
	}
	return nil
}

// answer binds the ranges that entries of a lock of Yarn 2 or later ask for, and that
// the lock does not have, to versions that it has.
func (r *Raise) answer(lock *yarnlock.Lock, entries []*yarnlock.Entry) {
	has := map[string][]candidate{}
	for _, e := range lock.Entries {
		if name, text, ok := e.Package(); ok && !e.Resolution.Is(spec.Patch) {
			if v, err := semrange.ParseVersion(text); err == nil {
				has[name] = append(has[name], candidate{Version: text, Parsed: v, InLock: true})
			}
		}
	}
	for _, e := range entries {
		for _, dep := range slices.Concat(e.Dependencies, e.OptionalDependencies) {
			key := descriptor{Name: dep.Name, Range: spec.Normalize(dep.Range)}
			ask, ok := readAsk(key)
			if !ok || lock.Lookup(key) != nil || slices.ContainsFunc(lock.Named(key.Name), (*yarnlock.Entry).IsWorkspace) {
				continue
			}
			list := slices.SortedStableFunc(slices.Values(has[ask.Name]), func(a, b candidate) int { return semrange.Compare(b.Parsed, a.Parsed) })
			c, ok := r.held(ask.Name, ask.Range, list)
			if to := at(lock, ask.Name, c.Version); ok && to != nil {
				lock.RebindTo(key, to)
			}
		}
	}
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
