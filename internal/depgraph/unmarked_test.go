package depgraph

import (
	"testing"
)

// TestUnmarkedBackstage has the forms in which the plugins of Backstage 1.33 to
// 1.38 wrote backstage:^, and a later lock, where a key without a mark is none.
func TestUnmarkedBackstage(t *testing.T) {
	for name, tt := range map[string]struct {
		lock []string
		want string // "" when there is no entry
	}{
		"1.33": {[]string{
			"core@backstage:1.33.0-next.1 = core@npm:1.0.0", "core@npm:^2.0.0 = core@npm:2.0.0",
			"r@workspace:. > core backstage:^"}, "1.0.0"},
		"1.34": {[]string{
			"core@npm:^1.2.0, core@npm:^1.3.0 = core@npm:1.3.0", "core@npm:^1.3.1 = core@npm:1.3.1", "core@npm:^1.10.0-next.0 = core@npm:1.10.0-next.0",
			"core@npm:9.0.0 = core@npm:9.0.0", "r@workspace:. > core backstage:^"}, "1.10.0-next.0"},
		"no key of the form": {[]string{"core@npm:1.3.1 = core@npm:1.3.1", "r@workspace:. > core backstage:^"}, ""},
		"1.39": {[]string{
			"core@npm:^1.3.1 = core@npm:1.3.1", "other@backstage:^::backstage=1.39.0&npm=1.0.0 = other@npm:1.0.0",
			"r@workspace:. > core backstage:^, other backstage:^"}, ""},
		"not installed since": {[]string{"core@npm:^1.3.1 = core@npm:1.3.1", "r@workspace:. > core npm:^1.3.1"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGraph(berry(t, tt.lock...), options{Workspaces: []Workspace{{Name: "r", Rel: ".", Deps: []dep{{Name: "core", Range: "backstage:^"}}}}})
			got := ""
			for _, e := range g.Out(one(t, g, "r")) {
				if e.Name == "core" {
					got = g.Version(e.To)
				}
			}
			if got != tt.want || (len(g.Missing()) > 0) != (tt.want == "") {
				t.Errorf("core is %q, want %q; missing %v", got, tt.want, g.Missing())
			}
		})
	}
}
