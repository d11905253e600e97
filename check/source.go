package check

import (
	"strings"
)

// A source is a TypeScript file cut into tokens, as far as it takes to see what
// it imports and calls. Comments are gone, strings are whole; regular
// expressions and JSX are not understood, which a backend's entry file does not
// need. Whatever the text, scanning ends and does not fail.
type source struct {
	tokens []token
}

type token struct {
	text string
	// str says that text is the value of a string literal. A template literal
	// counts, too; the code in its ${} does not.
	str  bool
	line int
}

func scanSource(src string) source {
	s := source{tokens: make([]token, 0, min(len(src)/8, 4096))}
	line := 1
	for i := 0; i < len(src); {
		c := src[i]
		switch {
		case c == '\n':
			line++
			i++
		case c == ' ' || c == '\t' || c == '\r':
			i++
		case strings.HasPrefix(src[i:], "//"):
			if n := strings.IndexByte(src[i:], '\n'); n >= 0 {
				i += n
			} else {
				i = len(src)
			}
		case strings.HasPrefix(src[i:], "/*"):
			end := strings.Index(src[i+2:], "*/")
			if end < 0 {
				return s
			}
			line += strings.Count(src[i:i+2+end], "\n")
			i += end + 4
		case c == '"' || c == '\'' || c == '`':
			text, n := stringLiteral(src[i:])
			s.tokens = append(s.tokens, token{text, true, line})
			line += strings.Count(src[i:i+n], "\n")
			i += n
		case isWordByte(c):
			n := i
			for n < len(src) && isWordByte(src[n]) {
				n++
			}
			s.tokens = append(s.tokens, token{src[i:n], false, line})
			i = n
		default:
			s.tokens = append(s.tokens, token{src[i : i+1], false, line})
			i++
		}
	}
	return s
}

// stringLiteral is the value of the literal that src starts with, and its
// length. A quote that is never closed ends with its line.
func stringLiteral(src string) (string, int) {
	quote := src[0]
	for i := 1; i < len(src); i++ { // as a rule the text is the value
		if c := src[i]; c == quote {
			return src[1:i], i + 1
		} else if c == '\\' {
			break
		} else if c == '\n' && quote != '`' {
			return src[1:i], i
		}
	}
	var b strings.Builder
	for i := 1; i < len(src); i++ {
		switch c := src[i]; {
		case c == quote:
			return b.String(), i + 1
		case c == '\\' && i+1 < len(src):
			i++
			b.WriteByte(src[i])
		case c == '\n' && quote != '`':
			return b.String(), i
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), len(src)
}

func isWordByte(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// is reports whether the tokens from i on are those texts; "" stands for any
// string literal.
func (s source) is(i int, texts ...string) bool {
	if i < 0 || i+len(texts) > len(s.tokens) {
		return false
	}
	for j, want := range texts {
		t := s.tokens[i+j]
		if want == "" && !t.str || want != "" && (t.str || t.text != want) {
			return false
		}
	}
	return true
}

// imported is a module that a file uses.
type imported struct {
	module string
	line   int
	// used: the file does something with it. A dynamic import is used by being
	// there; a static one if a name that it binds appears again.
	used bool
	// feature: what is used may be the feature that a backend adds: its default
	// export, or a name that is added or is called like one. A class or constant
	// that a package offers besides is not.
	feature bool
	// runtime: the code that runs needs it, whatever it does with it. Else names are
	// those that the file uses again, as types or as values: uses.loads tells.
	runtime bool
	names   []string
	// from and to are the first and the last token of a static import.
	from, to int
}

// imports lists what the file imports: statically, re-exported, dynamically and
// with require. Imports of types alone do not count.
func (s source) imports() []imported {
	words := map[string]int{}
	for _, t := range s.tokens {
		if !t.str {
			words[t.text]++
		}
	}
	added := s.added()
	var list []imported
	for i, t := range s.tokens {
		switch {
		case s.is(i, "import", "(", ""), s.is(i, "require", "(", ""):
			list = append(list, imported{module: s.tokens[i+2].text, line: t.line, used: true, feature: true, runtime: true})
		case s.is(i, "require", ".", "resolve", "(", ""):
			list = append(list, imported{module: s.tokens[i+4].text, line: t.line, used: true, runtime: true})
		case s.is(i, "import", ""):
			list = append(list, imported{module: s.tokens[i+1].text, line: t.line, used: true, runtime: true})
		case (s.is(i, "import") || s.is(i, "export")) && !s.is(i+1, "type"):
			if im, ok := s.static(i, words, added); ok {
				list = append(list, im)
			}
		}
	}
	return list
}

// static reads "import a, {b as c} from 'x'" and "export … from 'x'" at i.
func (s source) static(i int, words map[string]int, added map[string]bool) (imported, bool) {
	export := s.is(i, "export")
	var bound []string
	whole := map[string]bool{} // default and namespace imports
	inBraces := false
	for j := i + 1; j < len(s.tokens) && j < i+400; j++ {
		t := s.tokens[j]
		switch {
		case s.is(j, "from", ""):
			im := imported{module: s.tokens[j+1].text, line: s.tokens[i].line, used: export, feature: export, from: i, to: j + 1}
			// With isolatedModules, which Backstage's tsconfig has, types are handed on
			// by "export type" alone.
			im.runtime = export && (len(bound) > 0 || s.is(i+1, "*"))
			for _, name := range bound {
				if words[name] > 1 {
					im.used = true
					im.names = append(im.names, name)
					im.feature = im.feature || whole[name] || added[name] || looksLikeFeature(name)
				}
			}
			return im, true
		case t.str, strings.Contains(";()=", t.text):
			return imported{}, false // another statement
		case t.text == "{", t.text == "}":
			inBraces = t.text == "{"
		case t.text == "type" && j+1 < len(s.tokens) && !s.tokens[j+1].str && isWordByte(s.tokens[j+1].text[0]):
			j++ // {type X} binds nothing that runs
		case t.text == "as":
			if n := len(bound); n > 0 && inBraces {
				// The new name counts; {default as x} is the whole again.
				whole[next(s, j)] = bound[n-1] == "default"
				bound = bound[:n-1]
			}
		case isWordByte(t.text[0]):
			bound = append(bound, t.text)
			if !inBraces {
				whole[t.text] = true
			}
		}
	}
	return imported{}, false
}

func next(s source, i int) string {
	if i+1 < len(s.tokens) {
		return s.tokens[i+1].text
	}
	return ""
}

// maxCall bounds how far a call of add is followed, in tokens.
const maxCall = 1000

// added are the words between the parentheses of calls of add.
func (s source) added() map[string]bool {
	words := map[string]bool{}
	for i := range s.tokens {
		if !s.is(i, "add", "(") {
			continue
		}
		depth := 0
		for _, t := range s.tokens[i+1 : min(len(s.tokens), i+maxCall)] {
			if t.str {
				continue
			}
			switch t.text {
			case "(":
				depth++
			case ")":
				depth--
			default:
				words[t.text] = true
			}
			if depth == 0 {
				break
			}
		}
	}
	return words
}

// looksLikeFeature tells names such as catalogModuleGithub, which may be added
// from a list: features are constants or functions, and called what they are.
func looksLikeFeature(name string) bool {
	if name[0] < 'a' || name[0] > 'z' {
		return false
	}
	return strings.Contains(name, "Plugin") || strings.Contains(name, "Module") || strings.Contains(name, "Feature")
}
