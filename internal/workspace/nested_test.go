package workspace

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNested(t *testing.T) {
	root := tree(t, `
-- package.json --
{"workspaces": ["packages/*"]}
-- yarn.lock --
-- packages/app/package.json --
{"name": "app"}
-- packages/app/backstage.json --
{"version": "1.0.0"}
-- dynamic-plugins/package.json --
{"workspaces": ["wrappers/*"]}
-- dynamic-plugins/backstage.json --
{"version": "1.42.5"}
-- dynamic-plugins/wrappers/package.json --
{}
-- dynamic-plugins/wrappers/backstage.json --
{"version": "1.1.0"}
-- workspaces/one/package.json --
{}
-- workspaces/one/backstage.json --
{"version": "1.44.0"}
-- dashboards/backstage.json --
{"title": "a dashboard", "version": 3}
-- docs/backstage.json --
{"version": "1.2.0"}
-- broken/package.json --
{}
-- broken/backstage.json --
{"version"
-- node_modules/x/package.json --
{}
-- node_modules/x/backstage.json --
{"version": "1.3.0"}
-- a/b/c/package.json --
{}
-- a/b/c/backstage.json --
{"version": "1.4.0"}
`)
	p, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for rel, v := range p.Nested() {
		got[rel] = v.Version
	}
	want := map[string]string{"dynamic-plugins": "1.42.5", "workspaces/one": "1.44.0"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
