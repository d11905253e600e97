package migrations

import (
	"slices"
	"strings"
)

// token is a word, a quoted name or any other sign of SQL.
type token struct {
	// word is an unquoted word in lower case, "" for all else.
	word string
	// name is the name that a word or quoted name stands for.
	name string
	// text is the token as it is written.
	text string
	// from and to are its place in the source, in bytes.
	from, to int
	// hole says that it is known only when it runs, at least in part.
	hole bool
}

func (t token) is(words ...string) bool { return slices.Contains(words, t.word) }

// identifies reports whether it can be a name.
func (t token) identifies() bool { return t.name != "" || t.hole && t.text[0] != '\'' }

// lex reads SQL as PostgreSQL's scanner does: comments, quoted texts, dollar quotes.
// MySQL's quotes are read, too, in code that is for both.
func lex(src string) []token {
	var out []token
	for i := 0; i < len(src); {
		c := src[i]
		start := i
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
			i++
			continue
		case strings.HasPrefix(src[i:], "--"):
			if end := strings.IndexByte(src[i:], '\n'); end >= 0 {
				i += end
			} else {
				i = len(src)
			}
			continue
		case strings.HasPrefix(src[i:], "/*"):
			i = skipComment(src, i)
			continue
		case c == '\'':
			i = quoted(src, i, '\'', false)
		case (c == 'e' || c == 'E') && i+1 < len(src) && src[i+1] == '\'':
			i = quoted(src, i+1, '\'', true)
		case c == '"' || c == '`':
			i = quoted(src, i, c, false)
			text := strings.Trim(src[start:i], string(c))
			out = append(out, token{name: strings.ReplaceAll(text, hole, ""), text: src[start:i], from: start, to: i, hole: strings.Contains(text, hole)})
			continue
		case c == '$' && dollar(src[i:]) != "":
			tag := dollar(src[i:])
			if end := strings.Index(src[i+len(tag):], tag); end >= 0 {
				i += end + 2*len(tag)
			} else {
				i = len(src)
			}
		case letter(c) || c == hole[0] || c >= 0x80:
			for i < len(src) && (letter(src[i]) || src[i] == hole[0] || src[i] >= 0x80 || src[i] >= '0' && src[i] <= '9' || src[i] == '$') {
				i++
			}
			text := src[start:i]
			t := token{text: text, from: start, to: i, hole: strings.Contains(text, hole)}
			if !t.hole {
				t.word = strings.ToLower(text)
				t.name = t.word
			}
			out = append(out, t)
			continue
		case c >= '0' && c <= '9':
			for i < len(src) && (src[i] >= '0' && src[i] <= '9' || src[i] == '.') {
				i++
			}
		case strings.HasPrefix(src[i:], "::"):
			i += 2
		default:
			i++
		}
		out = append(out, token{text: src[start:i], from: start, to: i, hole: strings.Contains(src[start:i], hole)})
	}
	return out
}

func skipComment(src string, i int) int {
	depth := 0
	for i < len(src) {
		switch {
		case strings.HasPrefix(src[i:], "/*"):
			depth++
			i += 2
		case strings.HasPrefix(src[i:], "*/"):
			i += 2
			if depth--; depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return i
}

// quoted is the end of a quoted text that begins at i.
func quoted(src string, i int, quote byte, escapes bool) int {
	for i++; i < len(src); i++ {
		switch {
		case escapes && src[i] == '\\':
			i++
		case src[i] == quote && i+1 < len(src) && src[i+1] == quote:
			i++
		case src[i] == quote:
			return i + 1
		}
	}
	return len(src)
}

// dollar is the tag that a dollar quote begins with: $$, $body$.
func dollar(src string) string {
	end := strings.IndexByte(src[1:], '$')
	if end < 0 {
		return ""
	}
	for i, c := range []byte(src[1 : 1+end]) {
		if !letter(c) && (i == 0 || c < '0' || c > '9') {
			return ""
		}
	}
	return src[:end+2]
}

// statements splits at the semicolons.
func statements(tokens []token) [][]token {
	var out [][]token
	var one []token
	for _, t := range tokens {
		if t.text != ";" {
			one = append(one, t)
			continue
		}
		if len(one) > 0 {
			out = append(out, one)
		}
		one = nil
	}
	if len(one) > 0 {
		out = append(out, one)
	}
	return out
}

// tokens is a statement that is read from its beginning.
type tokens struct {
	list []token
	at   int
}

func (s *tokens) peek() token {
	if s.at < len(s.list) {
		return s.list[s.at]
	}
	return token{text: " "}
}

func (s *tokens) next() token {
	t := s.peek()
	s.at = min(s.at+1, len(s.list))
	return t
}

// take skips the words if they stand here, in this order.
func (s *tokens) take(words ...string) bool {
	for i, w := range words {
		if s.at+i >= len(s.list) || s.list[s.at+i].word != w {
			return false
		}
	}
	s.at += len(words)
	return true
}

// name is a name here, without its schema; "" where it is known only when it runs.
// ok is false where there is none.
func (s *tokens) name() (name string, ok bool) {
	t := s.peek()
	if !t.identifies() {
		return "", false
	}
	s.at++
	for s.peek().text == "." {
		s.at++
		t = s.next()
	}
	if t.hole {
		return "", true
	}
	return t.name, true
}

// parens skips a group in parentheses that begins here.
func (s *tokens) parens() {
	depth := 0
	for ; s.at < len(s.list); s.at++ {
		switch s.list[s.at].text {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				s.at++
				return
			}
		default:
			if depth == 0 {
				return
			}
		}
	}
}
