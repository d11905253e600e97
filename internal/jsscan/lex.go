package jsscan

import (
	"strconv"
	"strings"
)

func (s *scanner) skipLine() {
	if n := strings.IndexByte(s.src[s.pos:], '\n'); n >= 0 {
		s.pos += n
	} else {
		s.pos = len(s.src)
	}
}

func (s *scanner) comment() error {
	start, line := s.pos, s.line
	n := strings.Index(s.src[start+2:], "*/")
	if n < 0 {
		return s.fail(line, "a comment is never closed")
	}
	s.pos = start + n + 4
	s.line += strings.Count(s.src[start:s.pos], "\n")
	if s.docs && strings.HasPrefix(s.src[start:], "/**") && n > 1 {
		s.emit(Doc, start, s.pos, line)
	}
	return nil
}

// quoted reads a string literal of code.
func (s *scanner) quoted(quote byte) error {
	start, line := s.pos, s.line
	escaped := false
	for i := start + 1; i < len(s.src); i++ {
		switch s.src[i] {
		case quote:
			s.pos = i + 1
			text := s.src[start+1 : i]
			if escaped {
				text = Unescape(text)
			}
			s.tokens = append(s.tokens, Token{Kind: String, Line: line, Start: start, End: s.pos, Text: text})
			return nil
		case '\\':
			escaped = true
			i++
			if i < len(s.src) && s.src[i] == '\n' {
				s.line++
			}
		case '\n':
			return s.fail(line, "a string is never closed")
		}
	}
	return s.fail(line, "a string is never closed")
}

// template reads on in a template whose part begins at start; the position is
// behind its ` or the } of the last code.
func (s *scanner) template(start int) error {
	begin, line, from := s.pos, s.line, s.pos
	escaped := false
	for i := from; i < len(s.src); i++ {
		switch c := s.src[i]; {
		case c == '`':
			text := s.src[from:i]
			s.pos = i + 1
			if start < begin { // from ` to `
				if escaped {
					text = Unescape(text)
				}
				s.tokens = append(s.tokens, Token{Kind: String, Line: line, Start: start, End: s.pos, Text: text})
			} else {
				s.tokens = append(s.tokens, Token{Kind: Template, Line: line, Start: start, End: s.pos, Text: text})
			}
			return nil
		case c == '\\':
			escaped = true
			i++
			if i < len(s.src) && s.src[i] == '\n' {
				s.line++
			}
		case c == '\n':
			s.line++
		case c == '$' && i+1 < len(s.src) && s.src[i+1] == '{':
			s.tokens = append(s.tokens, Token{Kind: Template, Line: line, Start: start, End: i, Text: s.src[from:i]})
			s.emit(Punct, i, i+2, s.line)
			s.pos = i + 2
			s.push(code)
			return nil
		}
	}
	return s.fail(line, "a template is never closed")
}

// regexp reads a regular expression, which ends on its line; false when that is
// none.
func (s *scanner) regexp() bool {
	class := false
	i := s.pos + 1
	for ; i < len(s.src) && s.src[i] != '\n'; i++ {
		switch c := s.src[i]; {
		case c == '\\' && i+1 < len(s.src) && s.src[i+1] != '\n':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			i++
			for i < len(s.src) && isWordByte(s.src[i]) {
				i++
			}
			s.emit(regexp, s.pos, i, s.line)
			s.pos = i
			return true
		}
	}
	s.budget -= i - s.pos
	return false
}

// Unescape is the value of a literal's text.
func Unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		switch c := text[i]; c {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case '\n': // the literal goes on
		case 'x', 'u':
			digits, width := text[i+1:], 2
			if c == 'u' {
				width = 4
			}
			end := width
			if strings.HasPrefix(digits, "{") {
				end = strings.IndexByte(digits, '}')
				width = end + 1
			}
			if end < 1 || end > len(digits) {
				b.WriteByte(c)
				continue
			}
			n, err := strconv.ParseUint(strings.TrimPrefix(digits[:end], "{"), 16, 21)
			if err != nil {
				b.WriteByte(c)
				continue
			}
			b.WriteRune(rune(n))
			i += width
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
