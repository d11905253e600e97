package osv

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestScanRecord(t *testing.T) {
	for _, test := range []struct {
		src   string
		names string
		ok    bool
	}{
		{`{"modified":"m","affected":[{"package":{"ecosystem":"npm","name":"a"}},{"package":{"name":"b","ecosystem":"npm"}}]}`, "a b", true},
		{" { \"affected\" :\t[ { \"package\" : { \"ecosystem\" : \"npm\" , \"name\" : \"a\" } } ] ,\n\"modified\":\"m\" } \n", "a", true},
		{`{"modified":"m","affected":[{"package":{"ecosystem":"PyPI","name":"a"}}]}`, "", true},
		{`{"modified":"m","affected":null,"details":"\"affected\":[{\"package\":{\"name\":\"x\"}}]"}`, "", true},
		{`{"modified":"m","x":{"affected":[{"package":{"ecosystem":"npm","name":"no"}}]},"affected":[{"ranges":[1,-2.5e3,true,null,{"a":[]}],"package":{"ecosystem":"npm","name":"a"}}]}`, "a", true},
		{`{"modified":"m","\u0061ffected":[{"package":{"ecosystem":"\u006epm","name":"\u0040s\/a"}}]}`, "@s/a", true},
		{`{"modified":"m","details":"ends in \\","affected":[{"package":{"ecosystem":"npm","name":"a"}}]}`, "a", true},
		{`{"modified":"m","affected":[{"package":{"ecosystem":"npm","name":"a"}}],"affected":[{"package":{"ecosystem":"npm","name":"b"}}]}`, "a b", true},
		{`{"affected":[]}`, "", false}, // no date
		{`{"modified":"m"`, "", false},
		{`{"modified":"m"} x`, "", false},
		{`{"modified":"m","affected":[{"package":{"ecosystem":"npm","name":"a`, "", false},
		{`{"modified":"m","affected":[{"package":{"ecosystem":"npm","name":1}}]}`, "", false},
		{`{"modified":"m","affected":"a"}`, "", false},
		{`{"modified":"m","x":]}`, "", false},
		{`{"modified":"m","affected":[{"package":{"ecosystem":"npm","name":"` + "\xe3" + `"}}]}`, "", false},
		{`[]`, "", false},
		{``, "", false},
		{`null`, "", false},
	} {
		r, err := new(recordReader).scan([]byte(test.src))
		if (err == nil) != test.ok || strings.Join(r.names, " ") != test.names {
			t.Errorf("%s: %q, %v", test.src, r.names, err)
		}
	}
}

// FuzzScanRecord: of JSON that encoding/json takes for a record, the scanner
// finds the same names, and it takes nothing else for one.
func FuzzScanRecord(f *testing.F) {
	files, err := filepath.Glob("testdata/records/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte(`{"modified":"m","affected":[{"package":{"ecosystem":"npm","name":"a\\\"b"}}],"x":[1,{"y":[]}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := new(recordReader).scan(src)
		trimmed, trimErr := engineRecord(src)
		var names []string
		for _, a := range trimmed.GetAffected() {
			names = append(names, a.GetPackage().GetName())
		}
		if !json.Valid(src) {
			return
		}
		var doc map[string]json.RawMessage
		if json.Unmarshal(src, &doc) != nil {
			if err == nil {
				t.Fatalf("%q is no object", src)
			}
			return
		}
		var want, date string
		if trimErr == nil && json.Unmarshal(doc["id"], &want) == nil && trimmed.GetId() != want && utf8.Valid(src) {
			t.Fatalf("id %q, want %q", trimmed.GetId(), want)
		}
		if err == nil && trimErr == nil && !slices.Equal(names, r.names) && strings.Count(string(src), "package") <= len(names) &&
			!bytes.ContainsAny(src, `\`) && !strings.Contains(strings.ToLower(string(src)), "null") {
			t.Fatalf("%q for the engine, %q in the index: %s", names, r.names, src)
		}
		if json.Unmarshal(doc["modified"], &date) != nil || date == "" {
			return
		}
		var raw []map[string]json.RawMessage
		if doc["affected"] != nil && json.Unmarshal(doc["affected"], &raw) != nil {
			return
		}
		for _, a := range raw {
			var p map[string]json.RawMessage
			var name, ecosystem string
			if json.Unmarshal(a["package"], &p) != nil || json.Unmarshal(p["name"], &name) != nil || json.Unmarshal(p["ecosystem"], &ecosystem) != nil {
				return
			}
			if err == nil && ecosystem == ecosystemNPM && !slices.Contains(r.names, name) {
				t.Fatalf("%q is missing in %q of %s", name, r.names, src)
			}
		}
		// A key that comes twice is one in a map, and null is "" to encoding/json.
		for _, key := range []string{"affected", "package", "name", "ecosystem", "modified"} {
			if strings.Count(string(src), key) > max(1, len(raw)) {
				return
			}
		}
		if err != nil && !strings.Contains(string(src), "null") && !strings.Contains(string(src), `\u`) && utf8.Valid(src) {
			t.Fatalf("%v: %s", err, src)
		}
	})
}
