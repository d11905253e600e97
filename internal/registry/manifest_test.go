package registry

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The odd ones are all to be found in the public registry.
func TestParseManifest(t *testing.T) {
	tests := []struct {
		name, src string
		want      Manifest
	}{
		{"whole", `{"name":"@s/x","version":"1.2.3","dependencies":{"a":"^1"},"optionalDependencies":{"b":"2"},"peerDependencies":{"c":"*"},
			"peerDependenciesMeta":{"c":{"optional":true},"d":{}},"dependenciesMeta":{"a":{"built":false,"optional":true}},"bin":{"x":"./x.js","@s/y":"y.js"},
			"os":["linux","!win32"],"cpu":["x64"],"libc":["glibc"],"scripts":{"postinstall":"node x"},"deprecated":"use y",
			"dist":{"tarball":"https://r.example.com/x.tgz","integrity":"sha512-x","shasum":"ab"},"backstage":{"role":"backend-plugin","pluginId":"p","moved":"@t/x"}}`,
			Manifest{Name: "@s/x", Version: "1.2.3", Dependencies: map[string]string{"a": "^1"}, OptionalDependencies: map[string]string{"b": "2"},
				PeerDependencies: map[string]string{"c": "*"}, PeerDependenciesMeta: map[string]Flags{"c": {"optional": true}, "d": {}},
				DependenciesMeta: map[string]Flags{"a": {"built": false, "optional": true}},
				Bin:              map[string]string{"x": "./x.js", "y": "y.js"}, OS: []string{"linux", "!win32"}, CPU: []string{"x64"}, Libc: []string{"glibc"},
				Scripts: map[string]string{"postinstall": "node x"}, Deprecated: "use y",
				Dist:      Dist{Tarball: "https://r.example.com/x.tgz", Integrity: "sha512-x", Shasum: "ab"},
				Backstage: Backstage{Role: "backend-plugin", PluginID: "p", Moved: "@t/x"}}},
		{"empty", `{}`, Manifest{}},
		{"bin is a path", `{"name":"@s/x","bin":".\\bin\\x.js"}`, Manifest{Name: "@s/x", Bin: map[string]string{"x": "./bin/x.js"}}},
		{"bin is empty", `{"name":"x","bin":""}`, Manifest{Name: "x"}},
		{"bin of empty paths", `{"name":"x","bin":{"a":"","b":1,"":"c"}}`, Manifest{Name: "x"}},
		{"bin is a list", `{"name":"x","bin":["a"]}`, Manifest{Name: "x"}},
		{"lists for mappings", `{"dependencies":[],"peerDependencies":["a"],"scripts":"x","dependenciesMeta":[],"dist":[]}`, Manifest{}},
		{"odd members", `{"dependencies":{"a":"1","b":2,"c":null,"d":{"e":"f"},"@x":"1","a/b":"1"},"peerDependencies":{"p":1,"q":"2"},"peerDependenciesMeta":{"a":true,"b":{"optional":"yes"},"c":{"x":1}}}`,
			Manifest{Dependencies: map[string]string{"a": "1"}, PeerDependencies: map[string]string{"p": "*", "q": "2"}, PeerDependenciesMeta: map[string]Flags{"c": {}}}},
		{"os is a text", `{"os":"!win32","cpu":"","libc":7}`, Manifest{}},
		{"os with odd items", `{"os":["linux",1,null]}`, Manifest{OS: []string{"linux"}}},
		{"deprecated: true", `{"deprecated":true}`, Manifest{Deprecated: "deprecated"}},
		{"deprecated: empty", `{"deprecated":""}`, Manifest{}},
		{"deprecated: false", `{"deprecated":false}`, Manifest{}},
		{"license", `{"license":" (MIT OR GPL-3.0) "}`, Manifest{License: "(MIT OR GPL-3.0)"}},
		{"license: an object", `{"license":{"type":"MIT","url":"https://x"}}`, Manifest{License: "MIT"}},
		{"license: a list", `{"license":["MIT",{"name":"BSD"}]}`, Manifest{License: "(MIT OR BSD)"}},
		{"licenses", `{"licenses":[{"type":"MIT","url":"x"},{"type":"GPL-2.0"}]}`, Manifest{License: "(MIT OR GPL-2.0)"}},
		{"licenses: an alternative that cannot be read", `{"licenses":[{"type":"MIT"},{"url":"https://x"}]}`, Manifest{License: "(MIT OR ?)"}},
		{"licenses: one", `{"licenses":[{"type":"MIT"}]}`, Manifest{License: "MIT"}},
		{"licenses: a text, and an object", `{"licenses":{"type":"ISC"}}`, Manifest{License: "ISC"}},
		{"license comes first", `{"license":"MIT","licenses":[{"type":"GPL-2.0"}]}`, Manifest{License: "MIT"}},
		{"license: empty", `{"license":"","licenses":[]}`, Manifest{}},
		{"license: odd", `{"license":7,"licenses":true}`, Manifest{}},
		{"gyp", `{"gypfile":true}`, Manifest{GypFile: true}},
		{"tarball is odd", `{"dist":{"tarball":3}}`, Manifest{}},
	}
	for _, tt := range tests {
		got, err := ParseManifest([]byte(tt.src))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(&tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
	if _, err := ParseManifest([]byte(`{"a":tru}`)); err == nil {
		t.Error("no JSON, no error")
	}
}
