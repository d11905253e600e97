package yamledit

import (
	"bytes"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/portalctl/portalctl/internal/fault"
)

// layout relates the parser's marks (line and column, both from 1, columns in
// characters) to bytes, and finds where nodes end, which the parser forgets.
type layout struct {
	src   []byte
	lines []int // offset of each line's first byte, after a byte order mark
	odd   bool  // has line ends that editors do not count as such
}

const bom = "\ufeff"

func newLayout(src []byte) layout {
	l := layout{src: src}
	i := 0
	if bytes.HasPrefix(src, []byte(bom)) {
		i = len(bom)
	}
	l.lines = append(l.lines, i)
	for i < len(src) {
		n := breakAt(src, i)
		if n == 0 {
			i++
			continue
		}
		if src[i+n-1] != '\n' {
			l.odd = true
		}
		i += n
		l.lines = append(l.lines, i)
	}
	return l
}

// breakAt is the length of the line end at src[i], zero if there is none. YAML
// 1.1, which the parser follows, also ends lines at NEL, LS and PS.
func breakAt(src []byte, i int) int {
	switch src[i] {
	case '\n':
		return 1
	case '\r':
		if i+1 < len(src) && src[i+1] == '\n' {
			return 2
		}
		return 1
	case 0xc2:
		if i+1 < len(src) && src[i+1] == 0x85 {
			return 2
		}
	case 0xe2:
		if i+2 < len(src) && src[i+1] == 0x80 && (src[i+2] == 0xa8 || src[i+2] == 0xa9) {
			return 3
		}
	}
	return 0
}

// offset is the byte at the parser's mark, or -1 for a mark outside the text.
func (l layout) offset(line, col int) int {
	if line < 1 || line > len(l.lines) {
		return -1
	}
	i := l.lines[line-1]
	for ; col > 1; col-- {
		if i >= len(l.src) {
			return -1
		}
		_, n := utf8.DecodeRune(l.src[i:])
		i += n
	}
	return i
}

func (d *Doc) posOf(n *yaml.Node) fault.Pos {
	if d.lay.odd {
		if off := d.lay.offset(n.Line, n.Column); off >= 0 {
			return fault.PosAt(d.file, d.lay.src, off)
		}
	}
	return fault.Pos{File: d.file, Line: n.Line, Col: n.Column}
}

// span is where a node's text starts and ends, without its anchor and tag.
// It is false for what cannot be told for certain.
func (l layout) span(n *yaml.Node) (start, end int, ok bool) {
	start = l.offset(n.Line, n.Column)
	if start < 0 {
		return 0, 0, false
	}
	if n.Kind == yaml.AliasNode {
		end = start + 1 + len(n.Value)
		return start, end, end <= len(l.src) && l.src[start] == '*'
	}
	if start = l.skipProps(start); start < 0 {
		return 0, 0, false
	}
	switch n.Kind {
	case yaml.ScalarNode:
		end = l.scalarEnd(n, start)
	case yaml.SequenceNode, yaml.MappingNode:
		end = l.collectionEnd(n, start)
	}
	return start, end, end >= start
}

// skipProps steps over an anchor and a tag that stand before the text.
func (l layout) skipProps(i int) int {
	for i < len(l.src) && (l.src[i] == '&' || l.src[i] == '!') {
		for i < len(l.src) && !l.blank(i) {
			i++
		}
		for i < len(l.src) && (l.src[i] == ' ' || l.src[i] == '\t') {
			i++
		}
		if i < len(l.src) && (l.src[i] == '#' || breakAt(l.src, i) > 0) {
			return -1 // the text follows on another line, or is empty
		}
	}
	return i
}

func (l layout) blank(i int) bool {
	return l.src[i] == ' ' || l.src[i] == '\t' || breakAt(l.src, i) > 0
}

const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

// scalarEnd is the end of the scalar whose text starts at i, or -1.
func (l layout) scalarEnd(n *yaml.Node, i int) int {
	switch n.Style & quoted {
	case yaml.DoubleQuotedStyle:
		return l.quoteEnd(i, '"')
	case yaml.SingleQuotedStyle:
		return l.quoteEnd(i, '\'')
	case 0:
		return l.plainEnd(n.Value, i)
	}
	return -1 // block scalars end where their indentation does: not needed here
}

func (l layout) quoteEnd(i int, q byte) int {
	if i >= len(l.src) || l.src[i] != q {
		return -1
	}
	for i++; i < len(l.src); i++ {
		switch {
		case l.src[i] == '\\' && q == '"':
			i++
		case l.src[i] == q && q == '\'' && i+1 < len(l.src) && l.src[i+1] == q:
			i++
		case l.src[i] == q:
			return i + 1
		}
	}
	return -1
}

// plainEnd walks the text and its value side by side: a plain scalar has no
// escapes, but its line ends are folded away.
func (l layout) plainEnd(value string, i int) int {
	for j := 0; j < len(value); {
		switch {
		case i >= len(l.src):
			return -1
		case l.src[i] == value[j]:
			i++
			j++
		case l.blank(i):
			i += max(1, breakAt(l.src, i))
		case value[j] == ' ' || value[j] == '\n':
			j++
		default:
			return -1
		}
	}
	return i
}

// collectionEnd is the end of the last child, or the closing bracket.
func (l layout) collectionEnd(n *yaml.Node, i int) int {
	end := i
	if len(n.Content) > 0 {
		_, childEnd, ok := l.span(n.Content[len(n.Content)-1])
		if !ok {
			return -1
		}
		end = childEnd
	}
	if n.Style&yaml.FlowStyle == 0 {
		return end
	}
	if i >= len(l.src) {
		return -1
	}
	var closing byte
	switch l.src[i] {
	case '[':
		closing = ']'
	case '{':
		closing = '}'
	default:
		return end // [a: b] holds a mapping without braces
	}
	if len(n.Content) == 0 {
		end = i + 1
	}
	for end < len(l.src) {
		switch c := l.src[end]; {
		case c == closing:
			return end + 1
		case c == ',' || l.blank(end):
			end += max(1, breakAt(l.src, end))
		case c == '#':
			for end < len(l.src) && breakAt(l.src, end) == 0 {
				end++
			}
		default:
			return -1
		}
	}
	return -1
}
