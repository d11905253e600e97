// Package json5 reads JSON as configurations of tools have it: with comments, trailing
// commas, names without quotes and strings in single ones (https://spec.json5.org); JSON
// itself is part of it. It adds to such a text and changes no byte that is there.
package json5

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/portalctl/portalctl/internal/fault"
)

// Kind is the type of a value.
type Kind byte

// The kinds of values.
const (
	nullKind Kind = iota
	Bool
	numberKind
	stringKind
	objectKind
	arrayKind
)

// Member is a member of an object.
type Member struct {
	Name  string
	Start int // of the name, in bytes
	Value *Value
}

// Value is a value with its place in the text.
type Value struct {
	Kind Kind
	// Start and End are where it stands, in bytes.
	Start, End int
	// Text is a string's text, of another scalar what is written.
	Text     string
	Members  []Member
	Elements []*Value
	// comma is the end of a comma behind the last member or element, 0 for none.
	comma int
}

// maxDepth is how deep values may lie in each other.
const maxDepth = 200

// Parse reads src, which came from file. A *fault.Error says where it is no JSON5.
func Parse(file string, src []byte) (*Value, error) {
	p := &parser{file: file, src: src}
	p.at = len(src) - len(strings.TrimPrefix(string(src), "\ufeff"))
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if err := p.space(); err != nil {
		return nil, err
	}
	if p.at < len(src) {
		return nil, p.fail("there is something behind the value")
	}
	return v, nil
}

// Get is the value at a path of names; of several members of one name the last. nil is none.
func (v *Value) Get(path ...string) *Value {
	for _, name := range path {
		var found *Value
		if v != nil {
			for _, m := range v.Members {
				if m.Name == name {
					found = m.Value
				}
			}
		}
		v = found
	}
	return v
}

// equal reports whether two values mean the same, wherever they stand.
func (v *Value) equal(w *Value) bool {
	return v.Kind == w.Kind && v.Text == w.Text && slices.EqualFunc(v.Elements, w.Elements, (*Value).equal) &&
		slices.EqualFunc(v.Members, w.Members, func(a, b Member) bool { return a.Name == b.Name && a.Value.equal(b.Value) })
}

type parser struct {
	file string
	src  []byte
	at   int
}

func (p *parser) fail(format string, args ...any) error {
	return fault.At(fault.PosAt(p.file, p.src, p.at), format, args...).WithNext("Correct the file at that place")
}

func (p *parser) has(text string) bool {
	return strings.HasPrefix(string(p.src[p.at:min(p.at+len(text), len(p.src))]), text)
}

// space passes over white space and comments.
func (p *parser) space() error {
	for p.at < len(p.src) {
		r, size := utf8.DecodeRune(p.src[p.at:])
		switch {
		case unicode.IsSpace(r) || r == '\ufeff':
			p.at += size
		case p.has("//"):
			for p.at < len(p.src) && p.src[p.at] != '\n' {
				p.at++
			}
		case p.has("/*"):
			end := strings.Index(string(p.src[p.at+2:]), "*/")
			if end < 0 {
				return p.fail("the comment has no end")
			}
			p.at += end + 4
		default:
			return nil
		}
	}
	return nil
}

func (p *parser) value(depth int) (*Value, error) {
	if err := p.space(); err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, p.fail("values lie in each other more than %d deep", maxDepth)
	}
	if p.at == len(p.src) {
		return nil, p.fail("a value is missing")
	}
	v := &Value{Start: p.at}
	var err error
	switch c := p.src[p.at]; c {
	case '{', '[':
		err = p.list(v, depth)
	case '"', '\'':
		v.Kind = stringKind
		v.Text, err = p.text()
	default:
		v.Text = p.word()
		v.Kind = kindOf(v.Text)
		if v.Text == "" || v.Kind == stringKind {
			p.at = v.Start
			err = p.fail("there is no value")
		}
	}
	v.End = p.at
	return v, err
}

// list reads the members of an object, or the elements of an array.
func (p *parser) list(v *Value, depth int) error {
	v.Kind = arrayKind
	closing := byte(']')
	if p.src[p.at] == '{' {
		v.Kind, closing = objectKind, '}'
	}
	for p.at++; ; {
		if err := p.space(); err != nil {
			return err
		}
		if p.at < len(p.src) && p.src[p.at] == closing {
			p.at++
			return nil
		}
		if len(v.Members)+len(v.Elements) > 0 && v.comma == 0 {
			return p.fail("a comma or %c is missing", closing)
		}
		v.comma = 0
		m := Member{Start: p.at}
		if v.Kind == objectKind {
			if err := p.name(&m); err != nil {
				return err
			}
		}
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		if m.Value = item; v.Kind == objectKind {
			v.Members = append(v.Members, m)
		} else {
			v.Elements = append(v.Elements, item)
		}
		if err := p.space(); err != nil {
			return err
		}
		if p.has(",") {
			p.at++
			v.comma = p.at
		}
	}
}

func (p *parser) name(m *Member) (err error) {
	switch {
	case p.at < len(p.src) && (p.src[p.at] == '"' || p.src[p.at] == '\''):
		m.Name, err = p.text()
	default:
		if m.Name = p.word(); m.Name == "" {
			err = p.fail("the name of a member is missing")
		}
	}
	if err != nil {
		return err
	}
	if err := p.space(); err != nil {
		return err
	}
	if !p.has(":") {
		return p.fail("a colon is missing")
	}
	p.at++
	return nil
}

// word is a name without quotes, a number or a literal.
func (p *parser) word() string {
	start := p.at
	for p.at < len(p.src) {
		r, size := utf8.DecodeRune(p.src[p.at:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("$_.+-", r) {
			break
		}
		p.at += size
	}
	return string(p.src[start:p.at])
}

// kindOf is the kind of a literal; stringKind for a word that is none.
func kindOf(word string) Kind {
	switch number := strings.TrimLeft(word, "+-"); {
	case word == "null":
		return nullKind
	case word == "true" || word == "false":
		return Bool
	case number == "Infinity" || number == "NaN":
		return numberKind
	default:
		if _, err := strconv.ParseFloat(number, 64); err == nil {
			return numberKind
		}
		if _, err := strconv.ParseUint(number, 0, 64); err == nil {
			return numberKind
		}
	}
	return stringKind
}

// text is a string in either quotes.
func (p *parser) text() (string, error) {
	quote := p.src[p.at]
	var b strings.Builder
	for p.at++; p.at < len(p.src); {
		c := p.src[p.at]
		switch {
		case c == quote:
			p.at++
			return b.String(), nil
		case c == '\n':
			return "", p.fail("the string has no end")
		case c != '\\':
			b.WriteByte(c)
			p.at++
		default:
			p.at++
			if p.at == len(p.src) {
				return "", p.fail("the string has no end")
			}
			if err := p.escape(&b); err != nil {
				return "", err
			}
		}
	}
	return "", p.fail("the string has no end")
}

// escape is what stands behind a backslash.
func (p *parser) escape(b *strings.Builder) error {
	c := p.src[p.at]
	p.at++
	digits := map[byte]int{'u': 4, 'x': 2}[c]
	switch {
	case digits > 0:
		if p.at+digits > len(p.src) {
			return p.fail("the escape has no end")
		}
		n, err := strconv.ParseUint(string(p.src[p.at:p.at+digits]), 16, 32)
		if err != nil {
			return p.fail("the escape is no number")
		}
		p.at += digits
		b.WriteRune(rune(n)) // half of a pair is U+FFFD: what such a text means is not asked
	case c == '\r':
		if p.has("\n") {
			p.at++
		}
	case c == '\n': // the line goes on
	default:
		if at := strings.IndexByte("bfnrtv0", c); at >= 0 {
			c = "\b\f\n\r\t\v\x00"[at]
		}
		b.WriteByte(c)
	}
	return nil
}
