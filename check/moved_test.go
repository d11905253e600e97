package check

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/finding"
)

func TestMoved(t *testing.T) {
	in := openFixture(t, "testdata/portal")
	in.Published = func(name, version string) (published, bool) {
		switch name {
		case "@backstage-community/plugin-tech-radar":
			if version != "1.14.0" {
				t.Errorf("asked for version %q", version)
			}
			return published{Moved: "@acme/plugin-radar"}, true
		case "@backstage/theme":
			return published{Deprecated: "This package has moved to @backstage/ui"}, true
		case "@backstage/cli":
			return published{Deprecated: "use the new\n  one instead"}, true
		case "@backstage/config":
			return published{Deprecated: "no longer maintained"}, true
		}
		return published{}, true
	}
	r := mustReport(t, in, Options{})
	var got []string
	for _, f := range r.Findings {
		got = append(got, f.Pos.File+" "+f.Message)
	}
	want := []string{
		"package.json @backstage/cli is deprecated: use the new one instead",
		"packages/app/package.json @backstage/cli is deprecated: use the new one instead",
		"packages/app/package.json @backstage/theme has moved to @backstage/ui",
		"packages/app/package.json @backstage-community/plugin-tech-radar has moved to @acme/plugin-radar",
	}
	for _, dir := range []string{"packages/backend", "plugins/badges-backend", "plugins/badges-common", "plugins/badges-node",
		"plugins/badges-react", "plugins/badges", "plugins/catalog-backend-module-acme"} {
		want = append(want, dir+"/package.json @backstage/cli is deprecated: use the new one instead")
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(r.Unknown) > 0 {
		t.Errorf("unknown: %v", r.Unknown)
	}
	names := map[string]bool{}
	for _, p := range in.moving() {
		names[p.name] = true
	}
	if !names["@backstage/cli"] || names["react"] || names["@acme/plugin-badges"] {
		t.Errorf("to ask for: %v", names)
	}
}

// Offline, what is installed tells; the rest is unknown, not fine.
func TestMovedOffline(t *testing.T) {
	in := openFixture(t, "testdata/portal")
	r := mustReport(t, in, Options{})
	if len(r.Unknown) != 1 || r.Unknown[0].Rule != ruleMoved || r.Unknown[0].Next == "" {
		t.Errorf("unknown: %v", r.Unknown)
	}
	in.Files = fstest.MapFS{"node_modules/@backstage/theme/package.json": {Data: []byte(`{"backstage": {"moved": "@backstage/ui"}}`)}}
	var got []string
	for _, f := range mustReport(t, in, Options{}).Findings {
		if f.Rule == ruleMoved {
			got = append(got, f.Pos.String()+" "+f.Message)
		}
	}
	if diff := cmp.Diff([]string{"packages/app/package.json:24:25 @backstage/theme has moved to @backstage/ui"}, got); diff != "" {
		t.Error(diff)
	}
}

// Without a manifest, off-release says so instead of nothing, unless the lock
// records the release's versions itself.
func TestUnknownRelease(t *testing.T) {
	in := open(t, planted(t, "off_release_newer"))
	in.Unknown = &finding.Unknown{Reason: "a reason", Next: "a step"}
	r := mustReport(t, in, Options{})
	if len(r.Findings) != 0 || len(r.Unknown) != 2 || r.Unknown[0].Rule != ruleOffRelease || r.Unknown[0].Reason != "a reason" {
		t.Errorf("%v %v", lines(r), r.Unknown)
	}

	dir := planted(t, "off_release_newer")
	rewrite(t, filepath.Join(dir, "yarn.lock"), func(s string) string {
		return strings.Replace(s, "\"@backstage/theme@npm:^0.7.3\":\n  version: 0.7.3\n  resolution: \"@backstage/theme@npm:0.7.3\"",
			"\"@backstage/theme@backstage:^::backstage=1.53.0&npm=0.7.3, @backstage/theme@npm:^0.7.3\":\n  version: 0.7.9\n  resolution: \"@backstage/theme@npm:0.7.9\"", 1)
	})
	rewrite(t, filepath.Join(dir, "packages/app/package.json"), func(s string) string {
		return strings.Replace(s, `"@backstage/theme": "^0.7.3"`, `"@backstage/theme": "backstage:^"`, 1)
	})
	r = mustReport(t, open(t, dir), Options{})
	if len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Message, "@backstage/theme is at 0.7.9, newer than 0.7.3") {
		t.Errorf("%v", r.Findings)
	}
}
