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

func TestSeveralEdits(t *testing.T) {
	d := mustParse(t, "a: 1.0.0\nb: \"x\"\n")
	for _, err := range []error{
		d.SetString([]string{"a"}, "10.0.0-next.1"),
		d.SetString([]string{"b"}, "longer than before"),
		d.SetString([]string{"a"}, "2.0.0"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, want := string(d.Bytes()), "a: 2.0.0\nb: \"longer than before\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
