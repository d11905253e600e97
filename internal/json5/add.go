package json5

import (
	"bytes"
	"errors"
	"strings"
)

// errUnfit: the text cannot be added to without changing what is there.
var errUnfit = errors.New("it is not an object that can be added to")

// Append adds an element to the array at path, and the array where there is none. The
// element is JSON, its lines indented by two blanks a level from none. It is written like
// its siblings, and no byte that is there changes. file is used in errors only.
func Append(file string, src []byte, path []string, element string) ([]byte, error) {
	root, err := Parse(file, src)
	if err != nil {
		return nil, err
	}
	parent := root.Get(path[:len(path)-1]...)
	name := path[len(path)-1]
	if parent == nil || parent.Kind != objectKind {
		return nil, errUnfit
	}
	e := editor{src: src, unit: unitOf(src, root)}
	var out []byte
	switch list := parent.Get(name); {
	case list == nil:
		array := "[\n  " + strings.ReplaceAll(element, "\n", "\n  ") + "\n]"
		out = e.add(parent, `"`+name+`": `+array)
	case list.Kind != arrayKind:
		return nil, errUnfit
	default:
		out = e.add(list, element)
	}
	after, err := Parse(file, out)
	if err != nil {
		return nil, err
	}
	// What was there means what it did.
	list := after.Get(path...)
	list.Elements = list.Elements[:len(list.Elements)-1]
	if root.Get(path...) == nil {
		p := after.Get(path[:len(path)-1]...)
		p.Members = p.Members[:len(p.Members)-1]
	}
	if !after.equal(root) {
		return nil, errUnfit
	}
	return out, nil
}

type editor struct {
	src  []byte
	unit string // one level of indentation
}

// add puts an item behind the last one of an object or an array.
func (e editor) add(to *Value, item string) []byte {
	first, last := -1, 0
	switch {
	case len(to.Members) > 0:
		first, last = to.Members[0].Start, to.Members[len(to.Members)-1].Value.End
	case len(to.Elements) > 0:
		first, last = to.Elements[0].Start, to.Elements[len(to.Elements)-1].End
	}
	outer := e.indent(to.Start)
	if first < 0 { // it is opened up
		inner := outer + e.unit
		text := "\n" + inner + e.lines(item, inner)
		if len(bytes.TrimSpace(e.src[to.Start+1:to.End-1])) == 0 {
			return e.splice(to.Start+1, to.End-1, text+"\n"+outer)
		}
		return e.splice(to.Start+1, to.Start+1, text)
	}
	separator := " "
	if lead := e.src[to.Start+1 : first]; bytes.ContainsRune(lead, '\n') {
		inner := e.indent(first)
		separator = "\n" + inner
		item = e.lines(item, inner)
	} else {
		item = e.lines(item, outer)
	}
	if to.comma > 0 {
		at := e.behindComment(to.comma)
		return e.splice(at, at, separator+item+",")
	}
	at := e.behindComment(last)
	if at == last {
		return e.splice(last, last, ","+separator+item)
	}
	out := e.splice(at, at, separator+item)
	return append(append(bytes.Clone(out[:last]), ','), out[last:]...)
}

// behindComment is the end of a line whose rest, from at, is one comment; else at.
func (e editor) behindComment(at int) int {
	line, _, _ := bytes.Cut(e.src[at:], []byte("\n"))
	rest := bytes.TrimRight(line, "\r")
	if bytes.HasPrefix(bytes.TrimLeft(rest, " \t"), []byte("//")) {
		return at + len(rest)
	}
	return at
}

// indent is the white space that a line begins with.
func (e editor) indent(at int) string {
	line := e.src[bytes.LastIndexByte(e.src[:at], '\n')+1:]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// lines are an item's lines, indented like its siblings.
func (e editor) lines(item, indent string) string {
	var b strings.Builder
	for i, l := range strings.Split(item, "\n") {
		rest := strings.TrimLeft(l, " ")
		if i > 0 {
			b.WriteString("\n" + indent + strings.Repeat(e.unit, (len(l)-len(rest))/2))
		}
		b.WriteString(rest)
	}
	return b.String()
}

// splice puts a text in place of bytes, in the line ends of the file.
func (e editor) splice(from, to int, text string) []byte {
	if bytes.Contains(e.src, []byte("\r\n")) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	out := append(bytes.Clone(e.src[:from]), text...)
	return append(out, e.src[to:]...)
}

// unitOf is one level of a file's indentation: that of its first member.
func unitOf(src []byte, root *Value) string {
	if len(root.Members) > 0 {
		e := editor{src: src}
		if unit := e.indent(root.Members[0].Start); unit != "" && unit != e.indent(root.Start) {
			return unit
		}
	}
	return "  "
}
