package depgraph

import (
	"slices"
	"testing"

	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnext"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

func TestOptionsReachResolver(t *testing.T) {
	lock := berry(t,
		"@babel/parser@npm:^7 = @babel/parser@npm:7.0.0",
		"@babel/types@npm:^7.8.3 = @babel/types@npm:7.9.0",
		"cat@npm:^3 = cat@npm:3.0.0",
		"core@backstage:^::backstage=1.1.0&npm=1.0.0, core@npm:^1.0.0 = core@npm:1.0.0",
		"core@backstage:^::backstage=1.2.0&npm=2.0.0, core@npm:^2.0.0 = core@npm:2.0.0",
		"extra@npm:^1 = extra@npm:1.0.0",
		"forced@npm:9 = forced@npm:9.0.0",
		"r@workspace:. > @babel/parser npm:^7, cat catalog:, core backstage:^, forced npm:^1",
	)
	o, ok := yarnlock.OverrideOf(yarnlock.Berry, spec.ParsePattern("forced"), "9")
	if !ok {
		t.Fatal("forced")
	}
	g := newGraph(lock, options{
		Overrides:  []yarnlock.Override{o},
		Release:    "1.2.0",
		Catalog:    func(catalog, name string) (string, bool) { return "^3", catalog == "" && name == "cat" },
		Extensions: yarnext.Set{"cat": {{Range: "*", Deps: []yarnlock.Dep{{Name: "extra", Range: "^1"}, {Name: "gone", Range: "^1"}}}}},
	})
	if len(g.Missing()) != 0 {
		t.Errorf("missing %v", g.Missing())
	}
	var orphans []string
	for _, n := range g.orphans() {
		orphans = append(orphans, g.Entry(n).Resolution.String())
	}
	if !slices.Equal(orphans, []string{"core@npm:1.0.0"}) {
		t.Errorf("orphans %q", orphans)
	}
	if e := g.Out(one(t, g, "@babel/parser")); len(e) != 1 || e[0].Kind != Extension || e[0].Name != "@babel/types" {
		t.Errorf("Yarn's own extension gives %v", e)
	}
}

func TestYarnExtensions(t *testing.T) {
	extensions := newGraph(berry(t), options{}).resolver.Extensions
	entry := func(name, version string) *yarnlock.Entry {
		return &yarnlock.Entry{Version: version, Resolution: yarnlock.Locator{Name: name, Reference: "npm:" + version}}
	}
	for _, tt := range []struct {
		name, version string
		want          int
	}{
		{"@babel/parser", "7.25.0", 1},
		{"@babel/parser", "8.0.0-beta.1", 1},
		{"got", "10.7.0", 2},
		{"got", "11.8.6", 0},
		{"notistack", "3.0.1", 1},
		{"notistack", "2.0.8", 0},
		{"useragent", "2.3.0", 3},
		{"left-pad", "1.0.0", 0},
		{"got", "not a version", 0},
	} {
		if got := extensions(entry(tt.name, tt.version)); len(got) != tt.want {
			t.Errorf("%s %s: %v", tt.name, tt.version, got)
		}
	}
}
