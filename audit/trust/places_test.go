package trust

import (
	"context"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// A new plugin is no more trusted because the host that the change itself names
// serves the same bytes.
func TestPluginFromAPlaceOfTheChange(t *testing.T) {
	const text = "module.exports = {}\n"
	for _, tt := range []struct {
		name, spec, base string
		registries       []string
		verified         bool
	}{
		{"the change's own host", "https://evil.example/p.js", "", nil, false},
		{"Yarn's", "https://repo.yarnpkg.com/4.9.1/packages/plugin-version/bin/p.js", "", nil, true},
		{"Yarn's, on a shared host", "https://raw.githubusercontent.com/yarnpkg/berry/master/p.js", "", nil, true},
		{"somebody's on the same host", "https://raw.githubusercontent.com/evil/berry/master/p.js", "", nil, false},
		{"up and out", "https://raw.githubusercontent.com/yarnpkg/berry/../../evil/p.js", "", nil, false},
		{"up and out, encoded", "https://raw.githubusercontent.com/yarnpkg/berry/%2e%2e/%2e%2e/evil/p.js", "", nil, false},
		{"up and out, half encoded", "https://raw.githubusercontent.com/yarnpkg/berry/..%2f../evil/p.js", "", nil, false},
		{"a user that looks like the host", "https://repo.yarnpkg.com@evil.example/p.js", "", nil, false},
		{"a port", "https://repo.yarnpkg.com:8443/p.js", "", nil, false},
		{"a suffix", "https://repo.yarnpkg.com.evil.example/p.js", "", nil, false},
		{"plain http", "http://repo.yarnpkg.com/p.js", "", nil, false},
		{"the base's host", "https://tools.example.com/new.js", "https://tools.example.com/old.js", nil, true},
		{"the base's, a shared host", "https://raw.githubusercontent.com/us/tools/main/new.js", "https://raw.githubusercontent.com/us/tools/v1/old.js", nil, true},
		{"beside the base's, a shared host", "https://raw.githubusercontent.com/evil/tools/main/new.js", "https://raw.githubusercontent.com/us/tools/v1/old.js", nil, false},
		{"the policy's", "https://tools.example.com/new.js", "", []string{"https://tools.example.com/npm/"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, _ := change(t, txtar.Parse([]byte("-- base/package.json --\n{}\n-- head/package.json --\n{}\n")))
			in.Registries = tt.registries
			rc := func(name, spec string) []byte {
				return []byte("plugins:\n  - path: .yarn/plugins/" + name + ".cjs\n    spec: \"" + spec + "\"\n")
			}
			in.Base.Files = tree{}
			if tt.base != "" {
				in.Base.Files = tree{".yarnrc.yml": rc("old", tt.base), ".yarn/plugins/old.cjs": []byte("old")}
			}
			in.Head.Files = tree{".yarnrc.yml": rc("new", tt.spec), ".yarn/plugins/new.cjs": []byte(text)}
			asked := false
			in.Fetch = func(context.Context, string) ([]byte, error) { asked = true; return []byte(text), nil }
			r := check(t, in)
			blocked := false
			for _, f := range r.Findings {
				blocked = blocked || f.Severity == "error" && strings.Contains(f.Message, "every yarn command will run the plugin")
			}
			if blocked == tt.verified || asked != tt.verified {
				t.Errorf("asked: %t\n%s", asked, show(r))
			}
		})
	}
}
