package jstext

import (
	"iter"
	"strings"
)

// Words are the places where a text has a word as a whole: no byte that may be of a
// word stands beside it.
func Words(text, word string, inWord func(byte) bool) iter.Seq[int] {
	return func(yield func(int) bool) {
		for from := 0; from <= len(text); {
			i := strings.Index(text[from:], word)
			if i < 0 {
				return
			}
			at, end := from+i, from+i+len(word)
			from = at + 1
			if (at == 0 || !inWord(text[at-1])) && (end == len(text) || !inWord(text[end])) && !yield(at) {
				return
			}
		}
	}
}
