package yamledit

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/portalctl/portalctl/internal/fault"
)

// checkText refuses what the parser would misreport or misplace.
func checkText(file string, src []byte) error {
	start := fault.Pos{File: file, Line: 1, Col: 1}
	if len(src) > maxSize {
		return fault.At(fault.Pos{File: file}, "the file has %d bytes; at most %d are read", len(src), maxSize).
			WithNext("Check that %s is the file you meant", file)
	}
	if bytes.HasPrefix(src, []byte("\xff\xfe")) || bytes.HasPrefix(src, []byte("\xfe\xff")) {
		return fault.At(start, "the file is encoded in UTF-16").WithNext("Save %s as UTF-8", file)
	}
	if err := fault.Conflict(file, src, false); err != nil {
		return err
	}
	for i := 0; i < len(src); {
		r, n := utf8.DecodeRune(src[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return fault.At(fault.PosAt(file, src, i), "the text is not valid UTF-8").WithNext("Save %s as UTF-8", file)
		case r < 0x20 && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			return fault.At(fault.PosAt(file, src, i), "control character U+%04X in the text", r).
				WithNext("Remove the character, or write it as an escape in double quotes")
		}
		i += n
	}
	return nil
}

// parseFault gives the parser's message a place. The parser says "line N" with
// N counted from 1 by its scanner and from 0 by its grammar.
func parseFault(file string, src []byte, err error) error {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	pos := fault.Pos{File: file}
	if rest, ok := strings.CutPrefix(msg, "line "); ok {
		if num, text, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(num); err == nil {
				msg = text
				if fromGrammar(msg) {
					n++
				}
				pos = lineStart(file, src, n)
			}
		}
	} else if rest, ok := strings.CutPrefix(msg, "unknown anchor '"); ok {
		if i := bytes.Index(src, []byte("*"+strings.TrimSuffix(rest, "' referenced"))); i >= 0 {
			pos = fault.PosAt(file, src, i)
		}
	} else if fromGrammar(msg) || strings.HasPrefix(msg, "found ") || strings.HasPrefix(msg, "mapping ") {
		pos = lineStart(file, src, 1) // the parser leaves out line 0
	}
	f := fault.At(pos, "not valid YAML: %s", msg)
	if pos.Line > 0 && tabIndent(src, pos.Line) {
		return f.WithNext("Indent line %d of %s with spaces: YAML does not allow tabs there", pos.Line, file)
	}
	return f.WithNext("Fix the syntax of %s at or just before this place", file)
}

func fromGrammar(msg string) bool {
	return strings.HasPrefix(msg, "did not find expected") && !strings.Contains(msg, "whitespace") &&
		!strings.Contains(msg, "hexdecimal") && !strings.Contains(msg, "digit") && !strings.Contains(msg, "comment")
}

// lineStart is the first character of line n that is not blank.
func lineStart(file string, src []byte, n int) fault.Pos {
	line := textLine(src, n)
	return fault.Pos{File: file, Line: n, Col: len(line) - len(bytes.TrimLeft(line, " \t")) + 1}
}

func tabIndent(src []byte, n int) bool {
	line := textLine(src, n)
	indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
	return bytes.IndexByte(indent, '\t') >= 0
}

func textLine(src []byte, n int) []byte {
	for ; n > 1; n-- {
		i := bytes.IndexByte(src, '\n')
		if i < 0 {
			return nil
		}
		src = src[i+1:]
	}
	line, _, _ := bytes.Cut(src, []byte("\n"))
	return line
}

// maxExpanded bounds the number of nodes that a reader who follows every alias
// meets, beyond ten times the nodes that are written.
const maxExpanded = 100_000

type treeCheck struct {
	doc   *Doc
	size  map[*yaml.Node]int // nodes below, aliases followed; -1 while being counted
	nodes int
}

// checkTree refuses trees that are ambiguous or that no reader could follow.
func (d *Doc) checkTree() error {
	if d.root == nil {
		return nil
	}
	c := treeCheck{doc: d, size: map[*yaml.Node]int{}}
	total, err := c.visit(d.root)
	if err != nil {
		return err
	}
	if total > maxExpanded+10*c.nodes {
		return fault.At(fault.Pos{File: d.file, Line: 1, Col: 1}, "the aliases of the file expand to more than %d values", maxExpanded).
			WithNext("Write the values out instead of nesting aliases")
	}
	return nil
}

func (c *treeCheck) visit(n *yaml.Node) (int, error) {
	if size, ok := c.size[n]; ok {
		if size < 0 {
			return 0, fault.At(c.doc.posOf(n), "anchor &%s contains itself", n.Anchor).WithNext("Remove the alias *%s inside it", n.Anchor)
		}
		return size, nil
	}
	c.size[n] = -1
	c.nodes++
	total := 1
	children := n.Content
	if n.Kind == yaml.AliasNode {
		children = []*yaml.Node{n.Alias}
	}
	if n.Kind == yaml.MappingNode {
		if err := c.keys(n); err != nil {
			return 0, err
		}
	}
	for _, child := range children {
		size, err := c.visit(child)
		if err != nil {
			return 0, err
		}
		total = min(total+size, 1<<40) // saturate: sums of doublings overflow
	}
	c.size[n] = total
	return total, nil
}

func (c *treeCheck) keys(n *yaml.Node) error {
	seen := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			return fault.At(c.doc.posOf(key), "a key must be plain text").WithNext("Write the key as text")
		}
		if first := seen[key.Value]; first != nil {
			return fault.At(c.doc.posOf(key), "key %q is given twice, first on line %d", key.Value, c.doc.posOf(first).Line).
				WithNext("Remove one of the two")
		}
		seen[key.Value] = key
		if isMerge(key) {
			if err := c.merge(n.Content[i+1]); err != nil {
				return err
			}
		}
	}
	return nil
}

// merge checks that a merge key's value is a mapping or a list of mappings.
func (c *treeCheck) merge(n *yaml.Node) error {
	v := Value{doc: c.doc, node: n}
	switch v.Kind() {
	case Mapping:
		return nil
	case Sequence:
		for _, item := range v.Items() {
			if item.Kind() != Mapping {
				return fault.At(item.Pos(), "a merge key takes mappings, not %s", item.Kind()).WithNext("Name a mapping here")
			}
		}
		return nil
	}
	return fault.At(v.Pos(), "a merge key takes a mapping, not %s", v.Kind()).WithNext("Name a mapping here")
}
