package semrange

import (
	"strings"
	"unicode/utf8"

	"github.com/portalctl/portalctl/internal/jstext"
)

// collapseSpace is s.trim().replace(/\s+/g, ' ').
func collapseSpace(s string) string {
	s = jstext.Trim(s)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c >= utf8.RuneSelf || c == ' ' && s[i+1] == ' ' {
			return strings.Join(strings.FieldsFunc(s, jstext.IsSpace), " ")
		}
	}
	return s
}

// stripBuild removes +build wherever it stands, as parseRange does before
// anything else. A lone "+" stays, and makes the range invalid later.
func stripBuild(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		if s[i] == '+' && i+1 < len(s) && isWord(s[i+1]) {
			i++
			for i < len(s) && (isWord(s[i]) || s[i] == '.' && i+1 < len(s) && isWord(s[i+1])) {
				i++
			}
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// needsTrim reports whether trimOperators could change s: a space follows an
// operator or another space.
func needsTrim(s string) bool {
	for i := 0; i+1 < len(s); i++ {
		if s[i+1] == ' ' {
			switch s[i] {
			case '<', '>', '=', '~', '^', ' ':
				return true
			}
		}
	}
	return false
}

// trimOperators removes the space between an operator and its version:
// node-semver's COMPARATORTRIM, TILDETRIM and CARETTRIM, in this order.
func trimOperators(s string) string {
	s = string(trimComparators(s))
	return spacedOperators.Replace(s)
}

// spacedOperators: "~> " loses its ">" too.
var spacedOperators = strings.NewReplacer("~> ", "~", "~ ", "~", "^ ", "^")

// trimComparators follows trim-comparator-whitespace.js: a match starts at an
// operator, a prefix character or a version, takes a run of prefix characters
// and needs a version behind it; then one space behind " "?[<>]?=? goes.
func trimComparators(s string) []byte {
	out := make([]byte, 0, len(s))
	copied := 0
	for i := 0; i < len(s); {
		start := i
		if s[i] == '<' || s[i] == '>' {
			i++
		} else if !isPrefix(s[i]) && !isVersionStart(s[i]) {
			i++
			continue
		}
		for i < len(s) && isPrefix(s[i]) {
			i++
		}
		if i == len(s) || !isVersionStart(s[i]) {
			continue
		}
		if at := removableSpace(s, start); at >= 0 {
			out = append(out, s[copied:at]...)
			copied = at + 1
		}
		// Resume behind the version. What is left of a token that is no
		// version makes the range invalid anyway.
		for i < len(s) && (isWord(s[i]) || s[i] == '.' || s[i] == '*') {
			i++
		}
	}
	return append(out, s[copied:]...)
}

func removableSpace(s string, i int) int {
	if s[i] == ' ' {
		i++
	}
	if s[i] == '<' || s[i] == '>' {
		i++
	}
	if s[i] == '=' {
		i++
	}
	if s[i] == ' ' {
		return i
	}
	return -1
}
