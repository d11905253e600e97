// Package jsscan reads JavaScript and TypeScript without a compiler: a file as
// tokens, and from them what it imports, under which names and where, which JSX
// elements it shows, and which properties it touches. Comments, strings,
// templates, regular expressions, JSX and type parameters are told apart, so that
// an import in a comment or in the text of a page is none. It judges no syntax
// beyond that: whatever the text, scanning ends, in time that grows with its
// length.
package jsscan

import (
	"fmt"
	"path"
	"strings"
)

// Kind is what a token is.
type Kind uint8

const (
	// Punct is one character of punctuation, or => or ?. or an ellipsis.
	Punct Kind = iota
	// Word is an identifier, a keyword or a number.
	Word
	// String is a string literal, or a template without code in it; Text is its
	// value.
	String
	// Template is a part of a template between two pieces of code, as written.
	Template
	// regexp is a regular expression with its flags.
	regexp
	// jsxText is what an element shows besides elements and code.
	jsxText
	// Doc is a documentation comment; only ScanDocs gives it.
	Doc
)

// Role is what a token is to a JSX element.
type Role uint8

const (
	NoRole Role = iota
	// Element: the name of an element that begins, or a part of it (a.B).
	Element
	// Attribute: the name of an attribute.
	Attribute
	// Closing: the name of an element that ends.
	Closing
	// TagEnd: the > or /> behind an element's attributes.
	TagEnd
)

// Token is a piece of a file.
type Token struct {
	Kind Kind
	Role Role
	// Line counts from 1. Start and End are byte offsets, quotes included.
	Line, Start, End int
	Text             string
}

// Is reports whether the token is that word or punctuation.
func (t Token) Is(text string) bool { return (t.Kind == Word || t.Kind == Punct) && t.Text == text }

// Match reports whether the tokens from i on are these words and punctuation. There are
// none before the first and behind the last.
func Match(tokens []Token, i int, texts ...string) bool {
	for k, want := range texts {
		if i+k < 0 || i+k >= len(tokens) || !tokens[i+k].Is(want) {
			return false
		}
	}
	return true
}

// Error is where a file stops making sense.
type Error struct {
	Line int
	What string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.What) }

// Extensions are those of the files that can be scanned.
var Extensions = []string{".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts"}

// hasJSX reports whether a file of that name may have JSX: in .ts a < before a
// type is a type assertion.
func hasJSX(name string) bool {
	switch path.Ext(name) {
	case ".ts", ".mts", ".cts":
		return false
	}
	return true
}

// Scan cuts a file into tokens. The error is an *Error; the tokens before it are
// given all the same.
func Scan(name, src string) ([]Token, error) { return scan(name, src, false) }

// ScanDocs is Scan with documentation comments.
func ScanDocs(name, src string) ([]Token, error) { return scan(name, src, true) }

// byteOrderMark may stand before everything else.
const byteOrderMark = "\ufeff"

func scan(name, src string, docs bool) ([]Token, error) {
	s := &scanner{src: src, jsx: hasJSX(name), docs: docs, line: 1, budget: 16*len(src) + 1<<20,
		tokens: make([]Token, 0, len(src)/5+16)}
	if strings.HasPrefix(src, byteOrderMark) {
		s.pos = len(byteOrderMark)
	}
	if s.at("#!") {
		s.skipLine()
	}
	err := s.run()
	return s.tokens, err
}
