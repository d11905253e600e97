package yarnlock

import "slices"

// Pruned says what Prune took out.
type Pruned struct {
	Entries []*Entry
	// Keys went from entries that stay.
	Keys []Descriptor
}

// Prune takes out the keys and entries that are not reached from roots, as
// Yarn does on every install. On Berry nil roots stand for the workspaces, each
// by the key that is its own locator. On Classic the roots are what the
// workspaces ask for, so nil prunes everything.
func (l *Lock) Prune(roots []Descriptor, r *Resolver) Pruned {
	if roots == nil && l.Kind == Berry {
		for _, e := range l.Entries {
			if e.IsWorkspace() {
				roots = append(roots, Descriptor{Name: e.Resolution.Name, Range: e.Resolution.Reference})
			}
		}
	}
	keys, entries := l.reach(roots, r)
	var out Pruned
	if len(keys) == len(l.keys) {
		return out
	}
	l.Entries = slices.DeleteFunc(l.Entries, func(e *Entry) bool {
		if !entries[e] {
			out.Entries = append(out.Entries, e)
			for _, k := range e.Keys {
				delete(l.keys, k)
			}
			return true
		}
		kept := slices.DeleteFunc(slices.Clone(e.Keys), func(k Descriptor) bool { return !keys[k] })
		if len(kept) == len(e.Keys) {
			return false
		}
		for _, k := range e.Keys {
			if !keys[k] {
				out.Keys = append(out.Keys, k)
				delete(l.keys, k)
			}
		}
		e.Keys, e.dirty = kept, true
		return false
	})
	l.locators, l.byName = nil, nil
	l.relist()
	return out
}

// reach walks from the roots to every key that is asked for.
func (l *Lock) reach(roots []Descriptor, r *Resolver) (map[Descriptor]bool, map[*Entry]bool) {
	keys := make(map[Descriptor]bool, len(l.keys))
	entries := make(map[*Entry]bool, len(l.Entries))
	var todo []*Entry
	var visit func(Descriptor)
	visit = func(k Descriptor) {
		e := l.keys[k]
		if e == nil || keys[k] {
			return
		}
		keys[k] = true
		if !entries[e] {
			entries[e] = true
			todo = append(todo, e)
		}
		for _, s := range r.Sources(k) {
			visit(s)
		}
	}
	for _, k := range roots {
		visit(k)
	}
	for len(todo) > 0 {
		e := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, d := range r.depsOf(e) {
			if k, to := r.Resolve(e.Resolution, d); to != nil {
				visit(k)
			}
		}
	}
	return keys, entries
}

// depsOf are all dependencies of e that lead to entries: its own, Classic's
// optional ones, and those of package extensions.
func (r *Resolver) depsOf(e *Entry) []Dep {
	if len(e.OptionalDependencies) == 0 && r.Extensions == nil {
		return e.Dependencies
	}
	list := slices.Concat(e.Dependencies, e.OptionalDependencies)
	if r.Extensions == nil {
		return list
	}
	for _, x := range r.Extensions(e) {
		if !slices.ContainsFunc(list, func(d Dep) bool { return d.Name == x.Name }) {
			list = append(list, x)
		}
	}
	return list
}
