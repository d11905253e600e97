package codeowners

import "testing"

func TestParse(t *testing.T) {
	list := Parse("# who\n*  @a/b c@example.com # all\n\n[Docs][2] @d\n/docs/ \n^[Optional]\n*.md @e\n")
	if len(list) != 3 {
		t.Fatalf("%+v", list)
	}
	if l := list[0]; l.Number != 2 || l.Text != "*  @a/b c@example.com" || !l.All() || len(l.Owners) != 2 || l.Section != 0 {
		t.Errorf("%+v", l)
	}
	if l := list[1]; l.Number != 5 || len(l.Owners) != 0 || l.Section != 1 || l.All() {
		t.Errorf("%+v", l)
	}
	if list[2].Section != 2 {
		t.Errorf("%+v", list[2])
	}
}

func TestOwns(t *testing.T) {
	for _, tt := range []struct {
		pattern, dir string
		want         bool
	}{
		{"*", "plugins/one", true},
		{"/plugins/", "plugins/one", true},
		{"plugins/*", "plugins/one", true},
		{"/plugins/one", "plugins/one", true},
		{"one", "plugins/one", true},
		{"/one", "plugins/one", false},
		{"plugins/one-*", "plugins/one", false},
		{"*.md", "plugins/one", false},
	} {
		if got := (Line{Pattern: tt.pattern}).Owns(tt.dir); got != tt.want {
			t.Errorf("%s owns %s: %v", tt.pattern, tt.dir, got)
		}
	}
}
