package semrange

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCutTerm(t *testing.T) {
	for in, want := range map[string]struct {
		Term
		rest string
	}{
		"^1.2.3":          {Term{Op: "^", Parts: []string{"1", "2", "3"}, Known: 3, Nums: [3]uint64{1, 2, 3}}, ""},
		">= v1.x <2":      {Term{Op: ">=", Gap: " v", Parts: []string{"1", "x"}, Known: 1, Nums: [3]uint64{1}}, " <2"},
		"~>1.2.3-a.1+b c": {Term{Op: "~>", Parts: []string{"1", "2", "3"}, Known: 3, Nums: [3]uint64{1, 2, 3}, Pre: "a.1", Build: "b"}, " c"},
		"*":               {Term{Parts: []string{"*"}}, ""},
		"1.2.3*":          {Term{Parts: []string{"1", "2", "3"}, Known: 3, Nums: [3]uint64{1, 2, 3}}, "*"},
	} {
		got, rest, ok := CutTerm(in)
		if diff := cmp.Diff(want.Term, got); !ok || diff != "" || rest != want.rest {
			t.Errorf("%q: rest %q, %v: %s", in, rest, ok, diff)
		}
	}
	for _, in := range []string{"", "^", "latest", ">=", "^1.x.3", "- 2"} {
		if got, rest, ok := CutTerm(in); ok || rest != in {
			t.Errorf("%q: %+v, rest %q", in, got, rest)
		}
	}
}

// What is cut off prints as it was written.
func FuzzCutTerm(f *testing.F) {
	for _, seed := range []string{"^1.2.3", ">= v1.x <2", "~>1.2.3-a.1+b c", "1.2.3+", "<=\t*", "=X.1-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c, rest, ok := CutTerm(s); ok && c.String()+rest != s {
			t.Errorf("%q printed as %q, %q", s, c, rest)
		}
	})
}
