package jsonedit

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEdit(t *testing.T) {
	set := func(s string, path ...string) func(*Doc) error {
		return func(d *Doc) error { return d.SetString(path, s) }
	}
	insert := func(s string, path ...string) func(*Doc) error {
		return func(d *Doc) error { return d.InsertString(path, s) }
	}
	remove := func(path ...string) func(*Doc) error {
		return func(d *Doc) error { return d.Remove(path) }
	}
	tests := []struct {
		name, in string
		edit     func(*Doc) error
		want     string
	}{
		{"set keeps all else", "\ufeff{\r\n\t\"a\" :\t\"1\" ,\r\n\r\n\t\"b\": [1,  2]}", set("2", "a"), "\ufeff{\r\n\t\"a\" :\t\"2\" ,\r\n\r\n\t\"b\": [1,  2]}"},
		{"set what it is already", `{"a": "\u005e1", "b" : 1}`, set("^1", "a"), `{"a": "\u005e1", "b" : 1}`},
		{"set escapes as JSON.stringify", `{"a": ""}`, set("<&>\"\\\n\x01\u2028é", "a"), "{\"a\": \"<&>\\\"\\\\\\n\\u0001\u2028é\"}"},
		{"set the last duplicate", `{"a":"1","a":"2"}`, set("3", "a"), `{"a":"1","a":"3"}`},
		{"set in the last duplicate parent", `{"d":{"a":"1"},"d":{"a":"2"}}`, set("3", "d", "a"), `{"d":{"a":"1"},"d":{"a":"3"}}`},
		{"set another kind", `{"a": null}`, set("x", "a"), `{"a": "x"}`},
		{"set an element", `{"a": ["x" , "y"]}`, set("z", "a", "1"), `{"a": ["x" , "z"]}`},
		{"set the root", ` "a" `, set("b"), ` "b" `},

		{"insert first", "{\n  \"d\": {\n    \"b\": \"1\",\n    \"c\": \"1\"\n  }\n}\n", insert("2", "d", "a"), "{\n  \"d\": {\n    \"a\": \"2\",\n    \"b\": \"1\",\n    \"c\": \"1\"\n  }\n}\n"},
		{"insert between", "{\"d\": {\n    \"a\": \"1\",\n    \"c\": \"1\"\n  }}", insert("2", "d", "b"), "{\"d\": {\n    \"a\": \"1\",\n    \"b\": \"2\",\n    \"c\": \"1\"\n  }}"},
		{"insert last", "{\"d\": {\r\n\t\t\"a\":\"1\",\r\n\t\t\"c\":\"1\"\r\n\t}}", insert("2", "d", "x"), "{\"d\": {\r\n\t\t\"a\":\"1\",\r\n\t\t\"c\":\"1\",\r\n\t\t\"x\":\"2\"\r\n\t}}"},
		{"insert into unsorted", `{"d": {"b": 1, "a": 1}}`, insert("2", "d", "aa"), `{"d": {"b": 1, "a": 1, "aa": "2"}}`},
		{"insert inline first", `{"d":{ "b": 1 }}`, insert("2", "d", "a"), `{"d":{ "a": "2", "b": 1 }}`},
		{"insert into compact", `{"d":{"b":1}}`, insert("2", "d", "a"), `{"d":{"a":"2","b":1}}`},
		{"insert does not repeat a blank line", "{\"d\": {\n  \"a\": 1,\n\n  \"c\": 1\n}}", insert("2", "d", "b"), "{\"d\": {\n  \"a\": 1,\n\n  \"b\": \"2\",\n  \"c\": 1\n}}"},
		{"insert into the root goes last", "{\n    \"name\": \"x\",\n    \"version\": \"1\"\n}", insert("2", "engines"), "{\n    \"name\": \"x\",\n    \"version\": \"1\",\n    \"engines\": \"2\"\n}"},
		{"insert into an empty object", "{\n\t\"a\": {},\n\t\"b\": 1\n}", insert("2", "a", "x"), "{\n\t\"a\": {\n\t\t\"x\": \"2\"\n\t},\n\t\"b\": 1\n}"},
		{"insert into an empty object with lines", "{\r\n    \"a\": {\r\n    }\r\n}", insert("2", "a", "x"), "{\r\n    \"a\": {\r\n        \"x\": \"2\"\r\n    }\r\n}"},
		{"insert into an empty inline object", `{"a":{}}`, insert("2", "a", "x"), `{"a":{"x":"2"}}`},
		{"insert into the empty root", "{}\r\n", insert("2", "x"), "{\r\n  \"x\": \"2\"\r\n}\r\n"},
		{"insert with missing parents", "{\n  \"name\": \"x\"\n}", insert("2", "resolutions", "a"), "{\n  \"name\": \"x\",\n  \"resolutions\": {\n    \"a\": \"2\"\n  }\n}"},
		{"insert where the value is on a line of its own", "{\"d\": {\n  \"a\":\n    1\n}}", insert("2", "d", "b"), "{\"d\": {\n  \"a\":\n    1,\n  \"b\": \"2\"\n}}"},
		{"insert into an object in an array", `[{"a": 1}]`, insert("2", "0", "b"), `[{"a": 1, "b": "2"}]`},

		{"remove first", "{\n  \"a\": 1,\n  \"b\": 2\n}", remove("a"), "{\n  \"b\": 2\n}"},
		{"remove between", "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}", remove("b"), "{\n  \"a\": 1,\n  \"c\": 3\n}"},
		{"remove last", "{\r\n  \"a\": 1 ,\r\n  \"b\": 2\r\n}", remove("b"), "{\r\n  \"a\": 1\r\n}"},
		{"remove only", "{\n  \"d\": {\n    \"a\": 1\n  }\n}", remove("d", "a"), "{\n  \"d\": {}\n}"},
		{"remove inline", `{ "a": 1, "b": 2, "c": 3 }`, remove("a"), `{ "b": 2, "c": 3 }`},
		{"remove inline last", `{"a": 1, "c": 3}`, remove("c"), `{"a": 1}`},
		{"remove all duplicates", `{"a": 1, "b": 2, "a": 3}`, remove("a"), `{"b": 2}`},
		{"remove an element", `{"a": ["x", "y", "z"]}`, remove("a", "1"), `{"a": ["x", "z"]}`},
		{"remove the only element", `{"a": [ "x" ]}`, remove("a", "0"), `{"a": []}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := parse(t, tt.in)
			if err := tt.edit(d); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(d.Bytes())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEditErrors(t *testing.T) {
	const src = "{\n  \"a\": {\"x\": \"1\"},\n  \"b\": [1]\n}"
	tests := []struct {
		name string
		edit func(*Doc) error
		want string
	}{
		{"set nothing", func(d *Doc) error { return d.SetString([]string{"a", "y"}, "") }, `package.json: there is no "a" > "y"`},
		{"insert invalid", func(d *Doc) error { return d.Insert([]string{"c"}, []byte("{,}")) }, `package.json: not a JSON value: "{,}"`},
		{"insert a comment", func(d *Doc) error { return d.Insert([]string{"c"}, []byte("1//")) }, `package.json: not a JSON value: "1//"`},
		{"insert what is there", func(d *Doc) error { return d.InsertString([]string{"a", "x"}, "") }, `package.json:2:14: "a" > "x" is there already`},
		{"insert into an array", func(d *Doc) error { return d.InsertString([]string{"b", "x"}, "") }, `package.json:3:8: "b" is an array, an object expected`},
		{"insert below a string", func(d *Doc) error { return d.InsertString([]string{"a", "x", "y"}, "") }, `package.json:2:14: "a" > "x" is a string, an object expected`},
		{"insert nothing", func(d *Doc) error { return d.InsertString(nil, "") }, `package.json:1:1: the whole document cannot be inserted`},
		{"insert half way", func(d *Doc) error { return d.InsertString([]string{"b", "x", "y"}, "") }, `package.json:3:8: "b" is an array, an object expected`},
		{"remove nothing", func(d *Doc) error { return d.Remove([]string{"c"}) }, `package.json: there is no "c"`},
		{"remove the root", func(d *Doc) error { return d.Remove(nil) }, `package.json:1:1: the whole document cannot be removed`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := parse(t, src)
			err := tt.edit(d)
			if err == nil || err.Error() != tt.want {
				t.Errorf("error\n got %v\nwant %s", err, tt.want)
			}
			if string(d.Bytes()) != src {
				t.Errorf("the document changed: %s", d.Bytes())
			}
		})
	}
}

// FuzzParse: no panic; what is accepted is kept and is what encoding/json
// accepts; a set changes one literal; insert and remove undo each other in
// meaning.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{}`, "\ufeff{\r\n\t\"dependencies\": {\r\n\t\t\"a\" : \"^1\"\r\n\t}\r\n}", `{"a":{"b":[1,{"c":null}]},"a":2}`,
		`{"a": 1,}`, `{/**/}`, "[[[[", "{\n<<<<<<< x\n}", `{"\u0061":"\ud800"}`, "{\"a\":\"\xff\"}",
	} {
		f.Add([]byte(s), "a")
	}
	f.Fuzz(func(t *testing.T, src []byte, s string) {
		d, err := Parse("f.json", src)
		body := strings.TrimPrefix(string(src), bom)
		if (err == nil) != json.Valid([]byte(body)) {
			t.Fatalf("Parse: %v, json.Valid says otherwise", err)
		}
		if err != nil {
			return
		}
		if string(d.Bytes()) != string(src) {
			t.Fatalf("Bytes() = %q", d.Bytes())
		}
		for _, m := range d.Members() {
			checkSet(t, src, m.Name, s)
		}
		if d.Root().Kind() != Object {
			return
		}
		if _, ok := d.Get("new"); ok {
			return
		}
		before := meaning(t, d)
		if err := d.InsertString([]string{"new"}, s); err != nil {
			t.Fatal(err)
		}
		if err := d.Remove([]string{"new"}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, meaning(t, d)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func checkSet(t *testing.T, src []byte, name, s string) {
	d, err := Parse("f.json", src)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := d.Get(name)
	start, end := v.v.StartOffset, v.v.EndOffset
	bomLen := len(d.prefix)
	if err := d.SetString([]string{name}, s); err != nil {
		t.Fatal(err)
	}
	got := string(d.Bytes())
	head, tail := string(src[:bomLen+start]), string(src[bomLen+end:])
	if !strings.HasPrefix(got, head) || !strings.HasSuffix(got, tail) {
		t.Fatalf("setting %q changed more than its literal: %q to %q", name, src, got)
	}
	if v, _ := d.Get(name); v.String() != strings.ToValidUTF8(s, "\ufffd") && v.String() != s {
		// ToValidUTF8 joins runs of bad bytes, the literal has one sign for each.
		if !strings.Contains(v.String(), "\ufffd") {
			t.Fatalf("set %q, got %q", s, v)
		}
	}
}

func meaning(t *testing.T, d *Doc) any {
	var m any
	if err := json.Unmarshal(d.src.body, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// Spans and literals are what a caller needs to edit the text itself.
func TestSpan(t *testing.T) {
	const src = "\xef\xbb\xbf{\r\n\t\"a\": \"1\", \"b\": {\"c\" : \"2\"}}"
	d := parse(t, src)
	for path, want := range map[string]string{"a": `"1"`, "b": `{"c" : "2"}`} {
		v, _ := d.Get(path)
		if start, end := v.Span(); src[start:end] != want {
			t.Errorf("%s: %q, want %q", path, src[start:end], want)
		}
	}
	if err := d.SetString([]string{"a"}, "longer"); err != nil {
		t.Fatal(err)
	}
	b, _ := d.Get("b", "c")
	if start, end := b.Span(); string(d.Bytes()[start:end]) != `"2"` {
		t.Errorf("after an edit: %q", d.Bytes()[start:end])
	}
	if start, end := (Value{}).Span(); start != 0 || end != 0 {
		t.Error("nothing has a place")
	}
	if got := string(Literal(`a"b`)); got != `"a\"b"` {
		t.Error(got)
	}
}
