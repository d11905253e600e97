package yamledit

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
)

func mustParse(t *testing.T, src string) *Doc {
	t.Helper()
	d, err := Parse("f.yml", []byte(src))
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return d
}

// dump lists every value below v as path=kind:text@line:col.
func dump(v Value, path string, out *[]string) {
	p := v.Pos()
	switch v.Kind() {
	case Mapping:
		for _, m := range v.Members() {
			key := m.Key
			if m.Merged {
				key = "<<" + key
			}
			dump(m.Value, path+"/"+key, out)
		}
	case Sequence:
		for i, item := range v.Items() {
			dump(item, fmt.Sprintf("%s/%d", path, i), out)
		}
	default:
		*out = append(*out, fmt.Sprintf("%s=%v:%s@%d:%d", path, v.Kind(), v, p.Line, p.Col))
	}
}

func TestRead(t *testing.T) {
	tests := []struct {
		name, src string
		want      []string
	}{
		{"empty", "", []string{"=nothing:@1:1"}},
		{"comment only", "# hello\n", []string{"=nothing:@1:1"}},
		{"kinds", "a: x\nb: 1\nc: true\nd: ~\ne:\nf: 'true'\ng: 1.2.3\n", []string{
			"/a=a text:x@1:4", "/b=a number:1@2:4", "/c=a boolean:true@3:4", "/d=nothing:~@4:4",
			"/e=nothing:@5:3", "/f=a text:true@6:4", "/g=a text:1.2.3@7:4"}},
		{"columns count characters", "é: ü\nb: [ä, ö]\n", []string{"/é=a text:ü@1:4", "/b/0=a text:ä@2:5", "/b/1=a text:ö@2:8"}},
		{"CRLF and BOM", "\ufeffa: x\r\nb:\r\n  - y\r\n", []string{"/a=a text:x@1:4", "/b/0=a text:y@3:5"}},
		{"sequence of mappings", "p:\n  - a: 1\n    b: z\n", []string{"/p/0/a=a number:1@2:8", "/p/0/b=a text:z@3:8"}},
		{"alias", "a: &x v\nb: *x\n", []string{"/a=a text:v@1:4", "/b=a text:v@2:4"}},
		{"merge: own key wins, then the earlier", "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 0\n", []string{
			"/a/x=a number:1@1:11", "/a/y=a number:1@1:17", "/b/y=a number:2@2:11", "/b/z=a number:2@2:17",
			"/c/x=a number:0@5:6", "/c/<<y=a number:1@1:17", "/c/<<z=a number:2@2:17"}},
		{"line separator of YAML 1.1 is no line of an editor", "a: \"x\u2028y\"\nb: z\n", []string{"/a=a text:x y@1:4", "/b=a text:z@2:4"}},
		{"document marks", "%YAML 1.1\n---\na: b\n...\n", []string{"/a=a text:b@3:4"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			dump(mustParse(t, tt.src).Root(), "", &got)
			for i := range got {
				got[i] = strings.ReplaceAll(got[i], "\u2028", " ")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGet(t *testing.T) {
	d := mustParse(t, "a:\n  b:\n    - c: deep\nm: {<<: &q {k: v}}\n")
	for _, tt := range []struct {
		path []string
		want string
		ok   bool
	}{
		{[]string{"a", "b", "0", "c"}, "deep", true},
		{[]string{"m", "k"}, "v", true},
		{[]string{"a", "b", "1"}, "", false},
		{[]string{"a", "b", "-1"}, "", false},
		{[]string{"a", "x"}, "", false},
		{[]string{"m", "<<"}, "", false},
		{[]string{"a", "b", "0", "c", "d"}, "", false},
	} {
		got, ok := d.Get(tt.path...)
		if ok != tt.ok || got.String() != tt.want {
			t.Errorf("Get(%v) = %q, %v; want %q, %v", tt.path, got, ok, tt.want, tt.ok)
		}
	}
	if n := len(d.Items("a", "b")); n != 1 {
		t.Errorf("Items = %d, want 1", n)
	}
	if d.Members("a", "b") != nil || d.Items("nope") != nil {
		t.Error("members of a list, or items of nothing")
	}
	pos := d.Members("a")[0].KeyPos
	if want := (fault.Pos{File: "f.yml", Line: 2, Col: 3}); pos != want {
		t.Errorf("KeyPos = %v, want %v", pos, want)
	}
}

func TestRefused(t *testing.T) {
	bomb := "a0: &a0 x\n"
	for i := 1; i < 30; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [*a%d, *a%d]\n", i, i, i-1, i-1)
	}
	tests := []struct{ name, src, want, next string }{
		{"conflict", "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> main\n", "f.yml:2:1: merge conflict markers, lines 2–6", "Resolve"},
		{"conflict, CRLF", "a: 1\r\n<<<<<<< HEAD\r\nb: 1\r\n=======\r\nb: 2\r\n>>>>>>> main\r\n", "f.yml:2:1: merge conflict markers, lines 2–6", "Resolve"},
		{"two documents", "a: 1\n---\nb: 1\n", "f.yml:2:1: the file holds more than one YAML document", "---"},
		{"duplicate key", "a: 1\nb: 2\na: 3\n", `f.yml:3:1: key "a" is given twice, first on line 1`, "Remove"},
		{"duplicate nested, quoted", "x:\n  a: 1\n  \"a\": 3\n", `f.yml:3:3: key "a" is given twice, first on line 2`, "Remove"},
		{"map as key", "? [a]\n: b\n", "f.yml:1:3: a key must be plain text", "text"},
		{"self reference", "a: &x\n  b: *x\n", "f.yml:1:4: anchor &x contains itself", "*x"},
		{"self merge", "a: &x\n  <<: *x\n", "f.yml:1:4: anchor &x contains itself", "*x"},
		{"bomb", bomb, "f.yml:1:1: the aliases of the file expand to more than 100000 values", "aliases"},
		{"merge of a text", "a:\n  <<: foo\n", "f.yml:2:7: a merge key takes a mapping, not a text", "mapping"},
		{"merge of texts", "a:\n  <<: [foo]\n", "f.yml:2:8: a merge key takes mappings, not a text", "mapping"},
		{"unknown anchor", "a: 1\nb: *nope\n", "f.yml:2:4: not valid YAML: unknown anchor 'nope' referenced", "Fix"},
		{"tab", "a:\n\tb: 1\n", "f.yml:2:2: not valid YAML: found character that cannot start any token", "spaces"},
		{"bad indent", "a: 1\n  b: 2\n", "f.yml:2:3: not valid YAML: mapping values are not allowed in this context", "Fix"},
		{"open quote", "x: 1\na: \"b\n", "f.yml:2:1: not valid YAML: found unexpected end of stream", "Fix"},
		{"open list on the first line", "a: [1\nb: 2\n", "f.yml:2:1: not valid YAML: did not find expected ',' or ']'", "Fix"},
		{"stray text", "x: 1\ny: 2\nz:\n- a\nb\n", "f.yml:5:1: not valid YAML: could not find expected ':'", "Fix"},
		{"UTF-16", "\xff\xfea\x00", "f.yml:1:1: the file is encoded in UTF-16", "UTF-8"},
		{"not UTF-8", "a: 1\nb: \xe9\n", "f.yml:2:4: the text is not valid UTF-8", "UTF-8"},
		{"control", "a: x\x01\n", "f.yml:1:5: control character U+0001 in the text", "Remove"},
		{"huge", strings.Repeat("#", maxSize+1), "f.yml: the file has 16777217 bytes; at most 16777216 are read", "Check"},
		{"nested too deep", strings.Repeat("[", 20000), "exceeded max depth", "Fix"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("f.yml", []byte(tt.src))
			var f *fault.Error
			if !errors.As(err, &f) {
				t.Fatalf("err = %v, want a fault", err)
			}
			if !strings.Contains(f.Error(), tt.want) {
				t.Errorf("error %q\nwant  %q", f, tt.want)
			}
			if !strings.Contains(f.Next, tt.next) {
				t.Errorf("next %q lacks %q", f.Next, tt.next)
			}
		})
	}
}

func TestMentionOfConflictIsNoConflict(t *testing.T) {
	mustParse(t, "doc: |\n  <<<<<<< HEAD\n  =======\n  >>>>>>> x\nb: \"<<<<<<< a\"\n")
}

func TestDeepAliasesAreRead(t *testing.T) {
	d := mustParse(t, "a: &a {x: &v deep}\nb: &b {a: *a}\nc: {b: *b}\nd: *v\n")
	got, _ := d.Get("c", "b", "a", "x")
	if got.String() != "deep" {
		t.Errorf("got %q", got)
	}
}
