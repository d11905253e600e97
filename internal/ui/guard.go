package ui

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Guard writes text for a terminal or the log of a CI system to w. Names,
// addresses, advisories and answers of servers come from people who may mean
// harm, so that nothing in them is passed on that a terminal would obey (escape
// sequences, C1, a lone carriage return), that reorders or hides what a person
// reads (bidi and zero-width controls), that is not UTF-8, or that a CI system
// takes for a command (::add-mask:: or ##vso[ at the start of a line). Such
// characters are shown as \u escapes, which leave a JSON text what it is.
//
// With color, the sequences that [Style] writes pass.
func Guard(w io.Writer, color bool) io.Writer { return &guard{w: w, color: color, start: true} }

// Commands is w for a report whose lines are commands of a CI system.
func Commands(w io.Writer) io.Writer {
	if g, ok := w.(*guard); ok {
		return &guard{w: g.w, color: g.color, start: true, commands: true}
	}
	return w
}

// Guarded is s with a Guard around both of its outputs.
func (s *Streams) Guarded() *Streams {
	out := *s
	out.Out, out.Err = Guard(s.Out, s.OutColor), Guard(s.Err, s.ErrColor)
	return &out
}

// unguarded is for a progress line, which moves the cursor and has no text but
// portalctl's own.
func unguarded(w io.Writer) io.Writer {
	if g, ok := w.(*guard); ok {
		return g.w
	}
	return w
}

type guard struct {
	w               io.Writer
	color, commands bool

	mu    sync.Mutex
	start bool // nothing but white space so far on this line
	colon bool // a colon is the first character of this line
}

func (g *guard) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, err := g.w.Write(g.shown(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// shown is p as it may be written. A sequence of bytes that is cut in two by
// the end of p is shown as what it is not: writers of text do not do that.
func (g *guard) shown(p []byte) []byte {
	var b bytes.Buffer
	b.Grow(len(p))
	for i := 0; i < len(p); {
		if n := g.plain(p[i:]); n > 0 {
			b.Write(p[i : i+n])
			i += n
			continue
		}
		r, size := utf8.DecodeRune(p[i:])
		wasColon := g.colon
		g.colon = false
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\ufffd`)
			g.start = false
		case r == '\n':
			b.WriteByte('\n')
			g.start = true
		case r == '\r' && i+1 < len(p) && p[i+1] == '\n':
			b.WriteByte('\r')
		case r == '\x1b' && g.color && styled(p[i:]) > 0:
			size = styled(p[i:])
			b.Write(p[i : i+size])
		case hidden(r):
			escape(&b, r)
			g.start = false
		case r == ':' && !g.commands && g.start:
			b.WriteByte(':')
			g.start, g.colon = false, true
		case r == ':' && wasColon:
			escape(&b, r)
		case r == '#' && !g.commands && command(p[i:]):
			b.WriteString(`#\u0023`)
			size = 2
			g.start = false
		default:
			b.Write(p[i : i+size])
			g.start = g.start && (unicode.IsSpace(r) || r == '\ufeff')
		}
		i += size
	}
	return b.Bytes()
}

// plain is how many bytes at the start of p are sure to mean nothing but
// themselves: ASCII within a line, which is most of every report.
func (g *guard) plain(p []byte) int {
	if g.start || g.colon {
		return 0
	}
	n := 0
	for n < len(p) && p[n] >= ' ' && p[n] <= '~' && p[n] != '#' {
		n++
	}
	return n
}

func escape(b *bytes.Buffer, r rune) {
	if r > 0xffff {
		r -= 0x10000
		fmt.Fprintf(b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		return
	}
	fmt.Fprintf(b, `\u%04x`, r)
}

// hidden: what is not a visible character. Joiners are part of words and emoji.
func hidden(r rune) bool {
	switch {
	case r == '\t' || r == '\u200c' || r == '\u200d' || r == '\u00ad' || r == '\ufeff':
		return false
	case unicode.IsControl(r), r == '\u2028', r == '\u2029':
		return true
	}
	return unicode.Is(unicode.Cf, r)
}

// styled is the length of the sequence that a Style writes at the start of p:
// bold, faint, a colour, and their end. Not, for example, "concealed".
func styled(p []byte) int {
	text, ok := bytes.CutPrefix(p, []byte("\x1b["))
	if !ok {
		return 0
	}
	end := bytes.IndexByte(text, 'm')
	if end < 0 || end > 8 {
		return 0
	}
	for _, code := range strings.Split(string(text[:end]), ";") {
		switch code {
		case "", "0", "1", "2", "22", "31", "32", "33", "39", "91", "92", "93":
		default:
			return 0
		}
	}
	return len("\x1b[") + end + 1
}

// command: ##[group] and ##vso[…] of Azure Pipelines, ##teamcity[…].
func command(p []byte) bool {
	text, ok := bytes.CutPrefix(p, []byte("##"))
	if !ok {
		return false
	}
	name := bytes.TrimLeft(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	return len(name) > 0 && name[0] == '['
}
