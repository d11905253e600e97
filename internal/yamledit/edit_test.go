package yamledit

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
)

func TestSetString(t *testing.T) {
	tests := []struct{ name, src, path, s, want string }{
		{"plain", "a: ^1.0.0 # why\nb: 2\n", "a", "^1.2.0", "a: ^1.2.0 # why\nb: 2\n"},
		{"double quotes stay", "a: \"^1.0.0\"\n", "a", "^2.0.0", "a: \"^2.0.0\"\n"},
		{"single quotes stay", "a: 'x'\n", "a", "it's", "a: 'it''s'\n"},
		{"single quotes that cannot hold it", "a: 'x'\n", "a", "x\ny", "a: \"x\\ny\"\n"},
		{"escapes", `a: "x"`, "a", "\"\\\t\u0001\U0001f600\u0085", `a: "\"\\\t\u0001` + "\U0001f600" + `\u0085"`},
		{"flow", "m: {a: x, b: [y, z]}\n", "m/b/1", "w", "m: {a: x, b: [y, w]}\n"},
		{"flow needs quotes", "m: {a: x}\n", "m/a", "p, q", "m: {a: 'p, q'}\n"},
		{"plain that must be quoted", "a: x\n", "a", "@scope/x", "a: '@scope/x'\n"},
		{"the file's quotes are taken", "b: \"y\"\na: x\n", "a", "*", "b: \"y\"\na: \"*\"\n"},
		{"not a number", "a: x\n", "a", "1.10", "a: '1.10'\n"},
		{"number to number", "a: 18\n", "a", "19", "a: 19\n"},
		{"number to range", "a: 18\n", "a", "^19", "a: ^19\n"},
		{"not a boolean of YAML 1.1", "a: x\n", "a", "yes", "a: 'yes'\n"},
		{"comment sign", "a: x\n", "a", "y #z", "a: 'y #z'\n"},
		{"colon", "a: npm:x@^1\n", "a", "npm:x@^2", "a: npm:x@^2\n"},
		{"empty", "a: x\n", "a", "", "a: ''\n"},
		{"left out value", "a:\nb: 1\n", "a", "x", "a: x\nb: 1\n"},
		{"left out value with comment", "a: # later\nb: 1\n", "a", "x", "a: x # later\nb: 1\n"},
		{"left out last value", "b: 1\na:", "a", "x", "b: 1\na: x"},
		{"CRLF and BOM", "\ufeffk: 0\r\na: x\r\n", "a", "w", "\ufeffk: 0\r\na: w\r\n"},
		{"BOM line", "\ufeffa: x\n", "a", "w", "\ufeffa: w\n"},
		{"after wide characters", "ключ: [\"значение\", b]\n", "ключ/1", "c", "ключ: [\"значение\", c]\n"},
		{"several lines", "a: x\n  y\n  z\nb: 1\n", "a", "w", "a: w\nb: 1\n"},
		{"several quoted lines", "a: \"x\n  \\\" y\"\nb: 1\n", "a", "w", "a: \"w\"\nb: 1\n"},
		{"anchor stays", "a: &v x\nb: *v\n", "a", "w", "a: &v w\nb: *v\n"},
		{"same text", "a: 'x'\n", "a", "x", "a: 'x'\n"},
		{"after a line separator", "a: \"\u2028\"\nb: x\n", "b", "w", "a: \"\u2028\"\nb: w\n"},
		{"text null stays text", "a: null\n", "a", "null", "a: 'null'\n"},
		{"explicit key", "? a\n: x\n", "a", "w", "? a\n: w\n"},
		{"plain with a quote inside", "- don't # it's\n- b\n", "0", "do", "- do # it's\n- b\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := mustParse(t, tt.src)
			path := strings.Split(tt.path, "/")
			if err := d.SetString(path, tt.s); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(d.Bytes())); diff != "" {
				t.Error(diff)
			}
			if got, _ := d.Get(path...); got.String() != tt.s {
				t.Errorf("Get after SetString = %q", got)
			}
		})
	}
}

func TestSetStringRefuses(t *testing.T) {
	tests := []struct{ name, src, path, want string }{
		{"alias", "a: &x v\nb: *x\n", "b", "f.yml:2:4: b comes through an alias or merge key from line 1"},
		{"below an alias", "a: &x {k: v}\nb: *x\n", "b/k", "b.k comes through an alias or merge key from line 1"},
		{"merged", "a: &x {k: v}\nb:\n  <<: *x\n", "b/k", "b.k comes through an alias or merge key from line 1"},
		{"merged list", "a: &x {k: v}\nb:\n  <<: [*x]\n", "b/k", "b.k comes through an alias or merge key from line 1"},
		{"mapping", "a: {b: c}\n", "a", "a is a mapping, not a text"},
		{"missing", "a: 1\n", "b", "there is no b"},
		{"literal block", "a: |\n  x\n", "a", "f.yml:1:4: a is a tagged value or a block of text"},
		{"tag", "a: !!int 5\n", "a", "f.yml:1:4: a is a tagged value or a block of text"},
		{"anchored nothing", "a: &x\nb: *x\n", "a", "cannot be changed safely"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := mustParse(t, tt.src)
			err := d.SetString(strings.Split(tt.path, "/"), "new")
			var f *fault.Error
			if !errors.As(err, &f) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v, want %q", err, tt.want)
			}
			if string(d.Bytes()) != tt.src {
				t.Errorf("text changed to %q", d.Bytes())
			}
		})
	}
	d := mustParse(t, "a: x\n")
	if err := d.SetString([]string{"a"}, "\xff"); err == nil {
		t.Error("a value that is not UTF-8 was written")
	}
}

func TestInsertString(t *testing.T) {
	tests := []struct{ name, src, path, s, want string }{
		{"root", "a: 1 # c\n# end\n", "b", "x", "a: 1 # c\nb: x\n# end\n"},
		{"no final newline", "a: 1", "b", "x", "a: 1\nb: x"},
		{"empty file", "", "b", "x", "b: x\n"},
		{"only a BOM", "\ufeff", "b", "x", "\ufeffb: x\n"},
		{"only a comment", "# c\n", "b", "x", "# c\nb: x\n"},
		{"only a comment, open", "# c", "b", "x", "# c\nb: x"},
		{"only a mark", "---\n", "b", "x", "---\nb: x\n"},
		{"nested", "c:\n  a: '1'\nz: 1\n", "c/@x/y", "^1", "c:\n  a: '1'\n  '@x/y': ^1\nz: 1\n"},
		{"item of a list", "p:\n  - path: a\n    spec: b\n  - path: c\n", "p/0/checksum", "ab12", "p:\n  - path: a\n    spec: b\n    checksum: ab12\n  - path: c\n"},
		{"last item", "p:\n  - path: c\n", "p/0/checksum", "ab", "p:\n  - path: c\n    checksum: ab\n"},
		{"CRLF", "a: 1\r\nb: 2\r\n", "c", "x", "a: 1\r\nb: 2\r\nc: x\r\n"},
		{"behind a flow value", "a: {x: [1, 2], # c\n  }\n", "b", "x", "a: {x: [1, 2], # c\n  }\nb: x\n"},
		{"behind a list", "a:\n  l:\n    - 1\n    - {x: [y, ]}\nz: 0\n", "a/k", "v", "a:\n  l:\n    - 1\n    - {x: [y, ]}\n  k: v\nz: 0\n"},
		{"document end", "a: 1\n...\n", "b", "x", "a: 1\nb: x\n...\n"},
		{"key that needs quotes", "a: 1\n", "yes", "x", "a: 1\n'yes': x\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := mustParse(t, tt.src)
			path := strings.Split(tt.path, "/")
			if tt.name == "nested" {
				path = []string{"c", "@x/y"}
			}
			if err := d.InsertString(path, tt.s); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(d.Bytes())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInsertStringRefuses(t *testing.T) {
	for _, tt := range []struct{ name, src, path, want string }{
		{"there already", "a: 1\n", "a", "a is there already"},
		{"flow", "m: {a: 1}\n", "m/b", "m is not a mapping with one member a line"},
		{"no parent", "a: 1\n", "m/b", "there is no m"},
		{"list", "m: [a]\n", "m/b", "m is not a mapping"},
		{"alias", "a: &x\n  k: v\nb: *x\n", "b/n", "comes through an alias"},
		{"behind a block of text", "a: |\n  x\n", "b", "cannot be changed safely"},
	} {
		d := mustParse(t, tt.src)
		err := d.InsertString(strings.Split(tt.path, "/"), "v")
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: err = %v, want %q", tt.name, err, tt.want)
		}
		if string(d.Bytes()) != tt.src {
			t.Errorf("%s: text changed to %q", tt.name, d.Bytes())
		}
	}
}

func TestRemove(t *testing.T) {
	for _, tt := range []struct{ name, src, path, want string }{
		{"first", "a: 1 # x\n# keep\nb: 2\n", "a", "# keep\nb: 2\n"},
		{"last", "a: 1\nb:\n  - x\n  - y: z\n", "b", "a: 1\n"},
		{"last, no newline", "a: 1\nb: 2", "b", "a: 1\n"},
		{"nested", "m:\n  a: 1\n  b: {x: y}\nz: 1\n", "m/b", "m:\n  a: 1\nz: 1\n"},
		{"CRLF", "a: 1\r\nb: 2\r\nc: 3\r\n", "b", "a: 1\r\nc: 3\r\n"},
		{"left out value", "a:\nb: 2\n", "a", "b: 2\n"},
		{"BOM", "\ufeffa: 1\nb: 2\n", "a", "\ufeffb: 2\n"},
	} {
		d := mustParse(t, tt.src)
		if err := d.Remove(strings.Split(tt.path, "/")); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, string(d.Bytes())); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
	for _, tt := range []struct{ name, src, path, want string }{
		{"only member", "m:\n  a: 1\n", "m/a", "not one of several members"},
		{"flow", "m: {a: 1, b: 2}\n", "m/a", "not one of several members"},
		{"behind a dash", "- a: 1\n  b: 2\n", "0/a", "cannot be changed safely"},
		{"anchor in use", "a: &x 1\nb: *x\n", "a", "cannot be changed safely"},
		{"block of text", "a: |\n  x\nb: 1\n", "a", "cannot be changed safely"},
		{"through an alias", "a: &x {p: 1, q: 2}\nb: *x\n", "b/p", "comes through an alias"},
		{"missing", "a: 1\n", "b", "there is no b"},
	} {
		d := mustParse(t, tt.src)
		err := d.Remove(strings.Split(tt.path, "/"))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: err = %v, want %q", tt.name, err, tt.want)
		}
		if string(d.Bytes()) != tt.src {
			t.Errorf("%s: text changed to %q", tt.name, d.Bytes())
		}
	}
}

func TestSeveralEdits(t *testing.T) {
	d := mustParse(t, "a: 1.0.0\nb: \"x\"\n")
	for _, err := range []error{
		d.SetString([]string{"a"}, "10.0.0-next.1"),
		d.SetString([]string{"b"}, "longer than before"),
		d.InsertString([]string{"c"}, "new"),
		d.SetString([]string{"c"}, "newer"),
		d.Remove([]string{"a"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, want := string(d.Bytes()), "b: \"longer than before\"\nc: newer\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSetStrings(t *testing.T) {
	src := "c:\n  a: ^1 # x\n  b: \"2\"\n  d: 3\nf: {g: h, i: j}\nk: &x l\nm: *x\n"
	d := mustParse(t, src)
	err := d.SetStrings([]Set{{[]string{"f", "i"}, "jj"}, {[]string{"c", "b"}, "22"}, {[]string{"c", "a"}, "@1"}, {[]string{"f", "g"}, "h"}, {[]string{"c", "d"}, "33"}})
	want := "c:\n  a: \"@1\" # x\n  b: \"22\"\n  d: 33\nf: {g: h, i: jj}\nk: &x l\nm: *x\n"
	if err != nil || string(d.Bytes()) != want {
		t.Errorf("%v\n%s", err, d.Bytes())
	}
	if err := d.SetStrings([]Set{{[]string{"c", "a"}, "x"}, {[]string{"m"}, "y"}}); err == nil || string(d.Bytes()) != want {
		t.Errorf("one of two is refused: %v\n%s", err, d.Bytes())
	}
	// The same value twice: the last one counts, as in two calls.
	if err := d.SetStrings([]Set{{[]string{"c", "a"}, "x"}, {[]string{"c", "a"}, "z"}}); err != nil || !strings.Contains(string(d.Bytes()), "a: \"z\" #") {
		t.Errorf("twice: %v\n%s", err, d.Bytes())
	}
	if err := d.SetStrings(nil); err != nil {
		t.Error(err)
	}
}
