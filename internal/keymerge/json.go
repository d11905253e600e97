package keymerge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/jsonedit"
)

// JSON merges JSON files. file is ours' name, for errors; a base of nil is an empty
// object. Arrays are values as a whole.
func JSON(file string, base, ours, theirs []byte, rules Rules) (Result, error) {
	if base == nil {
		base = []byte("{}")
	}
	doc, err := jsonedit.Parse(file, ours)
	if err != nil {
		return Result{}, err
	}
	b, err := jsonedit.Parse(file, base)
	if err != nil {
		return Result{}, err
	}
	t, err := jsonedit.Parse(file, theirs)
	if err != nil {
		return Result{}, err
	}
	on, bn, tn := jsonNode(doc.Root()), jsonNode(b.Root()), jsonNode(t.Root())
	if !on.isMap || !bn.isMap || !tn.isMap {
		return Result{}, fmt.Errorf("%w: it is not an object", errUnfit)
	}
	p := &planner{rules: rules}
	p.walk(nil, bn, on, tn)
	style := styleOf(ours)
	for _, o := range p.ops {
		switch o.kind {
		case set:
			err = doc.Replace(o.path, style.of(o.to.text))
		case insert:
			err = doc.InsertAfter(o.path, style.of(o.to.text), o.after)
		case remove:
			err = doc.Remove(o.path)
		}
		if err != nil {
			return Result{}, err
		}
	}
	if err := p.proven(on, jsonNode(doc.Root())); err != nil {
		return Result{}, err
	}
	return Result{Text: doc.Bytes(), Keys: p.keys}, nil
}

func jsonNode(v jsonedit.Value) *node {
	n := &node{text: string(v.Raw()), line: v.Pos().Line}
	if v.Kind() != jsonedit.Object {
		var b bytes.Buffer
		if json.Compact(&b, v.Raw()) == nil {
			n.value = b.String()
		}
		if v.Kind() == jsonedit.String { // whatever its escapes
			n.value = string(jsonedit.Literal(v.String()))
		}
		return n
	}
	n.isMap, n.kids = true, map[string]*node{}
	for _, m := range v.Members() {
		if n.kids[m.Name] == nil {
			n.keys = append(n.keys, m.Name)
		}
		n.kids[m.Name] = jsonNode(m.Value) // the last of one name counts
		n.kids[m.Name].line = m.Pos().Line
	}
	return n
}

// style is how a file is indented, and how its lines end.
type style struct{ unit, newline string }

func styleOf(src []byte) style {
	s := style{"  ", "\n"}
	if i := bytes.IndexByte(src, '\n'); i >= 0 {
		if i > 0 && src[i-1] == '\r' {
			s.newline = "\r\n"
		}
		line := src[i+1:]
		if indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]; len(indent) > 0 {
			s.unit = string(indent)
		}
	}
	return s
}

// of is a value of a template, which indents by two spaces, in this style.
func (s style) of(text string) []byte {
	lines := strings.Split(text, "\n")
	for i := 1; i < len(lines); i++ {
		rest := strings.TrimLeft(lines[i], " ")
		lines[i] = strings.Repeat(s.unit, (len(lines[i])-len(rest))/2) + rest
	}
	return []byte(strings.Join(lines, s.newline))
}
