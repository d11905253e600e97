// Package english puts numbers, lists and what others wrote into sentences.
package english

import (
	"fmt"
	"strings"
	"unicode"
)

// Count is a number of things: "1 file", "2 files".
func Count(n int, noun string) string { return CountOf(n, noun, noun+"s") }

// CountOf is a number of things whose plural is not the noun with an s:
// "1 entry", "2 entries".
func CountOf(n int, one, many string) string { return fmt.Sprintf("%d %s", n, Form(n, one, many)) }

// Form is the word that goes with a number: "keeps" or "keep".
func Form(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// Some lists the first few of texts: "a, b and 3 more".
func Some(texts []string, most int) string {
	if len(texts) <= most {
		return strings.Join(texts, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(texts[:most], ", "), len(texts)-most)
}

// And lists all of texts: "a", "a and b", "a, b and c".
func And(texts []string) string {
	n := len(texts) - 1
	if n < 1 {
		return strings.Join(texts, "")
	}
	return strings.Join(texts[:n], ", ") + " and " + texts[n]
}

// Plain is what somebody else wrote on one line, without anything that a terminal
// would obey or that reorders what a person reads.
func Plain(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)), " ")
}

// Short is plain text of at most so many characters.
func Short(s string, most int) string {
	s = Plain(s)
	if r := []rune(s); len(r) > most {
		return strings.TrimSpace(string(r[:most-1])) + "…"
	}
	return s
}
