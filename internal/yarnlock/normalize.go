package yarnlock

import (
	"slices"
	"strings"
)

// Normalize gives a Berry lock the order and the blank lines that Yarn prints. A
// merge can leave others, and although nothing else is wrong, Yarn's next
// install writes the file anew and an immutable one fails.
func (l *Lock) Normalize() {
	if l.Kind == Classic || len(l.Entries) == 0 || l.wasEmpty {
		return
	}
	if l.firstGap != l.eol || l.tail != "" {
		l.firstGap, l.tail, l.changed = l.eol, "", true
	}
	for i, e := range l.Entries {
		switch {
		case e.dirty:
		case !e.inOrder(), i == len(l.Entries)-1 && l.src[e.end-1] != '\n':
			e.dirty = true
		}
		if e.gap != l.eol && e.gap != "" {
			e.gap, l.changed = l.eol, true
		}
		if i > 0 && !l.unsorted && Berry.compare(l.orderKey(l.Entries[i-1]), l.orderKey(e)) > 0 {
			l.relist()
		}
	}
}

// inOrder reports whether keys and dependencies stand as Yarn sorts them.
func (e *Entry) inOrder() bool {
	if len(e.Keys) > 1 && e.sortKey != strings.Join(keyTexts(e.Keys), ", ") {
		return false
	}
	byName := func(a, b Dep) int { return Berry.compare(a.Name, b.Name) }
	return slices.IsSortedFunc(e.Dependencies, byName) && slices.IsSortedFunc(e.PeerDependencies, byName)
}
