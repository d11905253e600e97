// Package yamledit reads a YAML file and changes single values in it without
// touching any other byte: quotes, comments, order, indentation, line ends and
// a byte order mark stay as the author left them. The text is parsed with
// go.yaml.in/yaml/v3; an edit is a splice of bytes, and its result is parsed
// again and compared before it is accepted, so an edit that would change
// anything else fails instead.
package yamledit

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/portalctl/portalctl/internal/fault"
)

// maxSize bounds what is parsed. The files meant here are configuration and
// the parser keeps about a hundred bytes a byte.
const maxSize = 16 << 20

// Doc is one YAML document with its text. The zero Doc is not usable.
type Doc struct {
	file string
	lay  layout
	root *yaml.Node // nil for a file without content
}

// Parse reads src, which holds one YAML document or none. file is used in
// positions only. A *fault.Error says where text is not YAML, or is YAML that
// is refused: conflict markers, several documents, duplicate keys, keys that
// are not plain text, aliases that contain themselves or expand without bound.
func Parse(file string, src []byte) (*Doc, error) {
	if err := checkText(file, src); err != nil {
		return nil, err
	}
	root, err := load(file, src)
	if err != nil {
		return nil, err
	}
	d := &Doc{file: file, lay: newLayout(src), root: root}
	if err := d.checkTree(); err != nil {
		return nil, err
	}
	return d, nil
}

// load turns src into a node tree. The parser reports some mistakes by panic.
func load(file string, src []byte) (root *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			root, err = nil, parseFault(file, src, fmt.Errorf("%v", r))
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var first, second yaml.Node
	if err := dec.Decode(&first); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, parseFault(file, src, err)
	}
	switch err := dec.Decode(&second); {
	case err == nil:
		pos := fault.Pos{File: file, Line: second.Line, Col: second.Column}
		return nil, fault.At(pos, "the file holds more than one YAML document").
			WithNext("Keep one document in %s and remove the --- line", file)
	case !errors.Is(err, io.EOF):
		return nil, parseFault(file, src, err)
	}
	if first.Kind != yaml.DocumentNode || len(first.Content) != 1 {
		return nil, fault.At(fault.Pos{File: file, Line: 1, Col: 1}, "the file is not a YAML document")
	}
	return first.Content[0], nil
}

// Bytes is the text with all edits. The caller must not change it.
func (d *Doc) Bytes() []byte { return d.lay.src }

// Root is the whole document. A file without content is Null.
func (d *Doc) Root() Value { return Value{doc: d, node: d.root} }

// Get is the value at path: keys of mappings, and decimal indices of
// sequences. Aliases and merge keys are followed.
func (d *Doc) Get(path ...string) (Value, bool) { return d.Root().Get(path...) }

// Members are the members of the mapping at path, in the order of the file;
// none if there is no mapping.
func (d *Doc) Members(path ...string) []Member {
	v, _ := d.Get(path...)
	return v.Members()
}

// Items are the items of the sequence at path; none if there is no sequence.
func (d *Doc) Items(path ...string) []Value {
	v, _ := d.Get(path...)
	return v.Items()
}
