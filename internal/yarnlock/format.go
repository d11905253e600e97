package yarnlock

import (
	"strings"
	"unsafe"
)

// Format is the lock as text. Entries that nobody touched, and everything
// between them, come out as they were read; the rest as Yarn prints it. An
// unchanged lock is byte-identical to what was parsed, and is that very text:
// nobody may change it.
func (l *Lock) Format() []byte {
	if !l.Changed() {
		return l.Original()
	}
	if l.unsorted {
		l.sort()
	}
	b := make([]byte, 0, len(l.src)+len(l.src)/16+1024)
	b = append(b, l.header...)
	if l.wasEmpty && len(l.Entries) > 0 && l.header != "\ufeff" {
		b = l.endLine(b)
	}
	for i, e := range l.Entries {
		b = l.appendGap(b, i, e)
		if !e.dirty {
			b = append(b, l.src[e.start:e.end]...)
			if i < len(l.Entries)-1 {
				b = l.endLine(b)
			}
			continue
		}
		from := len(b)
		b = l.Kind.appendEntry(b, e)
		b = l.setLineEnds(b, from)
	}
	switch empty := len(l.Entries) == 0; {
	case empty && !l.wasEmpty && l.Kind == Classic:
		b = append(b, l.firstGap...)
	case !empty && l.wasEmpty && strings.Trim(l.tail, " \r\n") == "":
		return b // the blank lines of firstGap
	}
	return append(b, l.tail...)
}

// Original is the text that was parsed, whatever was changed since. Nobody may
// change it.
func (l *Lock) Original() []byte {
	if l.src == "" {
		return []byte{}
	}
	return unsafe.Slice(unsafe.StringData(l.src), len(l.src))
}

// Changed reports whether Format differs from what was parsed, or may: an
// entry that was touched counts.
func (l *Lock) Changed() bool {
	if l.changed {
		return true
	}
	for _, e := range l.Entries {
		if e.dirty {
			return true
		}
	}
	return false
}

// appendGap prints what separates entry i from what comes before. Comments
// move with the entry below them.
func (l *Lock) appendGap(b []byte, i int, e *Entry) []byte {
	if i > 0 {
		if e.gap == "" {
			return append(b, l.eol...)
		}
		return append(b, e.gap...)
	}
	b = append(b, l.firstGap...)
	if j := strings.IndexByte(e.gap, '#'); j >= 0 {
		b = append(b, e.gap[j:]...)
	}
	return b
}

// endLine ends a last line that has no end.
func (l *Lock) endLine(b []byte) []byte {
	if len(b) == 0 || b[len(b)-1] == '\n' {
		return b
	}
	return append(b, l.eol...)
}

// setLineEnds gives the text from b[from:] on the line ends of the file.
func (l *Lock) setLineEnds(b []byte, from int) []byte {
	if l.eol == "\n" {
		return b
	}
	text := strings.ReplaceAll(string(b[from:]), "\r\n", "\n")
	return append(b[:from], strings.ReplaceAll(text, "\n", l.eol)...)
}
