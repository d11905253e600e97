package yamledit

import (
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/portalctl/portalctl/internal/fault"
)

// Kind is what a value is by YAML's core rules. Readers that take every scalar
// as text, as Yarn does for .yarnrc.yml, use Value.String whatever the kind.
type Kind int

// The kinds of values. Null is also the kind of a value that is left out
// ("key:") and of an empty file.
const (
	Null Kind = iota
	Bool
	Number
	stringKind
	Mapping
	Sequence
)

func (k Kind) String() string {
	return [...]string{"nothing", "a boolean", "a number", "a text", "a mapping", "a list"}[k]
}

// Value is one value of a document as it was when it was read: later edits of
// the document do not show in it.
type Value struct {
	doc  *Doc
	node *yaml.Node
	// shared says that the value was reached through an alias or a merge key,
	// so that a change of it would show in other places too.
	shared bool
}

// Member is one key of a mapping with its value.
type Member struct {
	Key    string
	KeyPos fault.Pos
	Value  Value
	// Merged says that the member comes from a merge key ("<<: *base").
	Merged bool
}

// Kind is the kind of the value; an alias has the kind of its target.
func (v Value) Kind() Kind {
	n := v.target()
	if n == nil {
		return Null
	}
	switch n.Kind {
	case yaml.MappingNode:
		return Mapping
	case yaml.SequenceNode:
		return Sequence
	}
	switch n.ShortTag() {
	case "!!null":
		return Null
	case "!!bool":
		return Bool
	case "!!int", "!!float":
		return Number
	}
	return stringKind
}

// stringKind is the text of a scalar, unquoted and unescaped, as it stands in the
// file: "null" and "~" for those words, "" for a value that is left out.
// Mappings and sequences give "".
func (v Value) String() string {
	if n := v.target(); n != nil && n.Kind == yaml.ScalarNode {
		return n.Value
	}
	return ""
}

// Omitted reports whether nothing at all is written ("key:").
func (v Value) Omitted() bool {
	n := v.target()
	return n == nil || n.Kind == yaml.ScalarNode && n.Style&quoted == 0 && n.Value == "" && n.ShortTag() == "!!null"
}

// Pos is where the value starts in its file; for an alias, where the alias is.
func (v Value) Pos() fault.Pos {
	if v.doc == nil {
		return fault.Pos{}
	}
	if v.node == nil {
		return fault.Pos{File: v.doc.file, Line: 1, Col: 1}
	}
	return v.doc.posOf(v.node)
}

// Get is the value at path below v.
func (v Value) Get(path ...string) (Value, bool) {
	for _, p := range path {
		next, ok := v.child(p)
		if !ok {
			return Value{}, false
		}
		v = next
	}
	return v, v.doc != nil
}

func (v Value) child(name string) (Value, bool) {
	switch v.Kind() {
	case Mapping:
		n := v.target()
		merged := false
		for i := 0; i+1 < len(n.Content); i += 2 {
			if isMerge(n.Content[i]) {
				merged = true
			} else if n.Content[i].Value == name {
				return Value{v.doc, n.Content[i+1], v.shared || v.node != n}, true
			}
		}
		if merged {
			m, ok := v.Member(name)
			return m.Value, ok
		}
	case Sequence:
		i, err := strconv.Atoi(name)
		if items := v.Items(); err == nil && i >= 0 && i < len(items) {
			return items[i], true
		}
	}
	return Value{}, false
}

// Member is the member of a mapping with that key.
func (v Value) Member(key string) (Member, bool) {
	for _, m := range v.Members() {
		if m.Key == key {
			return m, true
		}
	}
	return Member{}, false
}

// Members are the members of a mapping in the order of the file, then those
// that merge keys add, as YAML 1.1 has it: the mapping's own keys win, then
// the earlier of several merged mappings.
func (v Value) Members() []Member {
	n := v.target()
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	shared := v.shared || v.node != n
	out := make([]Member, 0, len(n.Content)/2)
	var merges []Value
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if isMerge(key) {
			merges = append(merges, Value{v.doc, val, true})
			continue
		}
		out = append(out, Member{Key: key.Value, KeyPos: v.doc.posOf(key), Value: Value{v.doc, val, shared}})
	}
	if len(merges) == 0 {
		return out
	}
	seen := make(map[string]bool, len(out))
	for _, m := range out {
		seen[m.Key] = true
	}
	for len(merges) > 0 {
		from := merges[0]
		merges = merges[1:]
		if from.Kind() == Sequence {
			items := from.Items()
			for i := range items {
				items[i].shared = true
			}
			merges = append(items, merges...)
			continue
		}
		for _, m := range from.Members() {
			if !seen[m.Key] {
				seen[m.Key] = true
				m.Merged = true
				m.Value.shared = true
				out = append(out, m)
			}
		}
	}
	return out
}

// Items are the items of a sequence.
func (v Value) Items() []Value {
	n := v.target()
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	shared := v.shared || v.node != n
	out := make([]Value, len(n.Content))
	for i, c := range n.Content {
		out[i] = Value{v.doc, c, shared}
	}
	return out
}

// target is the node behind an alias. checkTree has refused cycles.
func (v Value) target() *yaml.Node {
	n := v.node
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isMerge(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Value == "<<" && key.ShortTag() == "!!merge"
}
