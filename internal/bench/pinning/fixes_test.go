package pinning

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/relock"
)

// TestFixes holds what the list of copies off the release says to do: it names
// something that the portal can change.
func TestFixes(t *testing.T) {
	const inRoot = "@backstage/core 1.0.0: root asks for "
	tests := []struct {
		name string
		pinCase
		policy relock.Policy // nil: the release
		want   []string
	}{
		{name: "a range below the release keeps its operator",
			pinCase: pinCase{deps: `"@backstage/core": "~1.0.0"`},
			want:    []string{inRoot + "npm:~1.0.0; set @backstage/core to ~1.2.0 in package.json"}},
		{name: "an exact one stays exact",
			pinCase: pinCase{deps: `"@backstage/core": "1.0.0"`},
			want:    []string{inRoot + "npm:1.0.0; set @backstage/core to 1.2.0 in package.json"}},
		{name: "an alias stays an alias",
			pinCase: pinCase{deps: `"core": "npm:@backstage/core@~1.0.0"`},
			want:    []string{inRoot + "npm:@backstage/core@~1.0.0; set core to npm:@backstage/core@~1.2.0 in package.json"}},
		{name: "a tag becomes a range",
			pinCase: pinCase{deps: `"@backstage/core": "latest"`},
			want:    []string{"@backstage/core 2.0.0: root asks for npm:latest; move to a release that has @backstage/core 2.0.0 or newer, or set @backstage/core to ^1.2.0 in package.json and allow the downgrade"}},
		{name: "a resolution is named, not the range that it replaces",
			pinCase: pinCase{deps: `"@backstage/core": "^1.0.0"`, archive: `RESOLUTIONS "@backstage/core": "1.0.0"`},
			want:    []string{inRoot + "npm:^1.0.0; set the resolution of @backstage/core in package.json to 1.2.0"}},
		{name: "a resolution above the release",
			pinCase: pinCase{deps: `"@backstage/core": "^1.0.0"`, archive: `RESOLUTIONS "@backstage/core": "1.4.0"`},
			want:    []string{"@backstage/core 1.4.0: root asks for npm:^1.0.0; move to a release that has @backstage/core 1.4.0 or newer, or take its resolution out of package.json"}},
		{name: "a catalog",
			pinCase: pinCase{deps: `"@backstage/core": "catalog:"`, archive: "-- .yarnrc.yml --\ncatalog:\n  '@backstage/core': ~1.0.0\n"},
			want:    []string{inRoot + "catalog:; set @backstage/core to ^1.2.0 in the catalog of .yarnrc.yml"}},
		{name: "a workspace's own file",
			pinCase: pinCase{deps: "", archive: "-- packages/p/package.json --\n{\"name\": \"p\", \"dependencies\": {\"@backstage/core\": \"1.0.x\"}}\n"},
			want:    []string{"@backstage/core 1.0.0: p asks for npm:1.0.x; set @backstage/core to 1.2.x in packages/p/package.json"}},
		{name: "a plugin of the workspace",
			pinCase: pinCase{deps: `"narrow": "^1.0.0"`},
			want:    []string{"@backstage/core 1.0.0: narrow asks for npm:~1.0.0; update narrow (now 1.0.0) to a version whose dependencies admit @backstage/core 1.2.0"}},
		{name: "a package that a plugin brings in is not the portal's to update, nor an old @backstage one",
			pinCase: pinCase{deps: `"plugin": "^1.0.0"`, registry: "plugin 1.0.0 @backstage/next@~1.0.0\n@backstage/next 1.0.0 @backstage/core@~1.1.0\n"},
			want: []string{
				"@backstage/core 1.1.0: @backstage/next asks for npm:~1.1.0; update plugin (now 1.0.0), which brings in @backstage/next 1.0.0, to a version whose dependencies admit @backstage/core 1.2.0",
				"@backstage/next 1.0.0: plugin asks for npm:~1.0.0; update plugin (now 1.0.0) to a version whose dependencies admit @backstage/next 1.1.0-next.1",
			}},
		{name: "all plugins that bring it in",
			pinCase: pinCase{deps: `"a": "^1.0.0", "b": "^1.0.0"`, registry: "a 1.0.0 old@^1.0.0\nb 1.0.0 old@^1.0.0\nold 1.0.0 @backstage/core@~1.1.0\n"},
			want:    []string{"@backstage/core 1.1.0: old asks for npm:~1.1.0; update a (now 1.0.0) and b (now 1.0.0), which bring in old 1.0.0, to versions whose dependencies admit @backstage/core 1.2.0"}},
		{name: "a plugin that is newer than the release",
			pinCase: pinCase{deps: `"plugin": "^1.0.0"`, registry: "plugin 1.0.0 @backstage/core@^1.3.0\n"},
			want:    []string{"@backstage/core 1.4.0: plugin asks for npm:^1.3.0; move to a release that has @backstage/core 1.3.0 or newer, or to an older version of plugin (now 1.0.0)"}},
		{name: "the release itself asks for another version",
			pinCase: pinCase{deps: `"@backstage/next": "1.1.0-next.1"`, registry: "@backstage/next 1.1.0-next.1 @backstage/core@~1.1.0\n"},
			want:    []string{"@backstage/core 1.1.0: @backstage/next asks for npm:~1.1.0; none in this portal: @backstage/next 1.1.0-next.1 is part of the release and asks for it"}},
		{name: "the registry lacks the release's version",
			pinCase: pinCase{deps: `"@backstage/gone": "^1.0.0"`, registry: "@backstage/gone 1.4.0\n"},
			want:    []string{"@backstage/gone 1.4.0: root asks for npm:^1.0.0; make @backstage/gone 1.5.0 available in the registry, which lacks it, then run the command again"}},
		{name: "what nobody pinned", policy: relock.Highest{},
			pinCase: pinCase{deps: `"@backstage/core": "^1.0.0"`, lock: "@backstage/core@npm:^1.0.0 = 1.1.0\n"},
			want:    []string{"@backstage/core 1.1.0: root asks for npm:^1.0.0; run portalctl versions lock --resolve release"}},
		{name: "what is ahead needs nothing",
			pinCase: pinCase{deps: `"@backstage/core": "^1.0.0"`, lock: "@backstage/core@npm:^1.0.0 = 1.4.0\n"},
			want:    []string{"@backstage/core 1.4.0: root asks for npm:^1.0.0; "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			policy := tt.policy
			if policy == nil {
				policy = &relock.Release{Versions: manifest}
			}
			_, res := tt.solve(t, policy)
			var got []string
			for _, o := range slices.Concat(res.OffRelease, res.Ahead) {
				a := o.Asks[0]
				got = append(got, fmt.Sprintf("%s %s: %s asks for %s; %s", o.Name, o.Version, a.Path[len(a.Path)-1].Name, a.Range, a.Fix))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
