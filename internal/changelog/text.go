package changelog

import (
	"strings"

	"github.com/portalctl/portalctl/internal/pattern"
)

// Code is what a text quotes as code.
type Code struct {
	// Spans are the inline ones in their order, Blocks those of code blocks.
	Spans, Blocks []string
}

// CodeOf finds the code that a Markdown text quotes.
func CodeOf(text string) Code {
	var c Code
	walk(text, func(piece string, kind pieceKind) {
		switch kind {
		case inline:
			c.Spans = append(c.Spans, piece)
		case block:
			c.Blocks = append(c.Blocks, piece)
		}
	})
	return c
}

// withoutCode is a text with a space for each piece of code.
func withoutCode(text string) string {
	var b strings.Builder
	walk(text, func(piece string, kind pieceKind) {
		if kind == prose {
			b.WriteString(piece)
		} else {
			b.WriteByte(' ')
		}
	})
	return b.String()
}

// Prose is a text's words, its inline code in place and its code blocks left out.
func Prose(text string) string {
	var b strings.Builder
	walk(text, func(piece string, kind pieceKind) {
		switch kind {
		case prose:
			b.WriteString(piece)
		case inline:
			b.WriteString("`" + piece + "`")
		}
	})
	return b.String()
}

type pieceKind int

const (
	prose pieceKind = iota
	inline
	block
)

// walk cuts a Markdown text into prose, inline code and code blocks.
func walk(text string, piece func(string, pieceKind)) {
	var words, code strings.Builder
	flush := func() {
		inlineCode(words.String(), piece)
		words.Reset()
	}
	fence := ""
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		switch {
		case fence != "":
			if rest, ok := strings.CutPrefix(trimmed, fence); ok && strings.Trim(rest, fence[:1]) == "" {
				piece(code.String(), block)
				code.Reset()
				fence = ""
				continue
			}
			code.WriteString(line)
		case fenceOf(trimmed) != "":
			flush()
			fence = fenceOf(trimmed)
		default:
			words.WriteString(line)
		}
	}
	flush()
	if code.Len() > 0 {
		piece(code.String(), block)
	}
}

// inlineCode cuts prose at its back-ticks: as many close as opened.
func inlineCode(text string, piece func(string, pieceKind)) {
	for {
		open := strings.IndexByte(text, '`')
		if open < 0 {
			break
		}
		n := len(text[open:]) - len(strings.TrimLeft(text[open:], "`"))
		ticks, rest := text[open:open+n], text[open+n:]
		end := closingTicks(rest, ticks)
		if end < 0 {
			piece(text[:open+n], prose)
			text = rest
			continue
		}
		piece(text[:open], prose)
		piece(strings.TrimSpace(rest[:end]), inline)
		text = rest[end+n:]
	}
	if text != "" {
		piece(text, prose)
	}
}

// maxSpan bounds an inline piece of code, in bytes: a back-tick that nothing
// closes must not make every later one search the whole text.
const maxSpan = 2000

func closingTicks(text, ticks string) int {
	text = text[:min(len(text), maxSpan)]
	for at := 0; at < len(text); {
		i := strings.Index(text[at:], ticks)
		if i < 0 {
			return -1
		}
		i += at
		n := len(text[i:]) - len(strings.TrimLeft(text[i:], "`"))
		if n == len(ticks) {
			return i
		}
		at = i + n
	}
	return -1
}

// Identifiers are the names in a piece of code, once each, in their order:
// createApp and bind for "createApp({ bind })".
func Identifiers(code string) []string {
	var out []string
	seen := map[string]bool{}
	for _, name := range identifier().FindAllString(code, -1) {
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

var identifier = pattern.New(`[A-Za-z_$][A-Za-z0-9_$]*`)
