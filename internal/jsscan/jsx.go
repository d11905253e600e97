package jsscan

import (
	"strconv"
	"strings"
)

// beginsElement reports whether the < at the position may begin an element. What
// cannot be told from a type parameter here is tried as an element, and taken back
// when that leads nowhere.
func (s *scanner) beginsElement() bool {
	if s.notJSX[s.pos] || !s.elementMayStand() {
		return false
	}
	i := s.pos + 1
	if i >= len(s.src) {
		return false
	}
	if s.src[i] == '>' {
		return true
	}
	if c := s.src[i]; !isWordByte(c) || c >= '0' && c <= '9' || c == '#' {
		return false
	}
	for i < len(s.src) && (isWordByte(s.src[i]) || s.src[i] == '-' || s.src[i] == '.' || s.src[i] == ':') {
		i++
	}
	rest := strings.TrimLeft(s.src[i:min(len(s.src), i+64)], " \t\r\n")
	// <T,>(x: T) and <T extends X>(x: T) are functions, and <T = X> a type.
	return rest != "" && rest[0] != ',' && rest[0] != '=' && rest[0] != '(' && !strings.HasPrefix(rest, "extends ")
}

// elementMayStand is wantsOperand less what comes before types and statements
// only: nobody writes an element as a statement, but interfaces have members that
// begin with type parameters.
func (s *scanner) elementMayStand() bool {
	if !s.wantsOperand() {
		return false
	}
	if len(s.tokens) == 0 {
		return false
	}
	switch t := s.tokens[len(s.tokens)-1]; {
	case t.Is("new"), t.Is(">"), t.Is("}"), t.Is(";"):
		return false
	case t.Is("{"):
		return s.top() != nil && s.top().kind != brace
	}
	return true
}

// openTag reads < and the element's name; the tag's attributes follow.
func (s *scanner) openTag() {
	back := checkpoint{s.pos, s.line, len(s.tokens), len(s.stack)}
	s.emit(Punct, s.pos, s.pos+1, s.line)
	s.pos++
	from := s.pos
	s.elementName(Element)
	s.push(tag)
	f := s.top()
	f.name, f.back = s.src[from:s.pos], back
	s.spaces()
	if s.at("<") {
		s.typeArguments()
	}
}

// elementName reads a, a.B, a-b or a:b, or nothing for a fragment.
func (s *scanner) elementName(role Role) {
	for s.pos < len(s.src) {
		start := s.pos
		for s.pos < len(s.src) && (isWordByte(s.src[s.pos]) || s.src[s.pos] == '-' || s.src[s.pos] == ':') {
			s.pos++
		}
		if s.pos > start {
			s.emit(Word, start, s.pos, s.line)
			s.tokens[len(s.tokens)-1].Role = role
		}
		if s.pos >= len(s.src) || s.src[s.pos] != '.' {
			return
		}
		s.emit(Punct, s.pos, s.pos+1, s.line)
		s.pos++
	}
}

func (s *scanner) spaces() {
	for s.pos < len(s.src) && strings.IndexByte(" \t\r\n", s.src[s.pos]) >= 0 {
		if s.src[s.pos] == '\n' {
			s.line++
		}
		s.pos++
	}
}

// typeArguments passes over <…> behind an element's name.
func (s *scanner) typeArguments() {
	depth, start := 0, s.pos
	for i := start; i < len(s.src); i++ {
		switch s.src[i] {
		case '<':
			depth++
		case '>':
			if s.src[i-1] == '=' {
				continue
			}
			if depth--; depth == 0 {
				s.line += strings.Count(s.src[start:i], "\n")
				s.pos = i + 1
				return
			}
		}
	}
	s.budget -= len(s.src) - start
}

// inTag reads one token of an element's tag.
func (s *scanner) inTag() error {
	switch c := s.src[s.pos]; {
	case c == '\n':
		s.line++
		s.pos++
	case c == ' ' || c == '\t' || c == '\r':
		s.pos++
	case s.at("//"):
		s.skipLine()
	case s.at("/*"):
		return s.comment()
	case s.at("/>"):
		s.emit(Punct, s.pos, s.pos+2, s.line)
		s.tokens[len(s.tokens)-1].Role = TagEnd
		s.pos += 2
		s.pop()
	case c == '>':
		s.emit(Punct, s.pos, s.pos+1, s.line)
		s.tokens[len(s.tokens)-1].Role = TagEnd
		s.pos++
		s.top().kind = children
	case c == '{':
		s.emit(Punct, s.pos, s.pos+1, s.line)
		s.pos++
		s.push(attrCode)
	case c == '"' || c == '\'':
		return s.attributeText(c)
	case c == '=':
		s.emit(Punct, s.pos, s.pos+1, s.line)
		s.pos++
		s.spaces()
		if s.at("<") { // an element as the value
			if !s.beginsElement() {
				return s.fail(s.line, "unexpected < in a tag")
			}
			s.openTag()
		}
	case isWordByte(c):
		start := s.pos
		for s.pos < len(s.src) && (isWordByte(s.src[s.pos]) || s.src[s.pos] == '-' || s.src[s.pos] == ':') {
			s.pos++
		}
		s.emit(Word, start, s.pos, s.line)
		s.tokens[len(s.tokens)-1].Role = Attribute
	default:
		return s.brokenElement("unexpected " + string(c) + " in a tag")
	}
	return nil
}

// attributeText reads an attribute's value, which knows no escapes.
func (s *scanner) attributeText(quote byte) error {
	start, line := s.pos, s.line
	n := strings.IndexByte(s.src[start+1:], quote)
	if n < 0 {
		s.budget -= len(s.src) - start
		return s.fail(line, "a string is never closed")
	}
	s.pos = start + n + 2
	text := s.src[start+1 : s.pos-1]
	s.line += strings.Count(text, "\n")
	s.tokens = append(s.tokens, Token{Kind: String, Line: line, Start: start, End: s.pos, Text: text})
	return nil
}

// brokenElement takes the innermost element back.
func (s *scanner) brokenElement(what string) error {
	at := len(s.stack) - 1
	for at > 0 && s.stack[at].kind != tag && s.stack[at].kind != children {
		at--
	}
	if at >= 0 && s.giveUpElement(at) {
		return nil
	}
	return s.fail(s.line, what)
}

// inChildren reads one piece of what is between two tags.
func (s *scanner) inChildren() error {
	start, line := s.pos, s.line
	n := strings.IndexAny(s.src[start:], "<{")
	if n < 0 {
		s.pos = len(s.src)
		return nil // never closed, as the end will say
	}
	if n > 0 {
		text := s.src[start : start+n]
		s.pos = start + n
		s.line += strings.Count(text, "\n")
		if strings.TrimSpace(text) != "" {
			s.emit(jsxText, start, s.pos, line)
		}
		return nil
	}
	switch {
	case s.at("{"):
		s.emit(Punct, s.pos, s.pos+1, s.line)
		s.pos++
		s.push(textCode)
	case s.at("</"):
		return s.closingTag()
	default:
		if i := s.pos + 1; i >= len(s.src) || s.notJSX[s.pos] || s.src[i] != '>' && !isWordByte(s.src[i]) {
			return s.brokenElement("unexpected < among children")
		}
		s.openTag()
	}
	return nil
}

func (s *scanner) closingTag() error {
	begin := s.pos
	s.emit(Punct, s.pos, s.pos+2, s.line)
	s.pos += 2
	s.spaces()
	from := s.pos
	s.elementName(Closing)
	name := s.src[from:s.pos]
	s.spaces()
	if f := s.top(); name != f.name || !s.at(">") {
		s.pos = begin
		return s.brokenElement("</" + name + "> closes <" + f.name + "> of line " + strconv.Itoa(f.line))
	}
	s.emit(Punct, s.pos, s.pos+1, s.line)
	s.pos++
	s.pop()
	return nil
}
