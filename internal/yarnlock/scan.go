package yarnlock

import (
	"strings"
	"unicode/utf8"

	"github.com/portalctl/portalctl/internal/fault"
)

// maxLine bounds a line. The longest that real locks have, a key of many
// descriptors, is some 10 kB.
const maxLine = 4 << 20

// parser reads a lock line by line. Strings of the model alias src.
type parser struct {
	lock *Lock
	src  string

	// The current line, without its end and indentation.
	text   string
	indent int
	line   int // counts from 1
	start  int // offset of the line
	at     int // offset of text
	eol    int // offset past the line's end
	// prev is the offset past the last line that was taken.
	prev int
	gap  int // offset past the last entry that was added
	done bool
	// twins lets a descriptor be in several entries.
	twins bool

	// Scratch space and arenas: an entry's lists are collected in the first
	// and carved out of the second, so that a lock takes few allocations.
	depBuf  []Dep
	deps    []Dep
	keyBuf  []Descriptor
	keys    []Descriptor
	entries []Entry
}

// next moves to the next line that is neither blank nor a comment. The line
// left behind counts as taken.
func (p *parser) next() error {
	p.prev = p.eol
	for {
		p.start = p.eol
		if p.start >= len(p.src) {
			p.done, p.text, p.indent, p.at = true, "", 0, len(p.src)
			return nil
		}
		p.line++
		rest := p.src[p.start:]
		end := strings.IndexByte(rest, '\n')
		if end < 0 {
			end = len(rest)
			p.eol = len(p.src)
		} else {
			p.eol = p.start + end + 1
		}
		text := rest[:end]
		if end > 0 && text[end-1] == '\r' && p.eol > p.start+end {
			text = text[:end-1]
		}
		n := 0
		for n < len(text) && text[n] == ' ' {
			n++
		}
		p.indent, p.at, p.text = n, p.start+n, trimEnd(text[n:])
		if p.text == "" {
			if n > 0 && p.lock.Kind == Classic {
				return p.fail(p.start, "a line of spaces, where Yarn 1 stops reading").WithNext("%s", nextRewrite)
			}
			continue
		}
		if p.text[0] == '#' {
			continue
		}
		return p.checkLine()
	}
}

// checkLine refuses what no line may be.
func (p *parser) checkLine() error {
	switch {
	case p.src[p.at] == '\t':
		return p.fail(p.at, "a tab where the indentation is").WithNext("indent with spaces, as Yarn does, or %s", nextRestore)
	case len(p.text) > maxLine:
		return p.fail(p.at, "a line of %d bytes; no lockfile has one that long", len(p.text)).WithNext("%s", nextRestoreCap)
	case p.indent == 0 && fault.IsMarker(p.text):
		return p.conflict()
	}
	return nil
}

// checkText refuses what is not a text file. It runs over all of src, so it
// looks at eight bytes at a time.
func (p *parser) checkText() error {
	src := p.src
	const low, high = 0x0101010101010101, 0x8080808080808080
	for i := 0; i < len(src); {
		if i+8 <= len(src) {
			w := uint64(src[i]) | uint64(src[i+1])<<8 | uint64(src[i+2])<<16 | uint64(src[i+3])<<24 |
				uint64(src[i+4])<<32 | uint64(src[i+5])<<40 | uint64(src[i+6])<<48 | uint64(src[i+7])<<56
			// No byte below 0x20, or none but the ends of lines.
			if (w-low*0x20)&^w&high == 0 || onlyText(src[i:i+8]) {
				i += 8
				continue
			}
		}
		for end := min(i+8, len(src)); i < end; i++ {
			switch c := src[i]; {
			case c >= ' ' || c == '\n' || c == '\t':
			case c == '\r' && i+1 < len(src) && src[i+1] == '\n':
			case c == '\r':
				return p.fail(i, "a carriage return in the middle of a line").WithNext("save the file with Unix or Windows line ends, or %s", nextRestore)
			default:
				return p.fail(i, "the file is not text: it has the byte 0x%02X", c).WithNext("%s", nextRestoreCap)
			}
		}
	}
	if !utf8.ValidString(src) {
		at := 0
		for at < len(src) {
			r, n := utf8.DecodeRuneInString(src[at:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			at += n
		}
		return p.fail(at, "the file is not UTF-8 text").WithNext("save it as UTF-8, or %s", nextRestore)
	}
	return nil
}

// onlyText reports whether a few bytes have no control character but tabs and
// Unix ends of lines.
func onlyText(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' && s[i] != '\n' && s[i] != '\t' {
			return false
		}
	}
	return true
}

// trimEnd takes blanks off the end, where there are seldom any.
func trimEnd(s string) string {
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// carve takes room for what buf holds out of an arena.
func carve[T any](arena *[]T, buf []T) []T {
	n := len(buf)
	if len(*arena) < n {
		*arena = make([]T, max(n, 1024))
	}
	list := (*arena)[:n:n]
	*arena = (*arena)[n:]
	copy(list, buf)
	return list
}

func (p *parser) newEntry() *Entry {
	if len(p.entries) == 0 {
		p.entries = make([]Entry, 256)
	}
	e := &p.entries[0]
	p.entries = p.entries[1:]
	e.Line, e.start = p.line, p.start
	return e
}

// fail is an error at a byte offset of the file.
func (p *parser) fail(off int, format string, args ...any) *fault.Error {
	return fault.At(fault.PosAt(p.lock.File, []byte(p.src), off), format, args...)
}
