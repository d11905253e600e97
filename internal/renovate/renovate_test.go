package renovate

import (
	"fmt"
	"strings"
	"testing"
)

func TestLeavesOut(t *testing.T) {
	for _, tt := range []struct {
		file, rules string
		want        bool
	}{
		{"renovate.json", `{"matchPackageNames": ["@backstage/**"], "enabled": false}`, true},
		{"renovate.json5", `{matchManagers: ['npm'], matchPackageNames: ['react', '/^@backstage//'], enabled: false},`, true},
		{"renovate.json", `{"matchPackagePrefixes": ["@backstage/"], "enabled": false}`, true},
		{"renovate.json", `{"matchPackageNames": ["@backstage/**"], "enabled": true}`, false},
		{"renovate.json", `{"matchPackageNames": ["@backstage/**"], "enabled": false}, {"matchPackageNames": ["@backstage/**"], "enabled": true}`, false},
		{"renovate.json", `{"matchPackageNames": ["@backstage/**"], "matchUpdateTypes": ["major"], "enabled": false}`, false},
		{"renovate.json", `{"matchPackageNames": ["@backstage/**"], "groupName": "b"}`, false},
		{"renovate.json", `{"matchPackageNames": ["@backstage-community/**"], "enabled": false}`, false},
		{"renovate.json", `{"matchManagers": ["docker"], "matchPackageNames": ["@backstage/**"], "enabled": false}`, false},
		{"renovate.json", ``, false},
		{"package.json", `{"matchPackageNames": ["@backstage/**"], "enabled": false}`, true},
	} {
		src := fmt.Sprintf("{\n\"packageRules\": [%s]}", tt.rules)
		if tt.file == "package.json" {
			src = `{"renovate": ` + src + "}"
		}
		pos, off, err := LeavesOut(tt.file, []byte(src))
		if err != nil || off != tt.want || off && (pos.Line != 2 || pos.Col < 10) {
			t.Errorf("%s %s: %v at %v, %v", tt.file, tt.rules, off, pos, err)
		}
		if off {
			continue
		}
		out, err := LeaveOut(tt.file, []byte(src), "why")
		if err != nil {
			t.Errorf("%s: %v", src, err)
		}
		if _, off, err := LeavesOut(tt.file, out); err != nil || !off || !strings.Contains(string(out), `"description": "why"`) {
			t.Errorf("%v, %v after the rule was added:\n%s", off, err, out)
		}
	}
	if _, _, err := LeavesOut("renovate.json", []byte("{")); err == nil {
		t.Error("a damaged file is read")
	}
}

func TestIn(t *testing.T) {
	for src, want := range map[string]bool{`{"renovate": {}}`: true, `{"name": "renovate"}`: false, `{`: false} {
		if got := In("package.json", []byte(src)); got != want {
			t.Errorf("%s: %v", src, got)
		}
	}
	if !In(".github/renovate.json", nil) {
		t.Error("a file of its own has none")
	}
}
