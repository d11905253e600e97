package json5

import (
	"bytes"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	v, err := Parse("a.json5", []byte("\ufeff// a\n{ one: 'it\\'s \\x41\\u0042', \"two\": [1, +.5, 0x1F, -Infinity, null, true,], /* b */ $three_3: { }, }\n// end"))
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Get("one").Text; got != "it's AB" {
		t.Errorf("one is %q", got)
	}
	var kinds []Kind
	for _, e := range v.Get("two").Elements {
		kinds = append(kinds, e.Kind)
	}
	if !bytes.Equal(toBytes(kinds), toBytes([]Kind{numberKind, numberKind, numberKind, numberKind, nullKind, Bool})) {
		t.Errorf("two is %v", kinds)
	}
	if v.Get("$three_3").Kind != objectKind || v.Get("one", "more") != nil || v.Get("four") != nil {
		t.Error("members are found elsewhere")
	}
}

func toBytes(list []Kind) []byte {
	var out []byte
	for _, k := range list {
		out = append(out, byte(k))
	}
	return out
}

func TestRefuses(t *testing.T) {
	for _, src := range []string{"", "{", "{a}", "{a: }", "{a: 1 b: 2}", "[1 2]", "{,}", "'a", "'a\nb'", "{} x", "/* a", "word", "\"\\u12", "\"\\", strings.Repeat("[", 300), "{a: {b: 1}"} {
		if v, err := Parse("a.json5", []byte(src)); err == nil {
			t.Errorf("%q is read as %+v", src, v)
		} else if !strings.HasPrefix(err.Error(), "a.json5:") {
			t.Errorf("%q: %v has no place", src, err)
		}
	}
}

const rule = "{\n  \"off\": [\n    1\n  ]\n}"

func TestAppend(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"to a list", "{\n  \"a\": [\n    {\n      \"b\": 1\n    }\n  ]\n}\n", "{\n  \"a\": [\n    {\n      \"b\": 1\n    },\n    {\n      \"off\": [\n        1\n      ]\n    }\n  ]\n}\n"},
		{"with a comma at its end", "{\n\ta: [\n\t\t{ b: 1 }, // one\n\t\t// end\n\t],\n}", "{\n\ta: [\n\t\t{ b: 1 }, // one\n\t\t{\n\t\t\t\"off\": [\n\t\t\t\t1\n\t\t\t]\n\t\t},\n\t\t// end\n\t],\n}"},
		{"behind a comment", "{\n  a: [\n    { b: 1 } // one\n  ]\n}", "{\n  a: [\n    { b: 1 }, // one\n    {\n      \"off\": [\n        1\n      ]\n    }\n  ]\n}"},
		{"that is empty", "{\n  \"a\": []\n}", "{\n  \"a\": [\n    {\n      \"off\": [\n        1\n      ]\n    }\n  ]\n}"},
		{"that has a comment", "{\n  a: [\n    // none\n  ]\n}", "{\n  a: [\n    {\n      \"off\": [\n        1\n      ]\n    }\n    // none\n  ]\n}"},
		{"that is not there", "{\r\n    \"x\": 1\r\n}\r\n", "{\r\n    \"x\": 1,\r\n    \"a\": [\r\n        {\r\n            \"off\": [\r\n                1\r\n            ]\r\n        }\r\n    ]\r\n}\r\n"},
		{"in an empty object", "{}", "{\n  \"a\": [\n    {\n      \"off\": [\n        1\n      ]\n    }\n  ]\n}"},
		{"on one line", `{"a": [{"b": 1}]}`, "{\"a\": [{\"b\": 1}, {\n  \"off\": [\n    1\n  ]\n}]}"},
	} {
		got, err := Append("a.json", []byte(tt.src), []string{"a"}, rule)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", tt.name, err, got, tt.want)
		}
	}
	got, err := Append("package.json", []byte("{\n  \"name\": \"x\",\n  \"renovate\": {\n    \"extends\": []\n  }\n}\n"), []string{"renovate", "a"}, rule)
	want := "{\n  \"name\": \"x\",\n  \"renovate\": {\n    \"extends\": [],\n    \"a\": [\n      {\n        \"off\": [\n          1\n        ]\n      }\n    ]\n  }\n}\n"
	if err != nil || string(got) != want {
		t.Errorf("below a member: %v\n%s", err, got)
	}
	for _, src := range []string{"[]", `{"a": 1}`, `{"a": {}}`, "{"} {
		if got, err := Append("a.json", []byte(src), []string{"a"}, rule); err == nil {
			t.Errorf("%s becomes %s", src, got)
		}
	}
}

// Whatever is read can be added to, and what was there stays, byte for byte and in meaning.
func FuzzAppend(f *testing.F) {
	for _, s := range []string{"{a: [1, 2,] /* x */}", "{ // c\n}", "{'a': [/**/]}", "{\"a\": [\n{}\n,\n]}", "{b: {a: 1}, a: []}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		out, err := Append("a.json5", []byte(src), []string{"a"}, rule)
		if err != nil {
			return
		}
		rest := string(out)
		for _, c := range src { // the old text is within the new one, in order
			i := strings.IndexRune(rest, c)
			if i < 0 && !strings.ContainsRune(" \t\r\n\v\f\u0085\u00a0", c) {
				t.Fatalf("%q becomes %q: %q is lost", src, out, c)
			}
			if i >= 0 {
				rest = rest[i:]
			}
		}
	})
}
