package pg

import "testing"

func TestQuoting(t *testing.T) {
	for in, want := range map[string]string{"a": "'a'", "it's": "'it''s'", `a\b`: `E'a\\b'`, `'\`: `E'''\\'`} {
		if got := Literal(in); got != want {
			t.Errorf("Literal(%q) = %s, want %s", in, got, want)
		}
	}
	if got := Ident(`we"ird`); got != `"we""ird"` {
		t.Error(got)
	}
	if got := Ident("a", `b"`); got != `"a"."b"""` {
		t.Error(got)
	}
	if got := Conninfo(`o'ne=\two`); got != `dbname='o\'ne=\\two'` {
		t.Error(got)
	}
}
