package english

import "testing"

func TestSentences(t *testing.T) {
	abc := []string{"a", "b", "c"}
	for _, tt := range []struct{ got, want string }{
		{Count(0, "file"), "0 files"},
		{Count(1, "file"), "1 file"},
		{Count(2, "file"), "2 files"},
		{CountOf(0, "entry", "entries"), "0 entries"},
		{CountOf(1, "entry", "entries"), "1 entry"},
		{CountOf(11, "entry", "entries"), "11 entries"},
		{Form(1, "keeps", "keep"), "keeps"},
		{Form(3, "keeps", "keep"), "keep"},
		{Some(nil, 3), ""},
		{Some(abc, 3), "a, b, c"},
		{Some(abc, 2), "a, b and 1 more"},
		{Some(abc, 1), "a and 2 more"},
		{Plain(" a\tb\r\n\u2028c\x1b[31m \u202ed "), "a b c[31m d"},
		{Short("größe\n größe", 4), "grö…"},
		{Short("ab c", 4), "ab c"},
		{And(nil), ""},
		{And(abc[:1]), "a"},
		{And(abc[:2]), "a and b"},
		{And(abc), "a, b and c"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
