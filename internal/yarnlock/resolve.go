package yarnlock

import (
	"strings"
	"sync"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/semrange"
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
	// Extensions are the dependencies that packageExtensions give a package.
	// Yarn's own list varies with its version, so one without a key in the
	// lock is no dependency. It may be nil.
	Extensions func(*Entry) []Dep

	lock      *Lock
	overrides map[string][]Override
	// bare is whether the lock has no backstage: key; see bareBackstage.
	bare func() bool
}

// NewResolver is a resolver over l with the resolutions of the root
// package.json, in their order there.
func NewResolver(l *Lock, overrides []Override) *Resolver {
	r := &Resolver{lock: l, overrides: make(map[string][]Override, len(overrides))}
	r.bare = sync.OnceValue(func() bool { return bareBackstage(l) })
	for _, o := range overrides {
		r.overrides[o.Name] = append(r.overrides[o.Name], o)
	}
	for _, e := range l.Entries {
		if e.Resolution.Reference == "workspace:." {
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
	rng, from := withProtocol(d.Range), parent
	key := Descriptor{d.Name, rng}
	for _, o := range r.overrides[d.Name] {
		if o.matches(parent, rng) {
			rng, from = withProtocol(o.Value), r.Top
			key.Range = rng
			break
		}
	}
	if catalog, ok := strings.CutPrefix(rng, "catalog:"); ok && r.Catalog != nil {
		if found, ok := r.Catalog(catalog, d.Name); ok {
			rng, from = withProtocol(found), r.Top
			key.Range = rng
		}
	}
	if hasCompatPatch(d.Name) {
		if key, e := r.compat(key); e != nil {
			return key, e
		}
	}
	if e := r.lock.keys[key]; e != nil {
		return key, e
	}
	return r.bound(key, from)
}

// hasCompatPatch tells the packages that Yarn patches by itself (plugin-compat).
func hasCompatPatch(name string) bool {
	return name == "typescript" || name == "resolve" || name == "fsevents"
}

// compat looks for the key under which Yarn's own patch of a package stands.
// Yarn 4 writes optional!builtin, 3 ~builtin, 2 builtin; before 4 the patched
// range has no protocol.
func (r *Resolver) compat(key Descriptor) (Descriptor, *Entry) {
	bare := Descriptor{key.Name, strings.TrimPrefix(key.Range, "npm:")}
	for _, flag := range []string{"optional!", "~", ""} {
		for _, source := range []Descriptor{key, bare} {
			d := Descriptor{key.Name, PatchRange(source, flag+"builtin<compat/"+key.Name+">")}
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
	want := WithLocator(key.Range, from)
	release := key.Range + "::backstage=" + r.Release + "&"
	bare := strings.TrimPrefix(key.Range, "npm:") // Yarn 2 wrote some without
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
	if hasPrefix(key.Range, "backstage:") && r.bare() {
		return r.caret(key)
	}
	return key, nil
}

// bareBackstage reports whether a lock has no key with a backstage: range.
// Some versions of the Backstage Yarn plugin (that of release 1.35.0) make
// npm:^<version> of backstage:^ in their reduceDependency hook, and the lock
// then has that key.
func bareBackstage(l *Lock) bool {
	for key := range l.keys {
		if hasPrefix(key.Range, "backstage:") {
			return false
		}
	}
	return true
}

// caret is the key npm:^<version> of the highest version: what such a plugin
// asked for where plugins of other releases ask for more than one.
func (r *Resolver) caret(key Descriptor) (Descriptor, *Entry) {
	var found *Entry
	var top *semver.Version
	under := key
	for _, e := range r.lock.Named(key.Name) {
		for _, k := range e.Keys {
			text, ok := strings.CutPrefix(k.Range, "npm:^")
			if !ok || k.Name != key.Name {
				continue
			}
			if v, err := semrange.ParseVersion(text); err == nil && (top == nil || semrange.Compare(v, top) > 0) {
				found, under, top = e, k, v
			}
		}
	}
	return under, found
}

// hasLocator tells the bindings of a range that belongs to one asking package.
func hasLocator(bindings string) bool {
	return hasPrefix(bindings, "locator=") || strings.Contains(bindings, "&locator=")
}

// classic looks a dependency up as Yarn 1 does: by the range as asked. With
// resolutions Yarn 1 keeps the asked pattern as a key, unless it never saw it.
func (r *Resolver) classic(parent Locator, d Dep) (Descriptor, *Entry) {
	key := Descriptor{d.Name, d.Range}
	if e := r.lock.keys[key]; e != nil {
		return key, e
	}
	if d.Range == "" {
		bare := Descriptor{d.Name, NoRange}
		if e := r.lock.keys[bare]; e != nil {
			return bare, e
		}
	}
	for _, o := range r.overrides[d.Name] {
		if o.Parent != "" && o.Parent != parent.Name {
			continue
		}
		if forced := (Descriptor{d.Name, o.Value}); r.lock.keys[forced] != nil {
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
			if forced := (Descriptor{key.Name, o.Value}); forced != key && r.lock.keys[forced] != nil {
				list = append(list, forced)
			}
		}
		return list
	}
	if hasPrefix(key.Range, "patch:") {
		source, ok := ParseRange(key.Range).PatchSource()
		if !ok {
			return nil
		}
		source.Range = withProtocol(source.Range)
		if r.lock.keys[source] == nil {
			source, _ = r.bound(source, r.Top)
		}
		return []Descriptor{source}
	}
	if hasPrefix(key.Range, "backstage:") {
		if v := ParseRange(key.Range).Bind("npm"); v != "" {
			return []Descriptor{{key.Name, "npm:^" + v}}
		}
	}
	return nil
}
