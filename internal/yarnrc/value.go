package yarnrc

import (
	"strconv"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// kind is the shape of a raw setting. Yarn reads its rc files with YAML's
// failsafe schema: every scalar is a text ("null" and "~" too), and only a
// value that is left out is nothing.
type kind int

const (
	nothing kind = iota
	text
	list
	object
)

func (k kind) String() string {
	return [...]string{"nothing", "a text", "a list", "a mapping"}[k]
}

// value is a raw setting with where it comes from.
type value struct {
	kind    kind
	text    string
	members []member // of an object, in order
	items   []*value // of a list
	pos     fault.Pos
	dir     string   // relative paths in the value count from here
	own     bool     // stands in the project's own rc file, at path
	path    []string // there
}

type member struct {
	key string
	pos fault.Pos
	val *value
}

func (v *value) get(key string) *value {
	if v == nil || v.kind != object {
		return nil
	}
	for _, m := range v.members {
		if m.key == key {
			return m.val
		}
	}
	return nil
}

// fromYAML converts a parsed file. Merge keys are refused: Yarn's schema takes
// "<<" for a setting of that name and fails.
func fromYAML(v yamledit.Value, dir string, own bool, path []string) (*value, error) {
	out := &value{pos: v.Pos(), dir: dir, own: own, path: path}
	sub := func(key string) []string { return append(path[:len(path):len(path)], key) }
	switch v.Kind() {
	case yamledit.Mapping:
		out.kind = object
		for _, m := range v.Members() {
			if m.Merged {
				return nil, fault.At(v.Pos(), "Yarn does not know merge keys (<<) in its settings").
					WithNext("Write the settings out")
			}
			val, err := fromYAML(m.Value, dir, own, sub(m.Key))
			if err != nil {
				return nil, err
			}
			out.members = append(out.members, member{m.Key, m.KeyPos, val})
		}
	case yamledit.Sequence:
		out.kind = list
		for i, item := range v.Items() {
			val, err := fromYAML(item, dir, own, sub(strconv.Itoa(i)))
			if err != nil {
				return nil, err
			}
			out.items = append(out.items, val)
		}
	default:
		if !v.Omitted() {
			out.kind, out.text = text, v.String()
		}
	}
	return out, nil
}

// resolve merges rc files, the farthest (lowest precedence) first, as Yarn 4's
// configUtils.resolveRcFiles does: the nearest text wins, lists are joined,
// mappings are merged key by key, and onConflict (reset, hardReset, extend)
// changes that. Yarn 3 merged less; its repos rarely have more than one file.
func resolve(files []*value) *value {
	wrapped := make([]*value, len(files))
	for i, f := range files {
		wrapped[i] = &value{kind: object, members: []member{{key: ".", val: f}}}
	}
	if v := resolveAt(wrapped, ".", 0, len(wrapped)); v != nil {
		return v
	}
	return &value{kind: object}
}

func resolveAt(files []*value, key string, first, at int) *value {
	var expected *kind
	var relevant []*value // farthest first
	reset, last := 0, at
search:
	for t := at - 1; t >= first; t-- {
		onConflict, v := normalized(files[t].get(key))
		if v == nil {
			continue
		}
		k := v.kind
		if k == nothing {
			k = text // both are literals to Yarn
		}
		if expected == nil {
			expected = &k
		}
		if k != *expected || onConflict == "hardReset" {
			reset = last // a hardReset drops its own value as well
			break search
		}
		if k == text {
			return v
		}
		relevant = append([]*value{v}, relevant...)
		switch {
		case onConflict == "reset":
			reset = t
			break search
		case onConflict == "extend" && t == first:
			first = 0
		}
		last = t
	}
	switch {
	case expected == nil || len(relevant) == 0 && *expected == text:
		return nil
	case len(relevant) == 0:
		return &value{kind: *expected}
	}
	nearest := relevant[len(relevant)-1]
	out := &value{kind: nearest.kind, pos: nearest.pos, dir: nearest.dir, own: nearest.own, path: nearest.path}
	if out.kind == list {
		for _, v := range relevant {
			out.items = append(out.items, v.items...)
		}
		return out
	}
	next := make([]*value, len(files))
	for i, f := range files {
		_, next[i] = normalized(f.get(key))
		if next[i] != nil && next[i].kind != object {
			next[i] = nil
			reset = max(reset, i+1)
		}
	}
	seen := map[string]bool{}
	for _, v := range relevant {
		for _, m := range v.members {
			if seen[m.key] {
				continue
			}
			seen[m.key] = true
			if val := resolveAt(next, m.key, reset, len(next)); val != nil {
				out.members = append(out.members, member{m.key, m.pos, val})
			}
		}
	}
	return out
}

// normalized takes an onConflict marker off a value. Without "value", the
// marker's other members are the value.
func normalized(v *value) (onConflict string, _ *value) {
	mark := v.get("onConflict")
	if mark == nil || mark.kind != text {
		return "default", v
	}
	if inner := v.get("value"); inner != nil {
		return mark.text, inner
	}
	rest := *v
	rest.members = nil
	for _, m := range v.members {
		if m.key != "onConflict" {
			rest.members = append(rest.members, m)
		}
	}
	return mark.text, &rest
}
