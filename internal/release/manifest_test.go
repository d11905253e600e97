package release

import (
	"strings"
	"testing"
)

func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"lodash": true, "@backstage/core": true, "a": true, "JSONStream": true, "a.b-c_d~e": true, "@a/b.c": true,
		strings.Repeat("a", 214): true,
		"":                       false, "@": false, "@a": false, "@/b": false, "@a/": false, "@a/b/c": false, "a/b": false, ".a": false, "_a": false,
		"@a/.b": false, "@.a/b": false, "..": false, "a b": false, "a\n": false, "é": false, "a:b": false, "a\\b": false,
		strings.Repeat("a", 215): false,
	} {
		if got := validName(name); got != want {
			t.Errorf("validName(%q) = %v", name, got)
		}
	}
}

func TestParsePackages(t *testing.T) {
	for body, want := range map[string]bool{
		`{"releaseVersion": "0.1.0", "packages": []}`:                                                true,
		`{"releaseVersion": "1.1.0", "packages": []}`:                                                false,
		`{"releaseVersion": "0.1.0", "packages": null}`:                                              false,
		`{"releaseVersion": "1.1.0", "new": {}, "packages": [{"name":"a","version":"1.0.0","x":1}]}`: true,
		`{"releaseVersion": "1.1.0", "packages": [{}]}`:                                              false,
		`{"releaseVersion": "1.1.0", "packages": {"a":"1.0.0"}}`:                                     false,
	} {
		if _, err := parse([]byte(body)); (err == nil) != want {
			t.Errorf("parse(%s): %v", body, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(manifest("1.0.0")))
	f.Add([]byte("\ufeff" + manifest("1.0.0-next.1")))
	f.Add([]byte("<html>"))
	f.Add([]byte(`{"releaseVersion":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := parse(body)
		if err != nil {
			_ = bad(err, "file", body).Error()
			return
		}
		for name, v := range m.Packages {
			if !validName(name) {
				t.Errorf("name %q", name)
			}
			if _, err := exact(v); err != nil {
				t.Errorf("version %q", v)
			}
		}
	})
}
