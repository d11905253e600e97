package jsonedit

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
)

func parse(t *testing.T, src string) *Doc {
	t.Helper()
	d, err := Parse("package.json", []byte(src))
	if err != nil {
		t.Fatalf("Parse(%q): %v", src, err)
	}
	return d
}

func TestParseKeepsBytes(t *testing.T) {
	for _, src := range []string{
		`{}`, ` [ ] `, `null`, `"a"`, `1.50E+2`,
		"\ufeff{\r\n\t\"a\" :\t[1,2, 3]\r\n}",
		"{\"a\":1,\"a\":2}\n\n",
		`{"\u0061\/b":"\ud83d\ude00 é \ud800"}`,
		"{\"a\":\"\xff\"}",
		"{\"a\":\"\u2028\"}",
	} {
		d := parse(t, src)
		if got := string(d.Bytes()); got != src {
			t.Errorf("Bytes() = %q, want %q", got, src)
		}
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ name, src, want, next string }{
		{"comment", "{\n  // why\n  \"a\": 1\n}", "package.json:2:3: JSON has no comments", nextFix},
		{"block comment", `{"a": /* b */ 1}`, "package.json:1:7: JSON has no comments", nextFix},
		{"trailing comma", "{\n  \"a\": 1,\n}\n", "package.json:2:9: JSON has no trailing commas", nextFix},
		{"trailing comma in an array", "[1, ]", "package.json:1:3: JSON has no trailing commas", nextFix},
		{"missing comma", "{\"é\": \"é\" \"b\": 2}", "package.json:1:11: a comma is missing before this", nextFix},
		{"missing comma in an array", "[1 [2]]", "package.json:1:4: a comma is missing before this", nextFix},
		{"missing colon", `{"a" "b"}`, `package.json:1:6: not valid JSON: invalid character '"' after object key`, nextFix},
		{"single quotes", "{'a': 1}", "package.json:1:2: JSON needs double quotes", nextFix},
		{"open string", "{\n  \"a: 1,\n}", "package.json:2:9: a string is not closed, or has a control character in it", nextFix},
		{"escape", `{"a": "\x"}`, "package.json:1:9: a string has an unknown escape", nextFix},
		{"end", "{\n  \"a\": {\n", "package.json:3:1: the file ends in the middle of a value", nextFix},
		{"empty", "", "package.json:1:1: the file is empty, JSON expected", nextFix},
		{"blank with a mark", "\ufeff \n", "package.json:1:1: the file is empty, JSON expected", nextFix},
		{"two values", "{}\n{}", "package.json:2:1: not valid JSON: invalid character '{' after top-level value", nextFix},
		{"second mark", "\ufeff{\n\ufeff\"a\": 1}", "package.json:2:1: a byte order mark in the middle of the file", nextFix},
		{"number", "[01]", "package.json:1:3: not valid JSON: invalid character '1' after array element", nextFix},
		{"HTML", "<!DOCTYPE html>", "package.json:1:1: not valid JSON: invalid character '<' looking for beginning of value", nextFix},
		{"UTF-16", "\xff\xfe{\x00}\x00", "package.json: not a text file in UTF-8", nextEncoding},
		{"conflict", "{\n<<<<<<< HEAD\n  \"a\": 1\n=======\n  \"a\": 2\n>>>>>>> main\n}", "package.json:2:1: merge conflict markers, lines 2–6", nextConflict},
		{"conflict with CRLF", "{\r\n  \"a\": 1,\r\n=======\r\n}", "package.json:3:1: merge conflict markers, line 3", nextConflict},
		{"diff3 conflict", "{\n||||||| base\n}", "package.json:2:1: merge conflict markers, line 2", nextConflict},
		{"depth", strings.Repeat("[", 10_001), "package.json:1:10001: nested too deep (the limit is 10,000 levels)", nextFix},
		{"great depth", strings.Repeat(`{"a":`, 1_000_000), "package.json:1:50001: nested too deep (the limit is 10,000 levels)", nextFix},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("package.json", []byte(tt.src))
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("error\n got %s\nwant %s", got, tt.want)
			}
			if got := fault.NextOf(err); got != tt.next {
				t.Errorf("next %q, want %q", got, tt.next)
			}
		})
	}
}

const nextConflict = "Resolve the merge conflict, then run the command again. git grep -n '^<<<<<<< ' lists them all, committed ones too."

// A conflict marker inside a string is not a conflict, and deep but allowed
// nesting is read and edited.
func TestParseAccepts(t *testing.T) {
	parse(t, `{"a": "<<<<<<< HEAD"}`)
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	d := parse(t, deep)
	if string(d.Bytes()) != deep {
		t.Error("deep document not kept")
	}
}

func TestGet(t *testing.T) {
	d := parse(t, "{\n  \"a\": {\"x\": 1, \"x\": \"\\u0032\"},\n  \"é\": [true, null, [\"s\"]]\n}")
	type view struct {
		Kind Kind
		Text string
		Pos  string
	}
	tests := []struct {
		path []string
		want view
	}{
		{[]string{"a", "x"}, view{String, "2", "package.json:2:22"}},
		{[]string{"é", "0"}, view{Bool, "true", "package.json:3:9"}},
		{[]string{"é", "1"}, view{Null, "null", "package.json:3:15"}},
		{[]string{"é", "2", "0"}, view{String, "s", "package.json:3:22"}},
	}
	for _, tt := range tests {
		v, ok := d.Get(tt.path...)
		if !ok {
			t.Errorf("Get(%q): nothing", tt.path)
			continue
		}
		if diff := cmp.Diff(tt.want, view{v.Kind(), v.String(), v.Pos().String()}); diff != "" {
			t.Errorf("Get(%q): %s", tt.path, diff)
		}
	}
	for _, path := range [][]string{{"b"}, {"a", "y"}, {"é", "3"}, {"é", "-1"}, {"é", "00"}, {"é", "0", "x"}, {"é", "x"}} {
		if v, ok := d.Get(path...); ok {
			t.Errorf("Get(%q) = %s, want nothing", path, v.Raw())
		}
	}
	if v, ok := d.Get(); !ok || v.Kind() != Object {
		t.Error("Get() is not the root")
	}
	var none *Doc
	if v, ok := none.Get("a"); ok || v.Kind() != Null || none.Members() != nil {
		t.Error("a file of no bytes has members")
	}
	var zero Value
	if zero.Kind() != Null || zero.String() != "null" || !zero.Pos().IsZero() || zero.Raw() != nil || zero.Members() != nil {
		t.Error("the zero Value is not a plain null")
	}
}

func TestMembers(t *testing.T) {
	d := parse(t, `{"d": {"x": 1}, "d": {"y": 1, "x": 2, "y": 3}, "l": [{"z": 1, "z": 2}]}`)
	var got []string
	for _, m := range d.Members("d") {
		got = append(got, m.Name+"="+m.Value.String()+" "+m.Pos().String())
	}
	want := []string{"y=1 package.json:1:23", "x=2 package.json:1:31", "y=3 package.json:1:39"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if d.Members("nope") != nil || d.Members("l") != nil {
		t.Error("members of what is no object")
	}
}

// A Value read before an edit still shows the version it came from.
func TestValueOutlivesEdit(t *testing.T) {
	d := parse(t, "{\n\"a\": \"1\", \"b\": \"2\"}")
	b, _ := d.Get("b")
	if err := d.SetString([]string{"a"}, "long enough to move b"); err != nil {
		t.Fatal(err)
	}
	if b.String() != "2" || b.Pos().Col != 16 {
		t.Errorf("old value reads %s at %s", b, b.Pos())
	}
}

func TestCorporaRoundTrip(t *testing.T) {
	root, files := testshared.Dir(t, "corpus"), 0
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		d, err := Parse(path, src)
		if err != nil {
			return err
		}
		files++
		if string(d.Bytes()) != string(src) {
			return errors.New(path + " is not kept")
		}
		return nil
	})
	if err != nil || files < 175 {
		t.Errorf("%d files, %v", files, err)
	}
}
