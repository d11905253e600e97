package jsonedit

import (
	"strconv"
	"unicode/utf8"

	"github.com/tailscale/hujson"

	"github.com/portalctl/portalctl/internal/fault"
)

// Kind is the type of a JSON value.
type Kind byte

// The kinds of JSON values. Null is also the kind of the zero Value.
const (
	Null Kind = iota
	Bool
	Number
	String
	Object
	Array
)

// String is the kind with its article, as an error message wants it.
func (k Kind) String() string {
	switch k {
	case Bool:
		return "a boolean"
	case Number:
		return "a number"
	case String:
		return "a string"
	case Object:
		return "an object"
	case Array:
		return "an array"
	default:
		return "null"
	}
}

// Value is a value in one version of a Doc. The zero Value is null and has no
// place.
type Value struct {
	src *source
	v   *hujson.Value
}

// Member is a member of an object.
type Member struct {
	Name  string // decoded
	Value Value
	name  *hujson.Value
}

// Pos is the place of the member's name.
func (m Member) Pos() fault.Pos { return m.Value.src.pos(m.name.StartOffset) }

// Kind is the type of the value.
func (v Value) Kind() Kind {
	if v.v == nil {
		return Null
	}
	switch v.v.Value.Kind() {
	case 't', 'f':
		return Bool
	case '0':
		return Number
	case '"':
		return String
	case '{':
		return Object
	case '[':
		return Array
	default:
		return Null
	}
}

// String is the decoded text of a string, and the JSON text of anything else.
func (v Value) String() string {
	if v.v == nil {
		return "null"
	}
	return decode(v.Raw())
}

// Bool reports whether the value is the literal true.
func (v Value) Bool() bool { return v.Kind() == Bool && string(v.Raw()) == "true" }

// Raw is the value as written in the file. The caller must not change it.
func (v Value) Raw() []byte {
	if v.v == nil {
		return nil
	}
	return v.src.body[v.v.StartOffset:v.v.EndOffset]
}

// Span is where the value stands in the text that Parse was given.
func (v Value) Span() (start, end int) {
	if v.v == nil {
		return 0, 0
	}
	return v.src.skip + v.v.StartOffset, v.src.skip + v.v.EndOffset
}

// Pos is the place of the value's first byte.
func (v Value) Pos() fault.Pos {
	if v.v == nil {
		return fault.Pos{}
	}
	return v.src.pos(v.v.StartOffset)
}

// Members lists the members of an object in file order, duplicates included;
// nil for anything else.
func (v Value) Members() []Member {
	obj := v.object()
	if obj == nil {
		return nil
	}
	members := make([]Member, len(obj.Members))
	for i := range obj.Members {
		m := &obj.Members[i]
		members[i] = Member{Name: name(m), Value: Value{v.src, &m.Value}, name: &m.Name}
	}
	return members
}

// Elements lists the elements of an array; nil for anything else.
func (v Value) Elements() []Value {
	arr := v.array()
	if arr == nil {
		return nil
	}
	elements := make([]Value, len(arr.Elements))
	for i := range arr.Elements {
		elements[i] = Value{v.src, &arr.Elements[i]}
	}
	return elements
}

// Get is the value at path below v: member names, or decimal indexes into
// arrays. Of several members of one name it is the last.
func (v Value) Get(path ...string) (Value, bool) {
	for _, step := range path {
		i := v.index(step)
		if i < 0 {
			return Value{}, false
		}
		v = v.child(i)
	}
	return v, v.v != nil
}

// index is the position of the member or element that step names, or -1.
func (v Value) index(step string) int {
	if obj := v.object(); obj != nil {
		for i := len(obj.Members) - 1; i >= 0; i-- {
			if name(&obj.Members[i]) == step {
				return i
			}
		}
	} else if arr := v.array(); arr != nil {
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(arr.Elements) && strconv.Itoa(i) == step {
			return i
		}
	}
	return -1
}

func (v Value) child(i int) Value {
	if obj := v.object(); obj != nil {
		return Value{v.src, &obj.Members[i].Value}
	}
	return Value{v.src, &v.array().Elements[i]}
}

func (v Value) object() *hujson.Object {
	if v.v == nil {
		return nil
	}
	obj, _ := v.v.Value.(*hujson.Object)
	return obj
}

func (v Value) array() *hujson.Array {
	if v.v == nil {
		return nil
	}
	arr, _ := v.v.Value.(*hujson.Array)
	return arr
}

func name(m *hujson.ObjectMember) string { return decode(m.Name.Value.(hujson.Literal)) }

// decode is Literal.String with a way past reflection for the common literal,
// one without escapes.
func decode(raw []byte) string {
	if len(raw) < 2 || raw[0] != '"' {
		return string(raw)
	}
	inner := raw[1 : len(raw)-1]
	for _, c := range inner {
		if c == '\\' || c >= utf8.RuneSelf {
			return hujson.Literal(raw).String()
		}
	}
	return string(inner)
}
