// Package keymerge merges two files that come from one, by key instead of by line:
// JSON and YAML. What only one side changed is taken, wherever the keys stand; every
// byte of ours that no change concerns stays as it is.
package keymerge

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// State is what became of a key that the template changed.
type State string

const (
	// Taken: ours has the new value now, or not the key any more.
	Taken State = "taken"
	// Same: ours had the change already, or a later one.
	Same State = "same"
	// removedByYou: the key was changed in theirs, and ours does not have it.
	removedByYou State = "removed-by-you"
	// Kept: ours stays, by a rule. Why says which.
	Kept State = "kept"
	// Conflict: both sides changed it, and differently. Ours stays.
	Conflict State = "conflict"
)

// Key is a key that theirs changed. Values are source text, "" where there is none.
type Key struct {
	// Path is the keys that lead to it.
	Path  []string `json:"path"`
	State State    `json:"state"`
	// Line is where the key stands in ours, 0 where it does not.
	Line   int    `json:"line"`
	Ours   string `json:"ours"`
	Base   string `json:"base"`
	Theirs string `json:"theirs"`
	Why    string `json:"why"`
}

// Rules decide what values alone do not tell. nil fields decide nothing.
type Rules struct {
	// Ignore leaves a key alone that both sides have; it is not reported.
	Ignore func(path []string) bool
	// Both decides about a value that both sides changed, and differently: Taken,
	// Same or Kept, or Conflict.
	Both func(path []string, base, ours, theirs string) (State, string)
	// Add decides about a key that theirs added: Taken, Same or Kept.
	Add func(path []string, theirs string) (State, string)
	// Change decides about a change that could be taken, a removal with theirs "".
	Change func(path []string, base, theirs string) (State, string)
}

// Result is the merged text, and the keys in theirs' order.
type Result struct {
	Text []byte
	Keys []Key
}

// errUnfit: a side is written in a way that cannot be merged by key. Merge by line.
var errUnfit = errors.New("it cannot be merged by key")

// node is a value: a mapping with members, or a leaf.
type node struct {
	isMap bool
	// value tells equal values of any spelling, text is the source.
	value, text string
	line        int
	keys        []string
	kids        map[string]*node
	at          any // where the format finds it again
	head, tail  string
}

func (n *node) kid(key string) *node {
	if n == nil || !n.isMap {
		return nil
	}
	return n.kids[key]
}

func (n *node) source() string {
	if n == nil {
		return ""
	}
	return n.text
}

// equal compares values, not how they are written.
func equal(a, b *node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.isMap != b.isMap {
		return false
	}
	if !a.isMap {
		return a.value == b.value
	}
	if len(a.keys) != len(b.keys) {
		return false
	}
	for _, k := range a.keys {
		if b.kids[k] == nil || !equal(a.kids[k], b.kids[k]) {
			return false
		}
	}
	return true
}

// written compares how they are written, too.
func written(a, b *node) bool {
	return equal(a, b) && (a == nil || a.text == b.text && a.head == b.head && a.tail == b.tail)
}

type opKind int

const (
	set opKind = iota
	insert
	remove
	comments // of a mapping: what stands above its key and below its members
)

// op is one change of ours.
type op struct {
	kind opKind
	path []string
	// parent is the mapping of ours, to the value of theirs, from that of ours.
	parent, from, base, to *node
	// after are theirs' keys before this one, nearest first.
	after []string
}

type planner struct {
	rules Rules
	ops   []op
	keys  []Key
}

func (p *planner) say(path []string, s State, b, o, t *node, why string) {
	k := Key{Path: slices.Clone(path), State: s, Ours: o.source(), Base: b.source(), Theirs: t.source(), Why: why}
	if o != nil {
		k.Line = o.line
	}
	p.keys = append(p.keys, k)
}

// walk compares the members of three mappings; base may be nil.
func (p *planner) walk(path []string, b, o, t *node) {
	keys := slices.Clone(t.keys)
	if b != nil {
		for _, k := range b.keys {
			if t.kids[k] == nil {
				keys = append(keys, k)
			}
		}
	}
	for _, k := range keys {
		here := append(path[:len(path):len(path)], k)
		p.member(here, o, b.kid(k), o.kid(k), t)
	}
}

func (p *planner) member(path []string, parent, b, o, in *node) {
	t := in.kid(path[len(path)-1])
	change := op{path: path, parent: parent, from: o, base: b, to: t, after: before(in, path[len(path)-1])}
	do := func(kind opKind) {
		change.kind = kind
		p.ops = append(p.ops, change)
		p.say(path, Taken, b, o, t, "")
	}
	switch {
	case written(b, t):
	case o != nil && t != nil && p.rules.Ignore != nil && p.rules.Ignore(path):
	case o == nil && b == nil:
		state, why := Taken, ""
		if p.rules.Add != nil {
			state, why = p.rules.Add(path, t.text)
		}
		if state == Taken {
			do(insert)
			return
		}
		p.say(path, state, b, o, t, why)
	case o == nil && t == nil:
		p.say(path, Same, b, o, t, "")
	case o == nil:
		if !equal(b, t) {
			p.say(path, removedByYou, b, o, t, "")
		}
	case t == nil:
		switch {
		case !equal(o, b) && !(p.rules.Ignore != nil && p.rules.Ignore(path)):
			p.say(path, Conflict, b, o, t, "the template removed it, and yours differs")
		case p.vetoed(path, b, o, t):
		default:
			do(remove)
		}
	case o.isMap && t.isMap && (b == nil || b.isMap):
		p.walk(path, b, o, t)
		if b != nil && (b.head != t.head && b.head == o.head || b.tail != t.tail && b.tail == o.tail) {
			change.kind = comments
			p.ops = append(p.ops, change)
		}
	case equal(o, t):
		if equal(b, t) { // comments alone
			if written(o, b) {
				change.kind = set
				p.ops = append(p.ops, change)
			}
			return
		}
		p.say(path, Same, b, o, t, "")
	case equal(o, b):
		if !p.vetoed(path, b, o, t) {
			do(set)
		}
	default:
		state, why := Conflict, ""
		if p.rules.Both != nil {
			state, why = p.rules.Both(path, b.source(), o.text, t.text)
		}
		if state == Taken {
			do(set)
			p.keys[len(p.keys)-1].Why = why
			return
		}
		p.say(path, state, b, o, t, why)
	}
}

func (p *planner) vetoed(path []string, b, o, t *node) bool {
	if p.rules.Change == nil {
		return false
	}
	state, why := p.rules.Change(path, b.source(), t.source())
	if state == Taken {
		return false
	}
	p.say(path, state, b, o, t, why)
	return true
}

// before are the keys of a mapping before one of them, nearest first.
func before(n *node, key string) []string {
	i := slices.Index(n.keys, key)
	if i < 0 {
		return nil
	}
	out := slices.Clone(n.keys[:i])
	slices.Reverse(out)
	return out
}

// proven checks that what was written is ours with the changes of the plan, and
// nothing else.
func (p *planner) proven(ours, got *node) error {
	want := map[string]string{}
	flatten(want, nil, ours)
	for _, o := range p.ops {
		if o.kind == comments {
			continue
		}
		whole, parent := join(o.path), join(o.path[:len(o.path)-1])
		maps.DeleteFunc(want, func(k, _ string) bool { return k == whole || below(k, whole) })
		switch {
		case o.kind != remove:
			flatten(want, o.path, o.to)
			delete(want, parent) // no longer an empty mapping
		case len(o.path) > 1 && !anyBelow(want, parent):
			want[parent] = "{}"
		}
	}
	have := map[string]string{}
	flatten(have, nil, got)
	if len(want) != len(have) {
		return fmt.Errorf("%w: %d values instead of %d", errUnfit, len(have), len(want))
	}
	for k, v := range want {
		if have[k] != v {
			return fmt.Errorf("%w: %s would be %q instead of %q", errUnfit, strings.ReplaceAll(k, "\x00", "."), have[k], v)
		}
	}
	return nil
}

func join(path []string) string { return strings.Join(path, "\x00") }

// below reports whether a joined path is one within another.
func below(path, mapping string) bool { return strings.HasPrefix(path, mapping+"\x00") }

func anyBelow(values map[string]string, mapping string) bool {
	for path := range values {
		if below(path, mapping) {
			return true
		}
	}
	return false
}

func flatten(out map[string]string, path []string, n *node) {
	if !n.isMap {
		out[join(path)] = n.value
		return
	}
	if len(n.keys) == 0 && len(path) > 0 {
		out[join(path)] = "{}"
	}
	for _, k := range n.keys {
		flatten(out, append(path[:len(path):len(path)], k), n.kids[k])
	}
}
