package jsonedit

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/tailscale/hujson"
)

const nextReport = "This is a defect of portalctl: please report it with the file."

// SetString makes the existing value at path the string s. Only that literal
// changes; nothing does when it already reads as s, whatever its escapes.
func (d *Doc) SetString(path []string, s string) error {
	v, err := d.find(path)
	if err != nil {
		return err
	}
	if v.Kind() == String && v.String() == s {
		return nil
	}
	return d.splice(v.v.StartOffset, v.v.EndOffset, hujson.String(s))
}

// Replace makes the existing value at path the JSON text raw.
func (d *Doc) Replace(path []string, raw []byte) error {
	v, err := d.find(path)
	if err != nil {
		return err
	}
	if !json.Valid(raw) {
		return fault.At(v.Pos(), "not a JSON value: %.40q", raw).WithNext(nextReport)
	}
	return d.splice(v.v.StartOffset, v.v.EndOffset, bytes.TrimSpace(raw))
}

// Literal is s as a JSON string, in the way that SetString writes it.
func Literal(s string) []byte { return hujson.String(s) }

// Remove takes the value at path out, with its comma and its line. All members
// of the name go. Removing what is not there is an error.
func (d *Doc) Remove(path []string) error {
	if len(path) == 0 {
		return fault.At(d.Root().Pos(), "the whole document cannot be removed").WithNext(nextReport)
	}
	if _, err := d.find(path); err != nil {
		return err
	}
	saved := *d
	for {
		parent, ok := d.Get(path[:len(path)-1]...)
		if !ok {
			return nil
		}
		i := parent.index(path[len(path)-1])
		if i < 0 {
			return nil
		}
		start, end := removal(parent, i)
		if err := d.splice(start, end, nil); err != nil {
			*d = saved
			return err
		}
		if parent.object() == nil {
			return nil // the next element of an array has moved to index i
		}
	}
}

// removal is the range of bytes to cut for child i of parent.
func removal(parent Value, i int) (start, end int) {
	n, last := childCount(parent), 0
	first, end := childRange(parent, i)
	switch {
	case n == 1: // leave {} or []
		return parent.v.StartOffset + 1, parent.v.EndOffset - 1
	case i == n-1: // the comma before goes, what stands before the brace stays
		_, last = childRange(parent, i-1)
		return last, end
	default: // the next one takes the place
		next, _ := childRange(parent, i+1)
		return first, next
	}
}

func childCount(parent Value) int {
	if obj := parent.object(); obj != nil {
		return len(obj.Members)
	}
	return len(parent.array().Elements)
}

func childRange(parent Value, i int) (start, end int) {
	if obj := parent.object(); obj != nil {
		return obj.Members[i].Name.StartOffset, obj.Members[i].Value.EndOffset
	}
	e := parent.array().Elements[i]
	return e.StartOffset, e.EndOffset
}

// find is Get with an error for what is not there.
func (d *Doc) find(path []string) (Value, error) {
	v, ok := d.Get(path...)
	if !ok {
		return v, fault.At(fault.Pos{File: d.src.file}, "there is no %s", where(path)).WithNext(nextReport)
	}
	return v, nil
}

// splice replaces body[start:end] and parses again, which keeps offsets true
// and proves that the result is still JSON. Files are small and edits few.
func (d *Doc) splice(start, end int, text []byte) error {
	old := d.src.body
	body := make([]byte, 0, len(old)-(end-start)+len(text))
	return d.replace(append(append(append(body, old[:start]...), text...), old[end:]...), start)
}

// replace takes body for the text, whose first change is at byte start.
func (d *Doc) replace(body []byte, start int) error {
	next, err := Parse(d.src.file, body)
	if err != nil {
		return fault.Wrap(err, d.src.pos(start), "an edit would break the file").WithNext(nextReport)
	}
	next.src.skip = d.src.skip
	d.src, d.root = next.src, next.root
	return nil
}

func where(path []string) string {
	if len(path) == 0 {
		return "document"
	}
	return `"` + strings.Join(path, `" > "`) + `"`
}
