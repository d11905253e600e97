package jstext

import (
	"slices"
	"testing"
)

func TestWords(t *testing.T) {
	inWord := func(c byte) bool { return c >= 'a' && c <= 'z' }
	for _, c := range []struct {
		text, word string
		want       []int
	}{
		{"a cat, cats, a cat", "cat", []int{2, 15}},
		{"concat", "cat", nil},
		{"x-x-x", "x-x", []int{0, 2}},
		{"", "cat", nil},
		{"-", "", []int{0, 1}},
	} {
		if got := slices.Collect(Words(c.text, c.word, inWord)); !slices.Equal(got, c.want) {
			t.Errorf("Words(%q, %q) are %v, want %v", c.text, c.word, got, c.want)
		}
	}
}
