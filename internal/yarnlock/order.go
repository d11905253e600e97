package yarnlock

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/jstext"
	"github.com/portalctl/portalctl/internal/sorting"
)

// berryFirst come first in every Berry map, in this order (specialObjectKeys of
// @yarnpkg/parsers' stringifySyml), whatever the map is about.
var berryFirst = []string{"__metadata", "version", "resolution", "dependencies",
	"peerDependencies", "dependenciesMeta", "peerDependenciesMeta", "binaries"}

// classicFirst come first in every Classic map (the priorities of Yarn 1's
// stringify).
var classicFirst = []string{"name", "version", "uid", "resolved", "integrity", "registry", "dependencies"}

// compare is the order in which Yarn prints names.
func (k Kind) compare(a, b string) int {
	first := berryFirst
	if k == Classic {
		first = classicFirst
	}
	ra, rb := slices.Index(first, a), slices.Index(first, b)
	switch {
	case ra < 0 && rb < 0:
		return jstext.Compare(a, b)
	case ra < 0:
		return 1
	case rb < 0:
		return -1
	}
	return ra - rb
}

// sortedBy returns list in the order that Yarn prints its names, copying only
// if it has to.
func sortedBy[T any](k Kind, list []T, name func(T) string) []T {
	less := func(a, b T) int { return k.compare(name(a), name(b)) }
	if slices.IsSortedFunc(list, less) {
		return list
	}
	list = slices.Clone(list)
	sorting.Stable(list, less)
	return list
}

// keyTexts are the descriptors of e as text, in the order that Yarn joins them.
func keyTexts(keys []Descriptor) []string {
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = k.String()
	}
	slices.SortFunc(texts, jstext.Compare)
	return texts
}

// orderKey is what entries are sorted by: Berry's whole joined key, Classic's
// first one.
func (l *Lock) orderKey(e *Entry) string {
	if !e.dirty && e.sortKey != "" {
		return e.sortKey
	}
	texts := keyTexts(e.Keys)
	if l.Kind == Classic {
		return texts[0]
	}
	return strings.Join(texts, ", ")
}

// sort puts the entries into the order in which Yarn writes them.
func (l *Lock) sort() {
	type item struct {
		key string
		e   *Entry
	}
	items := make([]item, len(l.Entries))
	for i, e := range l.Entries {
		items[i] = item{l.orderKey(e), e}
	}
	sorting.Stable(items, func(a, b item) int { return l.Kind.compare(a.key, b.key) })
	for i, it := range items {
		l.Entries[i] = it.e
	}
	l.unsorted = false
}
