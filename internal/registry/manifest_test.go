package registry

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func ptr(b bool) *bool { return &b }

// The odd ones are all to be found in the public registry.
func TestParseManifest(t *testing.T) {
	tests := []struct {
		name, src string
		want      Manifest
	}{
		{"whole", `{"name":"@s/x","version":"1.2.3","dependencies":{"a":"^1"},"optionalDependencies":{"b":"2"},"peerDependencies":{"c":"*"},
			"peerDependenciesMeta":{"c":{"optional":true},"d":{}},"dependenciesMeta":{"a":{"built":false,"optional":true}},"bin":{"x":"./x.js","@s/y":"y.js"},
			"os":["linux","!win32"],"cpu":["x64"],"libc":["glibc"],"engines":{"node":">=18"},"scripts":{"postinstall":"node x"},"deprecated":"use y",
			"dist":{"tarball":"https://r.example.com/x.tgz","integrity":"sha512-x","shasum":"ab","unpackedSize":12},"backstage":{"role":"backend-plugin","pluginId":"p","moved":"@t/x"}}`,
			Manifest{Name: "@s/x", Version: "1.2.3", Dependencies: map[string]string{"a": "^1"}, OptionalDependencies: map[string]string{"b": "2"},
				PeerDependencies: map[string]string{"c": "*"}, PeerDependenciesMeta: map[string]PeerMeta{"c": {true}, "d": {}},
				DependenciesMeta: map[string]DependencyMeta{"a": {Built: ptr(false), Optional: ptr(true)}},
				Bin:              map[string]string{"x": "./x.js", "y": "y.js"}, OS: []string{"linux", "!win32"}, CPU: []string{"x64"}, Libc: []string{"glibc"},
				Engines: map[string]string{"node": ">=18"}, Scripts: map[string]string{"postinstall": "node x"}, HasInstallScript: true, Deprecated: "use y",
				Dist:      Dist{Tarball: "https://r.example.com/x.tgz", Integrity: "sha512-x", Shasum: "ab", UnpackedSize: 12},
				Backstage: Backstage{Role: "backend-plugin", PluginID: "p", Moved: "@t/x"}}},
		{"empty", `{}`, Manifest{}},
		{"bin is a path", `{"name":"@s/x","bin":".\\bin\\x.js"}`, Manifest{Name: "@s/x", Bin: map[string]string{"x": "./bin/x.js"}}},
		{"bin is empty", `{"name":"x","bin":""}`, Manifest{Name: "x"}},
		{"bin of empty paths", `{"name":"x","bin":{"a":"","b":1,"":"c"}}`, Manifest{Name: "x"}},
		{"bin is a list", `{"name":"x","bin":["a"]}`, Manifest{Name: "x"}},
		{"lists for mappings", `{"dependencies":[],"peerDependencies":["a"],"engines":["node >= 0.4"],"scripts":"x","dependenciesMeta":[],"dist":[]}`, Manifest{}},
		{"odd members", `{"dependencies":{"a":"1","b":2,"c":null,"d":{"e":"f"}},"peerDependenciesMeta":{"a":true,"b":{"optional":"yes"}}}`,
			Manifest{Dependencies: map[string]string{"a": "1"}, PeerDependenciesMeta: map[string]PeerMeta{"a": {}, "b": {}}}},
		{"os is a text", `{"os":"!win32","cpu":"","libc":7}`, Manifest{OS: []string{"!win32"}}},
		{"os with odd items", `{"os":["linux",1,null]}`, Manifest{OS: []string{"linux"}}},
		{"deprecated: true", `{"deprecated":true}`, Manifest{Deprecated: "deprecated"}},
		{"deprecated: empty", `{"deprecated":""}`, Manifest{}},
		{"deprecated: false", `{"deprecated":false}`, Manifest{}},
		{"gyp", `{"gypfile":true}`, Manifest{GypFile: true, HasInstallScript: true}},
		{"says that it has an install script", `{"hasInstallScript":true}`, Manifest{HasInstallScript: true}},
		{"size is odd", `{"dist":{"unpackedSize":"12","tarball":3}}`, Manifest{}},
	}
	for _, tt := range tests {
		got, err := parseManifest([]byte(tt.src))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(&tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
	if _, err := parseManifest([]byte(`{"a":tru}`)); err == nil {
		t.Error("no JSON, no error")
	}
}
