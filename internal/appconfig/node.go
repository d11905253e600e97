package appconfig

import (
	"strconv"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// node is a value as JavaScript would hold it. A nil *node is undefined.
// Nodes are never changed once they are part of a layer.
type node struct {
	kind   Kind
	text   string // of a scalar, as String(value) gives it
	keys   []string
	fields map[string]*node
	items  []*node
	origin Origin
}

func newObject(o Origin) *node { return &node{kind: Object, fields: map[string]*node{}, origin: o} }

// set adds or replaces a field, and keeps the order of first appearance.
func (n *node) set(key string, v *node) {
	if _, ok := n.fields[key]; !ok {
		n.keys = append(n.keys, key)
	}
	n.fields[key] = v
}

func (n *node) isObject() bool { return n != nil && n.kind == Object }

// fromYAML turns a document into nodes. The yaml package that Backstage uses
// reads scalars by the core schema of YAML 1.2, where yes, 0b1 and 1_000 are
// texts, and takes a merge key for a key like any other; merged tells of one.
func fromYAML(v yamledit.Value, merged func(yamledit.Member)) *node {
	o := Origin{Pos: v.Pos()}
	switch v.Kind() {
	case yamledit.Mapping:
		out := newObject(o)
		for _, m := range v.Members() {
			if m.Merged {
				merged(m)
				continue
			}
			v := fromYAML(m.Value, merged)
			v.origin.Key = m.KeyPos
			out.set(m.Key, v)
		}
		return out
	case yamledit.Sequence:
		out := &node{kind: Array, origin: o}
		for _, item := range v.Items() {
			out.items = append(out.items, fromYAML(item, merged))
		}
		return out
	case yamledit.Null:
		return &node{kind: Null, text: "null", origin: o}
	case yamledit.Bool:
		text := "false"
		if s := v.String(); s != "" && (s[0] == 't' || s[0] == 'T') {
			text = "true"
		}
		return &node{kind: Bool, text: text, origin: o}
	case yamledit.Number:
		if f, ok := coreNumber(v.String()); ok {
			return &node{kind: Number, text: jsNumber(f), origin: o}
		}
	}
	return &node{kind: String, text: v.String(), origin: o}
}

// coreInt, coreFloat: tag resolution of the core schema, YAML 1.2 10.3.2, as
// yaml 2 has it.
var (
	coreOct   = pattern.New(`^0o[0-7]+$`)
	coreHex   = pattern.New(`^0x[0-9a-fA-F]+$`)
	coreFloat = pattern.New(`^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$`)
	coreInf   = pattern.New(`^([-+]?)\.(?:inf|Inf|INF)$`)
	coreNaN   = pattern.New(`^\.(?:nan|NaN|NAN)$`)
)

func coreNumber(s string) (float64, bool) {
	switch {
	case coreOct().MatchString(s):
		return radix(s[2:], 8), true
	case coreHex().MatchString(s):
		return radix(s[2:], 16), true
	case coreFloat().MatchString(s):
		f, _ := strconv.ParseFloat(s, 64) // out of range gives ±Inf, as in JavaScript
		return f, true
	case coreInf().MatchString(s):
		f, _ := strconv.ParseFloat(coreInf().FindStringSubmatch(s)[1]+"Inf", 64)
		return f, true
	case coreNaN().MatchString(s):
		f, _ := strconv.ParseFloat("NaN", 64)
		return f, true
	}
	return 0, false
}

func radix(digits string, base int) float64 {
	if n, err := strconv.ParseUint(digits, base, 64); err == nil {
		return float64(n)
	}
	f := 0.0
	for _, d := range digits {
		n, _ := strconv.ParseUint(string(d), base, 8)
		f = f*float64(base) + float64(n)
	}
	return f
}

// fromJSON turns a parsed JSON text into nodes of the origins that from says. The last
// of several members of one name counts, as for JSON.parse.
func fromJSON(v jsonedit.Value, from func(jsonedit.Value) Origin) *node {
	o := from(v)
	switch v.Kind() {
	case jsonedit.Object:
		out := newObject(o)
		for _, m := range v.Members() {
			out.set(m.Name, fromJSON(m.Value, from))
		}
		return out
	case jsonedit.Array:
		out := &node{kind: Array, origin: o}
		for _, e := range v.Elements() {
			out.items = append(out.items, fromJSON(e, from))
		}
		return out
	case jsonedit.Null:
		return &node{kind: Null, text: "null", origin: o}
	case jsonedit.Bool:
		return &node{kind: Bool, text: string(v.Raw()), origin: o}
	case jsonedit.Number:
		f, _ := strconv.ParseFloat(string(v.Raw()), 64)
		return &node{kind: Number, text: jsNumber(f), origin: o}
	}
	return &node{kind: String, text: v.String(), origin: o}
}

// wrong is an error about the node that names its place.
func (n *node) wrong(format string, args ...any) *fault.Error {
	return fault.At(n.origin.Pos, format, args...)
}

// Kind is what a value is in JavaScript's terms.
type Kind int

// The kinds of values.
const (
	Null Kind = iota
	Bool
	Number
	String
	Object
	Array
)

// String is the word that Backstage's config reader has for the kind.
func (k Kind) String() string {
	return [...]string{"null", "boolean", "number", "string", "object", "array"}[k]
}
