package jsscan

import (
	"strconv"
	"strings"
)

// frame is something open: a bracket, a template's code, or an element.
type frame struct {
	kind frameKind
	line int
	// head: a parenthesis that a statement follows, so that a slash after it
	// begins a regular expression.
	head bool
	// Of an element: where it begins, to take the guess back that it is one.
	name string
	back checkpoint
}

type frameKind uint8

const (
	brace    frameKind = iota // {
	paren                     // (
	bracket                   // [
	code                      // ${ in a template
	tag                       // from < to > of an element
	children                  // from > to </
	attrCode                  // { in a tag
	textCode                  // { among children
)

// checkpoint is a state to go back to.
type checkpoint struct{ pos, line, tokens, stack int }

type scanner struct {
	src    string
	jsx    bool
	docs   bool
	pos    int
	line   int
	tokens []Token
	stack  []frame
	// notJSX are the places where < turned out not to begin an element.
	notJSX map[int]bool
	// budget bounds the bytes that are looked at, repetitions included.
	budget int
}

func (s *scanner) fail(line int, what string) error { return &Error{line, what} }

func (s *scanner) top() *frame {
	if len(s.stack) == 0 {
		return nil
	}
	return &s.stack[len(s.stack)-1]
}

func (s *scanner) push(k frameKind) {
	s.stack = append(s.stack, frame{kind: k, line: s.line})
}

func (s *scanner) pop() { s.stack = s.stack[:len(s.stack)-1] }

func (s *scanner) emit(k Kind, start, end, line int) {
	s.tokens = append(s.tokens, Token{Kind: k, Line: line, Start: start, End: end, Text: s.src[start:end]})
}

func (s *scanner) run() error {
	for {
		if s.pos >= len(s.src) {
			f := s.top()
			if f == nil {
				return nil
			}
			if s.giveUpElement(0) {
				continue
			}
			return s.fail(f.line, opened[f.kind]+" is never closed")
		}
		var err error
		switch f := s.top(); {
		case f != nil && f.kind == tag:
			err = s.inTag()
		case f != nil && f.kind == children:
			err = s.inChildren()
		default:
			err = s.inCode()
		}
		if err != nil {
			// What looks broken may be a type parameter that was taken for an
			// element.
			if s.giveUpElement(0) {
				continue
			}
			return err
		}
		if s.budget < 0 {
			return s.fail(s.line, "the file is too tangled to be read")
		}
	}
}

var opened = map[frameKind]string{brace: "{", paren: "(", bracket: "[", code: "${", tag: "a tag", children: "an element", attrCode: "{", textCode: "{"}

// giveUpElement takes the guess back that < begins an element: of the outermost
// open one from the frame at on.
func (s *scanner) giveUpElement(from int) bool {
	for _, f := range s.stack[from:] {
		if f.kind != tag && f.kind != children {
			continue
		}
		if s.notJSX == nil {
			s.notJSX = map[int]bool{}
		}
		s.notJSX[f.back.pos] = true
		s.budget -= s.pos - f.back.pos
		s.pos, s.line, s.tokens, s.stack = f.back.pos, f.back.line, s.tokens[:f.back.tokens], s.stack[:f.back.stack]
		return true
	}
	return false
}

// inCode reads one token of code.
func (s *scanner) inCode() error {
	start, c := s.pos, s.src[s.pos]
	switch {
	case c == '\n':
		s.line++
		s.pos++
		if strings.HasPrefix(s.src[s.pos:], "<<<<<<< ") {
			return s.fail(s.line, "a merge conflict is not resolved")
		}
	case c == ' ' || c == '\t' || c == '\r':
		s.pos++
	case c == '/' && s.at("//"):
		s.skipLine()
	case c == '/' && s.at("/*"):
		return s.comment()
	case c == '"' || c == '\'':
		return s.quoted(c)
	case c == '`':
		s.pos++
		return s.template(start)
	case isWordByte(c):
		s.word()
	case c == '<' && s.jsx && s.beginsElement():
		s.openTag()
	case c == '/' && s.wantsOperand() && s.regexp():
	default:
		return s.punct(c)
	}
	return nil
}

func (s *scanner) at(text string) bool { return strings.HasPrefix(s.src[s.pos:], text) }

func (s *scanner) word() {
	start := s.pos
	for s.pos < len(s.src) && isWordByte(s.src[s.pos]) {
		s.pos++
	}
	// 1.5 and 1. are one word; a.b are three.
	if c := s.src[start]; c >= '0' && c <= '9' {
		for s.pos < len(s.src) && (s.src[s.pos] == '.' || isWordByte(s.src[s.pos])) {
			s.pos++
		}
	}
	s.emit(Word, start, s.pos, s.line)
}

// isWordByte takes every byte beyond ASCII for a letter, and #private names.
func isWordByte(c byte) bool {
	return c == '_' || c == '$' || c == '#' || c == '\\' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func (s *scanner) punct(c byte) error {
	start := s.pos
	switch {
	case s.at("=>"), s.at("?.") && !s.digitAt(s.pos+2):
		s.pos += 2
	case s.at("..."):
		s.pos += 3
	default:
		s.pos++
	}
	switch c {
	case '(':
		s.push(paren)
		s.top().head = s.afterHead()
	case '[':
		s.push(bracket)
	case '{':
		s.push(brace)
	case ')', ']', '}':
		return s.closeBracket(c, start)
	}
	s.emit(Punct, start, s.pos, s.line)
	return nil
}

func (s *scanner) digitAt(i int) bool { return i < len(s.src) && s.src[i] >= '0' && s.src[i] <= '9' }

// afterHead reports whether the last token is a word whose parentheses a
// statement follows.
func (s *scanner) afterHead() bool {
	if len(s.tokens) == 0 {
		return false
	}
	switch t := s.tokens[len(s.tokens)-1]; t.Text {
	case "if", "while", "for", "with":
		return t.Kind == Word
	}
	return false
}

func (s *scanner) closeBracket(c byte, start int) error {
	f := s.top()
	fits := f != nil && (c == ')' && f.kind == paren || c == ']' && f.kind == bracket ||
		c == '}' && (f.kind == brace || f.kind == code || f.kind == attrCode || f.kind == textCode))
	if !fits {
		if f == nil {
			return s.fail(s.line, "unexpected "+string(c))
		}
		return s.fail(s.line, "unexpected "+string(c)+" after the "+opened[f.kind]+" of line "+strconv.Itoa(f.line))
	}
	kind, head := f.kind, f.head
	s.pop()
	s.emit(Punct, start, s.pos, s.line)
	if head {
		s.tokens[len(s.tokens)-1].Role = afterHeadRole
	}
	if kind == code {
		return s.template(s.pos)
	}
	return nil
}

// afterHeadRole marks a ) that a statement follows. It is not for callers: the
// token is punctuation.
const afterHeadRole Role = 0xff

// wantsOperand reports whether an operand may come next: then a slash begins a
// regular expression, and < an element.
func (s *scanner) wantsOperand() bool {
	i := len(s.tokens) - 1
	for i >= 0 && s.tokens[i].Kind == Doc {
		i--
	}
	if i < 0 {
		return true
	}
	t := s.tokens[i]
	switch t.Kind {
	case Word:
		return operatorWord(t.Text) && (i == 0 || !s.tokens[i-1].Is(".") && !s.tokens[i-1].Is("?."))
	case Punct:
		switch t.Text {
		case ")":
			return t.Role == afterHeadRole
		case "]":
			return false
		}
		return true
	}
	return t.Kind == jsxText
}

func operatorWord(w string) bool {
	switch w {
	case "return", "typeof", "case", "do", "else", "in", "instanceof", "new", "void", "delete", "throw", "yield", "await", "default", "of":
		return true
	}
	return false
}
