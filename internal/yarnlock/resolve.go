package yarnlock

import (
	"strings"

	"github.com/portalctl/portalctl/internal/spec"
)

// Resolver finds the key of a lock that a dependency resolves to, by the rules
// that Yarn applies before it looks into the lock: resolutions, catalogs,
// builtin patches, the Backstage plugin, relative ranges bound to the package
// that asks.
type Resolver struct {
	// Top is the root workspace (name@workspace:.), to which what comes from
	// resolutions is bound. It is found by itself when the lock has it.
	Top Locator
	// Catalog is the range that a catalog has for a package (catalog: is "").
	// It may be nil.
	Catalog func(catalog, name string) (string, bool)
	// Release is the Backstage release that backstage: ranges are bound to.
	// When it is "", or the lock has no such key, the one that is there counts.
	Release string
	// Unmarked is the key that a package's backstage:^ stands for in a lock where
	// nothing marks such keys. It may be nil.
	Unmarked func(name string) (Descriptor, bool)
	// Extensions are the dependencies that packageExtensions give a package.
	// Yarn's own list varies with its version, so one without a key in the
	// lock is not a dependency. It may be nil.
	Extensions func(*Entry) []Dep

	lock      *Lock
	overrides map[string][]Override
}

// NewResolver is a resolver over l with the resolutions of the root
// package.json, in their order there.
func NewResolver(l *Lock, overrides []Override) *Resolver {
	r := &Resolver{lock: l, overrides: make(map[string][]Override, len(overrides))}
	for _, o := range overrides {
		r.overrides[o.Name] = append(r.overrides[o.Name], o)
	}
	for _, e := range l.Entries {
		if e.Resolution.Reference == rootReference {
			r.Top = e.Resolution
		}
	}
	return r
}

// Resolve is the key that parent's dependency d has in the lock, and its
// entry. The entry is nil when the lock has no such key; the key then is the
// one that Yarn would look for.
func (r *Resolver) Resolve(parent Locator, d Dep) (Descriptor, *Entry) {
	if r.lock.Kind == Classic {
		return r.classic(parent, d)
	}
	rng, from := spec.Qualify(d.Range), parent
	key := Descriptor{Name: d.Name, Range: rng}
	for _, o := range r.overrides[d.Name] {
		if o.Matches(parent, rng) {
			rng, from = spec.Qualify(o.Value), r.Top
			key.Range = rng
			break
		}
	}
	if catalog, ok := spec.Catalog.Cut(rng); ok && r.Catalog != nil {
		if found, ok := r.Catalog(catalog, d.Name); ok {
			rng, from = spec.Qualify(found), r.Top
			key.Range = rng
		}
	}
	if spec.CompatPatched(d.Name) {
		if key, e := r.compat(key); e != nil {
			return key, e
		}
	}
	if e := r.lock.keys[key]; e != nil {
		return key, e
	}
	return r.bound(key, from)
}

// compat looks for the key under which Yarn's own patch of a package stands.
// Yarn 4 writes optional!builtin, 3 ~builtin, 2 builtin; before 4 the patched
// range has no protocol.
func (r *Resolver) compat(key Descriptor) (Descriptor, *Entry) {
	bare := Descriptor{Name: key.Name, Range: spec.Bare(key.Range)}
	for _, flag := range []string{"optional!", "~", ""} {
		for _, source := range []Descriptor{key, bare} {
			d := Descriptor{Name: key.Name, Range: spec.PatchRange(source, flag+spec.CompatPatch(key.Name))}
			if e := r.lock.keys[d]; e != nil {
				return d, e
			}
		}
	}
	return key, nil
}

// bound looks for a key whose range carries bindings: the package that asks
// (::locator=…), or the Backstage release.
func (r *Resolver) bound(key Descriptor, from Locator) (Descriptor, *Entry) {
	var found *Entry
	var under Descriptor
	want := spec.WithLocator(key.Range, from)
	release := key.Range + "::backstage=" + r.Release + "&"
	bare := spec.Bare(key.Range) // Yarn 2 wrote some without
	prefix := key.Range + "::"
	for _, e := range r.lock.Named(key.Name) {
		for _, k := range e.Keys {
			if k.Name != key.Name {
				continue
			}
			switch {
			case k.Range == want, r.Release != "" && hasPrefix(k.Range, release):
				return k, e
			case found == nil && (k.Range == bare || hasPrefix(k.Range, prefix) && !hasLocator(k.Range[len(prefix):])):
				found, under = e, k
			}
		}
	}
	if found != nil {
		return under, found
	}
	if key.Range == spec.BackstageRange && r.Unmarked != nil {
		if under, ok := r.Unmarked(key.Name); ok {
			return under, r.lock.keys[under]
		}
	}
	return key, nil
}

// hasLocator tells the bindings of a range that belongs to one asking package.
func hasLocator(bindings string) bool {
	return hasPrefix(bindings, "locator=") || strings.Contains(bindings, "&locator=")
}

// classic looks a dependency up as Yarn 1 does: by the range as asked. With
// resolutions Yarn 1 keeps the asked pattern as a key, unless it never saw it.
func (r *Resolver) classic(parent Locator, d Dep) (Descriptor, *Entry) {
	key := Descriptor{Name: d.Name, Range: d.Range}
	if e := r.lock.keys[key]; e != nil {
		return key, e
	}
	if d.Range == "" {
		bare := Descriptor{Name: d.Name, Range: spec.NoRange}
		if e := r.lock.keys[bare]; e != nil {
			return bare, e
		}
	}
	for _, o := range r.overrides[d.Name] {
		if o.Parent != "" && o.Parent != parent.Name {
			continue
		}
		if forced := (Descriptor{Name: d.Name, Range: o.Value}); r.lock.keys[forced] != nil {
			return forced, r.lock.keys[forced]
		}
	}
	return key, nil
}

// Sources are the keys that a key stands on and that nobody else may ask for:
// what a patch patches, the npm range behind a backstage: one, and on Classic
// what resolutions put in a package's place.
func (r *Resolver) Sources(key Descriptor) []Descriptor {
	if r.lock.Kind == Classic {
		var list []Descriptor
		for _, o := range r.overrides[key.Name] {
			if forced := (Descriptor{Name: key.Name, Range: o.Value}); forced != key && r.lock.keys[forced] != nil {
				list = append(list, forced)
			}
		}
		return list
	}
	if key.Is(spec.Patch) {
		source, ok := spec.Parse(key.Range).PatchSource()
		if !ok {
			return nil
		}
		source.Range = spec.Qualify(source.Range)
		if r.lock.keys[source] == nil {
			source, _ = r.bound(source, r.Top)
		}
		return []Descriptor{source}
	}
	if key.Is(spec.Backstage) {
		if v := spec.Parse(key.Range).Bind("npm"); v != "" {
			return []Descriptor{{Name: key.Name, Range: spec.NPM.Of("^" + v)}}
		}
	}
	return nil
}
