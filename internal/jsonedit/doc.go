// Package jsonedit reads JSON files that people write (package.json,
// backstage.json) and changes single values in them without touching any other
// byte: byte order mark, line endings, indentation, escapes, the order of
// members, duplicate names and a missing final newline stay as they are.
//
// Only strict JSON is accepted. Comments and trailing commas are errors,
// because Yarn reads these files with JSON.parse, which refuses them too.
//
// # Duplicate names
//
// JSON.parse keeps the last member of a name. So do Get and the setters: they
// read and change the last one, the one that counts. Remove takes out all
// members of the name, since an earlier one would otherwise come to life.
package jsonedit

import (
	"bytes"
	"encoding/json"
	"sort"
	"unicode/utf8"

	"github.com/tailscale/hujson"

	"github.com/portalctl/portalctl/internal/fault"
)

const bom = "\xef\xbb\xbf"

// Doc is one parsed file. Reading is safe for concurrent use, editing is not.
type Doc struct {
	prefix string // the byte order mark, or ""
	src    *source
	root   hujson.Value
}

// source is one version of the text, without byte order mark. It never
// changes, so a Value stays usable (for the version it came from) after an edit.
type source struct {
	file  string
	skip  int // length of the byte order mark before body
	body  []byte
	lines []int // offset of the first byte of each line
}

// Parse reads src, which came from file (the name is used in errors only). The
// Doc keeps src: the caller must not change it afterwards. Errors are
// *fault.Error with file, line and column; conflict markers, comments and
// trailing commas are named as such. Nesting deeper than 10,000 is refused.
func Parse(file string, src []byte) (*Doc, error) {
	body, prefix := src, ""
	if bytes.HasPrefix(src, []byte(bom)) {
		body, prefix = src[len(bom):], bom
	}
	// json.Valid is strict, does not recurse and limits the nesting; after it
	// the recursive, more lenient hujson parser cannot be led astray.
	if !json.Valid(body) {
		return nil, syntaxError(file, body)
	}
	root, err := hujson.Parse(body)
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: file}, "not valid JSON").WithNext(nextFix)
	}
	return &Doc{prefix: prefix, src: &source{file: file, skip: len(prefix), body: body, lines: fault.LineStarts(body)}, root: root}, nil
}

// Bytes is the current text, byte order mark included. The caller must not
// change it.
func (d *Doc) Bytes() []byte {
	if d.prefix == "" {
		return d.src.body
	}
	return append([]byte(d.prefix), d.src.body...)
}

// Root is the top-level value; a nil Doc, of a file of no bytes, has none.
func (d *Doc) Root() Value {
	if d == nil {
		return Value{}
	}
	return Value{d.src, &d.root}
}

// Get is the value at path: member names, or decimal indexes into arrays. No
// path at all is the root.
func (d *Doc) Get(path ...string) (Value, bool) { return d.Root().Get(path...) }

// Members lists the members of the object at path in file order, duplicates
// included; nil when there is no object.
func (d *Doc) Members(path ...string) []Member {
	v, _ := d.Get(path...)
	return v.Members()
}

// pos is fault.PosAt with the line looked up instead of counted: a file has a
// hundred dependencies, and each wants its place.
func (s *source) pos(off int) fault.Pos {
	line := sort.SearchInts(s.lines, off+1)
	start := s.lines[line-1]
	return fault.Pos{File: s.file, Line: line, Col: utf8.RuneCount(s.body[start:off]) + 1}
}
