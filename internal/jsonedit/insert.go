package jsonedit

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tailscale/hujson"

	"github.com/portalctl/portalctl/internal/fault"
)

// InsertString adds a member with the string value s. See Insert.
func (d *Doc) InsertString(path []string, s string) error {
	return d.Insert(path, hujson.String(s))
}

// Insert adds a member at path with the JSON text raw as its value. Objects
// missing on the way are added too. The new member is written like its
// siblings (line, indentation, space after the colon). Where the siblings are
// sorted by name it goes to its place, else to the end; members of the root
// always go to the end, because package.json fields have a customary order,
// not a sorted one. A member that exists is an error.
func (d *Doc) Insert(path []string, raw []byte) error {
	if !json.Valid(raw) {
		return fault.At(fault.Pos{File: d.src.file}, "not a JSON value: %.40q", raw).WithNext(nextReport)
	}
	if len(path) == 0 {
		return fault.At(d.Root().Pos(), "the whole document cannot be inserted").WithNext(nextReport)
	}
	if v, ok := d.Get(path...); ok {
		return fault.At(v.Pos(), "%s is there already", where(path)).WithNext(nextReport)
	}
	saved := *d
	for n := 1; n <= len(path); n++ {
		if _, ok := d.Get(path[:n]...); ok {
			continue
		}
		value := []byte("{}")
		if n == len(path) {
			value = bytes.TrimSpace(raw)
		}
		if err := d.insert(path[:n], value); err != nil {
			*d = saved
			return err
		}
	}
	return nil
}

// insert adds one member to an object that exists.
func (d *Doc) insert(path []string, raw []byte) error {
	parent, _ := d.Get(path[:len(path)-1]...)
	obj, key := parent.object(), path[len(path)-1]
	if obj == nil {
		return fault.At(parent.Pos(), "%s is %s, an object expected", where(path[:len(path)-1]), parent.Kind()).
			WithNext("Correct the file at that place, then run the command again.")
	}
	member := string(hujson.String(key)) + d.colon(obj) + string(raw)
	n := len(obj.Members)
	if n == 0 {
		open, end := d.emptyStyle(path[:len(path)-1])
		text := open + member + end
		return d.splice(parent.v.StartOffset+1, parent.v.EndOffset-1, []byte(text))
	}
	sep := separator(obj)
	if i := insertAt(obj, key, len(path) == 1); i < n {
		start := obj.Members[i].Name.StartOffset
		return d.splice(start, start, []byte(member+","+sep))
	}
	end := obj.Members[n-1].Value.EndOffset
	return d.splice(end, end, []byte(","+sep+member))
}

// insertAt is the index that key takes among the members of obj.
func insertAt(obj *hujson.Object, key string, isRoot bool) int {
	at := slices.IndexFunc(obj.Members, func(m hujson.ObjectMember) bool { return name(&m) > key })
	if isRoot || at < 0 || !sorted(obj) {
		return len(obj.Members)
	}
	return at
}

// separator is what stands between two members of obj: the white space before
// the second one, or what it would be. Blank lines are not repeated.
func separator(obj *hujson.Object) string {
	if len(obj.Members) > 1 {
		return lastLine(obj.Members[1].Name.BeforeExtra)
	}
	only := obj.Members[0]
	if bytes.IndexByte(only.Name.BeforeExtra, '\n') >= 0 {
		return lastLine(only.Name.BeforeExtra)
	}
	if len(only.Value.BeforeExtra) > 0 {
		return " "
	}
	return ""
}

// lastLine is the last line break of ws and what follows it; all of ws when it
// has none.
func lastLine(ws []byte) string {
	i := bytes.LastIndexByte(ws, '\n')
	if i < 0 {
		return string(ws)
	}
	if i > 0 && ws[i-1] == '\r' {
		i--
	}
	return string(ws[i:])
}

// colon is the text between name and value, as the neighbours have it.
func (d *Doc) colon(obj *hujson.Object) string {
	if len(obj.Members) == 0 {
		obj = d.Root().object()
	}
	if obj == nil || len(obj.Members) == 0 {
		return ": "
	}
	m := obj.Members[len(obj.Members)-1]
	text := string(m.Name.AfterExtra) + ":" + string(m.Value.BeforeExtra)
	if strings.Contains(text, "\n") {
		return ": "
	}
	return text
}

// emptyStyle is what to write after the opening and before the closing brace
// when the empty object at path gets its first member.
func (d *Doc) emptyStyle(path []string) (open, end string) {
	root := d.Root().object()
	if len(path) == 0 {
		newline := "\n"
		if bytes.Contains(d.src.body, []byte("\r\n")) {
			newline = "\r\n"
		}
		return newline + "  ", newline
	}
	// The line that holds the object gives line break and indentation.
	parent, step, ok := d.memberOf(path)
	if !ok {
		return "", ""
	}
	line := lastLine(parent.object().Members[parent.index(step)].Name.BeforeExtra)
	if !strings.Contains(line, "\n") {
		return "", ""
	}
	unit := strings.TrimLeft(lastLine(root.Members[0].Name.BeforeExtra), "\r\n")
	return line + unit, line
}

// memberOf is the object that holds the member at path, and the member's name.
func (d *Doc) memberOf(path []string) (parent Value, name string, ok bool) {
	if len(path) == 0 {
		return Value{}, "", false
	}
	parent, ok = d.Get(path[:len(path)-1]...)
	return parent, path[len(path)-1], ok && parent.object() != nil
}

// InsertAfter is Insert with a place: behind the first of siblings that the object
// has. Where its members are sorted by name, and in a dependency section they mostly
// are, the order has precedence.
func (d *Doc) InsertAfter(path []string, raw []byte, siblings []string) error {
	parent, ok := d.Get(path[:len(path)-1]...)
	if _, exists := d.Get(path...); !ok || exists || !json.Valid(raw) || parent.object() == nil {
		return d.Insert(path, raw)
	}
	obj := parent.object()
	if len(path) > 1 && sorted(obj) {
		return d.Insert(path, raw)
	}
	for _, s := range siblings {
		i := parent.index(s)
		if i < 0 {
			continue
		}
		member := string(hujson.String(path[len(path)-1])) + d.colon(obj) + string(bytes.TrimSpace(raw))
		end := obj.Members[i].Value.EndOffset
		return d.splice(end, end, []byte(","+separator(obj)+member))
	}
	return d.Insert(path, raw)
}

func sorted(obj *hujson.Object) bool {
	return slices.IsSortedFunc(obj.Members, func(a, b hujson.ObjectMember) int { return strings.Compare(name(&a), name(&b)) })
}
