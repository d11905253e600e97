package yarnlock

import (
	"slices"
	"strconv"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jstext"
	"github.com/portalctl/portalctl/internal/sorting"
)

// Lookup is the entry that a key of the lock resolves to, or nil.
func (l *Lock) Lookup(d Descriptor) *Entry { return l.keys[d] }

// Locate is the entry of a locator, or nil. Should several entries have it
// (a Classic lock may), the first in file order counts.
func (l *Lock) Locate(loc Locator) *Entry {
	if l.locators == nil {
		l.locators = make(map[Locator]*Entry, len(l.Entries))
		for _, e := range slices.Backward(l.Entries) {
			l.locators[e.Resolution] = e
		}
	}
	return l.locators[loc]
}

// Named are the entries that have a key of that name, in file order. An alias
// is found under its own name, not the real one.
func (l *Lock) Named(name string) []*Entry {
	if l.byName == nil {
		l.byName = make(map[string][]*Entry, len(l.Entries))
		for _, e := range l.Entries {
			for i, k := range e.Keys {
				if i > 0 && k.Name == e.Keys[i-1].Name {
					continue
				}
				if list := l.byName[k.Name]; len(list) == 0 || list[len(list)-1] != e {
					l.byName[k.Name] = append(list, e)
				}
			}
		}
	}
	return l.byName[name]
}

// relist notes that the list of entries or their keys changed.
func (l *Lock) relist() { l.changed, l.unsorted = true, true }

// addName keeps byName in step with a key that e got.
func (l *Lock) addName(e *Entry, name string) {
	if l.byName != nil && !slices.Contains(l.byName[name], e) {
		l.byName[name] = append(l.byName[name], e)
	}
}

// dropName keeps byName in step with a key that e lost.
func (l *Lock) dropName(e *Entry, name string) {
	if l.byName == nil || slices.ContainsFunc(e.Keys, func(k Descriptor) bool { return k.Name == name }) {
		return
	}
	l.byName[name] = slices.DeleteFunc(l.byName[name], func(x *Entry) bool { return x == e })
}

// SetVersion writes the __metadata version, keeping the rest of the header.
// Classic locks have none.
func (l *Lock) SetVersion(v int) {
	if l.Kind == Classic || v == l.Version {
		return
	}
	l.Version = v
	l.setMetadata(&l.version, "version", strconv.Itoa(v))
}

// SetCacheKey writes the __metadata cacheKey, keeping the rest of the header.
func (l *Lock) SetCacheKey(key string) {
	if l.Kind == Classic || key == l.CacheKey {
		return
	}
	l.CacheKey = key
	l.setMetadata(&l.cacheKey, "cacheKey", string(Berry.appendScalar(nil, key)))
}

// setMetadata replaces a value of the header, or adds its line. The version
// comes first, so only what stands behind it moves.
func (l *Lock) setMetadata(at *span, name, value string) {
	l.changed = true
	if *at == (span{}) {
		if l.version == (span{}) && name != "version" {
			l.SetVersion(MaxVersion)
		}
		if l.version == (span{}) && !containsMetadata(l.header) {
			l.header = string(l.setLineEnds([]byte(berryHeader+"__metadata:\n"), 0))
			l.firstGap, l.tail = l.eol, ""
		}
		start := len(l.endLine([]byte(l.header)))
		l.header = string(l.endLine([]byte(l.header))) + "  " + name + ": " + value + l.eol
		*at = span{start + len("  "+name+": "), start + len("  "+name+": "+value)}
		return
	}
	moved := len(value) - (at.end - at.start)
	l.header = l.header[:at.start] + value + l.header[at.end:]
	at.end += moved
	for _, other := range []*span{&l.version, &l.cacheKey} {
		if other.start > at.start {
			other.start += moved
			other.end += moved
		}
	}
}

// Add puts a new entry into the lock. Its keys must be free, and it must have
// at least one.
func (l *Lock) Add(e *Entry) error {
	if len(e.Keys) == 0 {
		return fault.New("a lockfile entry for %s without a key", brief(e.Resolution.String()))
	}
	for i, k := range e.Keys {
		if l.keys[k] != nil || slices.Contains(e.Keys[:i], k) {
			return fault.New("%s is in the lockfile already", brief(k.String()))
		}
	}
	for _, k := range e.Keys {
		l.keys[k] = e
		l.addName(e, k.Name)
	}
	if l.locators != nil && l.locators[e.Resolution] == nil {
		l.locators[e.Resolution] = e
	}
	e.dirty = true
	l.Entries = append(l.Entries, e)
	l.relist()
	return nil
}

// Anew is an entry for other keys that has all else of e, to be added in its place.
func (e *Entry) Anew(keys []Descriptor) *Entry {
	n := *e
	n.Keys, n.Line, n.start, n.end, n.gap, n.sortKey = keys, 0, 0, 0, "", ""
	return &n
}

// Remove takes an entry and its keys out of the lock.
func (l *Lock) Remove(e *Entry) {
	i := slices.Index(l.Entries, e)
	if i < 0 {
		return
	}
	l.Entries = slices.Delete(l.Entries, i, i+1)
	keys := e.Keys
	e.Keys = nil
	for _, k := range keys {
		delete(l.keys, k)
		l.dropName(e, k.Name)
	}
	e.Keys = keys
	if l.locators != nil && l.locators[e.Resolution] == e {
		delete(l.locators, e.Resolution)
		if j := slices.IndexFunc(l.Entries, func(x *Entry) bool { return x.Resolution == e.Resolution }); j >= 0 {
			l.locators[e.Resolution] = l.Entries[j]
		}
	}
	l.relist()
}

// RebindTo makes d resolve to an entry of the lock. d leaves the entry that it
// resolved to; an entry left without keys goes. A descriptor that is not in the
// lock yet is added.
func (l *Lock) RebindTo(d Descriptor, to *Entry) {
	if l.keys[d] == to {
		return
	}
	l.Unbind(d)
	to.Keys = append(slices.Clip(to.Keys), d)
	sorting.Stable(to.Keys, func(a, b Descriptor) int { return jstext.Compare(a.String(), b.String()) })
	to.dirty = true
	l.keys[d] = to
	l.addName(to, d.Name)
	l.relist()
}

// Unbind takes a descriptor out of the lock, and its entry if it was the last.
func (l *Lock) Unbind(d Descriptor) {
	from := l.keys[d]
	if from == nil {
		return
	}
	if len(from.Keys) == 1 {
		l.Remove(from)
		return
	}
	from.Keys = slices.DeleteFunc(slices.Clone(from.Keys), func(k Descriptor) bool { return k == d })
	from.dirty = true
	delete(l.keys, d)
	l.dropName(from, d.Name)
	l.relist()
}
