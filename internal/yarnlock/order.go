package yarnlock

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/portalctl/portalctl/internal/sorting"
)

// compareUTF16 orders strings as JavaScript does: by UTF-16 code unit. It
// differs from byte order only where surrogate pairs meet U+E000 to U+FFFF.
func compareUTF16(a, b string) int {
	n := min(len(a), len(b))
	i := 0
	for i < n && a[i] == b[i] {
		i++
	}
	if i == n {
		return len(a) - len(b)
	}
	if a[i] < utf8.RuneSelf || b[i] < utf8.RuneSelf {
		return int(a[i]) - int(b[i])
	}
	for i > 0 && !utf8.RuneStart(a[i]) {
		i--
	}
	ra, _ := utf8.DecodeRuneInString(a[i:])
	rb, _ := utf8.DecodeRuneInString(b[i:])
	return utf16Rank(ra) - utf16Rank(rb)
}

// utf16Rank maps runes to numbers that compare as their UTF-16 forms do: pairs
// start with D800 to DBFF, and so sort before E000 to FFFF.
func utf16Rank(r rune) int {
	if r >= 0xE000 && r <= 0xFFFF {
		return int(r) + utf8.MaxRune
	}
	return int(r)
}

// berryKeys come first in every Berry map, in this order (specialObjectKeys of
// @yarnpkg/parsers' stringifySyml), whatever the map is about.
var berryKeys = []string{"__metadata", "version", "resolution", "dependencies",
	"peerDependencies", "dependenciesMeta", "peerDependenciesMeta", "binaries"}

func compareBerry(a, b string) int { return compareRanked(a, b, berryKeys) }

// classicKeys come first in every Classic map (the priorities of Yarn 1's
// stringify).
var classicKeys = []string{"name", "version", "uid", "resolved", "integrity", "registry", "dependencies"}

func compareClassic(a, b string) int { return compareRanked(a, b, classicKeys) }

func compareRanked(a, b string, first []string) int {
	ra, rb := slices.Index(first, a), slices.Index(first, b)
	switch {
	case ra < 0 && rb < 0:
		return compareUTF16(a, b)
	case ra < 0:
		return 1
	case rb < 0:
		return -1
	}
	return ra - rb
}

func (k Kind) compare(a, b string) int {
	if k == Classic {
		return compareClassic(a, b)
	}
	return compareBerry(a, b)
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
	slices.SortFunc(texts, compareUTF16)
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
