package bump

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

func TestPatterns(t *testing.T) {
	for _, tt := range []struct {
		globs []string
		name  string
		match bool
		whole bool
	}{
		{nil, "@backstage/cli", true, true},
		{nil, "@backstage-community/plugin-x", false, true},
		{[]string{"@roadiehq/*"}, "@backstage/cli", false, false},
		{[]string{"@{backstage,roadiehq}/*"}, "@roadiehq/x", true, true},
		{[]string{"@backstage/plugin-*"}, "@backstage/plugin-x", true, false},
		{[]string{"@backstage/cli"}, "@backstage/cli", true, false},
		{[]string{"@backstage*/*"}, "@backstage-community/x", true, true},
	} {
		ps, err := newPatterns(tt.globs)
		if err != nil {
			t.Fatal(err)
		}
		if got := ps.match(tt.name); got != tt.match {
			t.Errorf("%v matches %s: %v, want %v", tt.globs, tt.name, got, tt.match)
		}
		if got := ps.wholeScope(); got != tt.whole {
			t.Errorf("%v moves the portal: %v, want %v", tt.globs, got, tt.whole)
		}
	}
	for _, bad := range []string{"", " ", "*", "**", "*/*", "[a"} {
		if _, err := newPatterns([]string{bad}); err == nil {
			t.Errorf("pattern %q was taken", bad)
		}
	}
}

func TestRespecKeepsTheMirror(t *testing.T) {
	for in, want := range map[string]string{
		"https://mirror.example.com/b/v1/releases/1.50.0/yarn-plugin": "https://mirror.example.com/b/v1/releases/1.53.0/yarn-plugin",
		"@yarnpkg/plugin-backstage":                                   "@yarnpkg/plugin-backstage",
		"https://example.com/plugin.js":                               "https://example.com/plugin.js",
	} {
		if got := respec(in, "1.53.0"); got != want {
			t.Errorf("respec(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestIsYarnPlugin(t *testing.T) {
	for _, tt := range []struct {
		p    yarnrc.Plugin
		want bool
	}{
		{yarnrc.Plugin{Path: ".yarn/plugins/@yarnpkg/plugin-backstage.cjs"}, true},
		{yarnrc.Plugin{Path: "tools/x.cjs", Spec: "https://example.com/v1/releases/1.50.0/yarn-plugin"}, true},
		{yarnrc.Plugin{Path: ".yarn/plugins/@yarnpkg/plugin-workspace-tools.cjs", Spec: "@yarnpkg/plugin-workspace-tools"}, false},
	} {
		if got := isYarnPlugin(tt.p); got != tt.want {
			t.Errorf("%+v: got %v, want %v", tt.p, got, tt.want)
		}
	}
}

func TestWithCatalogsLeavesTheSettingsAlone(t *testing.T) {
	s := &yarnrc.Settings{
		Catalog:  []yarnrc.CatalogEntry{{Name: "a", Range: "^1.0.0"}, {Name: "b", Range: "^1.0.0"}},
		Catalogs: map[string][]yarnrc.CatalogEntry{"old": {{Name: "a", Range: "~1.0.0"}}},
	}
	got := withCatalogs(s, []Change{
		{Section: "catalog", Name: "a", To: "^2.0.0"},
		{Section: "catalogs.old", Name: "a", To: "~2.0.0"},
		{Section: "dependencies", Name: "b", To: "^2.0.0"},
	})
	want := []yarnrc.CatalogEntry{{Name: "a", Range: "^2.0.0"}, {Name: "b", Range: "^1.0.0"}}
	if d := cmp.Diff(want, got.Catalog); d != "" {
		t.Errorf("catalog (-want +got)\n%s", d)
	}
	if got := got.Catalogs["old"][0].Range; got != "~2.0.0" {
		t.Errorf("named catalog: %q", got)
	}
	if s.Catalog[0].Range != "^1.0.0" || s.Catalogs["old"][0].Range != "~1.0.0" {
		t.Error("the settings that were given changed")
	}
}

func TestHelperURL(t *testing.T) {
	p := &Plan{From: "1.50.0", To: "1.53.0-next.1+x", Changes: []Change{{}}, yarnPlugin: true}
	if got, want := p.HelperURL(), "https://backstage.github.io/upgrade-helper/?from=1.50.0&to=1.53.0-next.1%2Bx&yarnPlugin=1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := (&Plan{From: "1.50.0", To: "1.50.0", Changes: []Change{{}}}).HelperURL(); got != "" {
		t.Errorf("a link for no step: %s", got)
	}
}

func TestListSome(t *testing.T) {
	for _, tt := range []struct {
		names []string
		want  string
	}{
		{nil, ""},
		{[]string{"a", "b", "c"}, "a, b, c"},
		{[]string{"a", "b", "c", "d", "e"}, "a, b +3"},
	} {
		if got := listSome(tt.names, 3); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.names, got, tt.want)
		}
	}
}

func TestHeadlineOfALockAlone(t *testing.T) {
	p := &Plan{From: "1.53.0", To: "1.53.0", files: map[string]*fileEdit{"yarn.lock": {rel: "yarn.lock", old: []byte("a"), new: []byte("b")}}}
	if got, want := p.headline(), "Backstage 1.53.0: only yarn.lock changes"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What a lock is said to have is what it had before, whoever writes the new one.
func TestAheadNotes(t *testing.T) {
	before := map[string][]string{"@backstage/config": {"1.3.8", "1.9.0"}}
	got := aheadNotes([]relock.Off{
		{Name: "@backstage/config", Version: "1.9.0", Release: "1.3.8"},
		{Name: "@backstage/theme", Version: "0.9.0", Release: "0.7.3"},
	}, before)
	want := []string{
		"locked at 1.9.0, ahead of 1.3.8 in the release; it is not moved down",
		"gets 0.9.0, which a range asks for, ahead of 0.7.3 in the release",
	}
	for i, n := range got {
		if n.Message != want[i] {
			t.Errorf("%q, want %q", n.Message, want[i])
		}
	}
}

// A package that only a resolution's alias leads to is moved, so a pattern for it is no
// typing error.
func TestPatternOfAResolutionsAlias(t *testing.T) {
	project, err := workspace.Open(unpackTree(t, `
-- package.json --
{"workspaces": [], "resolutions": {"left": "npm:@acme/right@^1.0.0"}}
`))
	if err != nil {
		t.Fatal(err)
	}
	pl := &planner{in: Input{Project: project}}
	if !pl.dependsOn(patterns{"@acme/*"}) || pl.dependsOn(patterns{"@other/*"}) {
		t.Error("the alias of a resolution does not count")
	}
}
