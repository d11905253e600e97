package pinning

import (
	"fmt"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/relock"
)

// world is what the registry of most cases has.
const world = `
	@backstage/core 1.0.0 1.1.0 1.2.0 1.3.0 1.4.0 2.0.0
	@backstage/types 1.0.0 1.0.1 1.0.2
	@backstage/plugin-x 1.0.0 1.1.0 1.2.0 1.3.0 1.4.0 @backstage/core@^1.1.0 @backstage/types@^1.0.0
	@backstage/plugin-x 2.0.0 @backstage/core@^2.0.0
	@backstage/plugin-x-backend 1.0.0 1.1.0 1.2.0 1.3.0
	@backstage/plugin-old-backend 1.0.0 1.2.0 @backstage/plugin-x-backend@^1.0.0
	@backstage/next 1.0.0 1.1.0-next.0 1.1.0-next.1 1.1.0-next.2 1.1.0
	third 1.0.0 @backstage/core@^1.0.0 @backstage/plugin-x@^1.0.0
	third 1.1.0 @backstage/core@^1.0.0 @backstage/plugin-x@^1.0.0
	narrow 1.0.0 @backstage/core@~1.0.0
	narrow 2.0.0 @backstage/plugin-x@1.1.0
	wide 1.0.0 @backstage/plugin-x@>=1.0.0_<1.3.0
	deep 1.0.0 third@^1.0.0
	lodash 4.0.0
`

// manifest is the release of most cases.
var manifest = map[string]string{
	"@backstage/core": "1.2.0", "@backstage/types": "1.0.1", "@backstage/plugin-x": "1.2.0", "@backstage/plugin-x-backend": "1.2.0",
	"@backstage/next": "1.1.0-next.1", "@backstage/gone": "1.5.0",
}

type pinCase struct {
	name     string
	deps     string // of the root
	archive  string // more files
	lock     string // lines of berry; the root is added where it matters
	registry string // more of it
	release  map[string]string
	lower    bool
	want     string   // brief
	off      []string // name version reason
	doubles  []string // covered names with several versions
	// drifts: the lock that Yarn would write fails the proof.
	drifts bool
}

var pinCases = []pinCase{
	{
		name:   "a direct and a deep range take the release, not the highest",
		deps:   `"@backstage/core": "^1.0.0", "deep": "^1.0.0"`,
		want:   "@backstage/core@npm:^1.0.0, @backstage/core@npm:^1.1.0 = 1.2.0\n@backstage/plugin-x@npm:^1.0.0 = 1.2.0\n@backstage/types@npm:^1.0.0 = 1.0.1\ndeep@npm:^1.0.0 = 1.0.0\nthird@npm:^1.0.0 = 1.1.0\n",
		drifts: true,
	},
	{
		name: "what is locked below the release moves, deep inside a third-party plugin too",
		deps: `"@backstage/core": "^1.0.0", "third": "^1.0.0"`,
		lock: "@backstage/core@npm:^1.0.0, @backstage/core@npm:^1.1.0 = 1.1.0\n@backstage/plugin-x@npm:^1.0.0 = 1.1.0 @backstage/core@^1.1.0 @backstage/types@^1.0.0\n" +
			"@backstage/types@npm:^1.0.0 = 1.0.0\nthird@npm:^1.0.0 = 1.0.0 @backstage/core@^1.0.0 @backstage/plugin-x@^1.0.0\n",
		want:   "@backstage/core@npm:^1.0.0, @backstage/core@npm:^1.1.0 = 1.2.0\n@backstage/plugin-x@npm:^1.0.0 = 1.2.0\n@backstage/types@npm:^1.0.0 = 1.0.1\nthird@npm:^1.0.0 = 1.0.0\n",
		drifts: true,
	},
	{
		name:    "a range that excludes the release keeps its own copy",
		deps:    `"@backstage/core": "^1.2.0", "narrow": "^1.0.0"`,
		want:    "@backstage/core@npm:^1.2.0 = 1.2.0\n@backstage/core@npm:~1.0.0 = 1.0.0\nnarrow@npm:^1.0.0 = 1.0.0\n",
		off:     []string{"@backstage/core 1.0.0 range"},
		doubles: []string{"@backstage/core"},
		drifts:  true,
	},
	{
		name:   "a singleton takes a version that all share, though the release's is admitted by some",
		deps:   `"@backstage/plugin-x": "^1.0.0", "narrow": "^2.0.0"`,
		want:   "@backstage/core@npm:^1.1.0 = 1.2.0\n@backstage/plugin-x@npm:1.1.0, @backstage/plugin-x@npm:^1.0.0 = 1.1.0\n@backstage/types@npm:^1.0.0 = 1.0.1\nnarrow@npm:^2.0.0 = 2.0.0\n",
		off:    []string{"@backstage/plugin-x 1.1.0 range"},
		drifts: true,
	},
	{
		name:    "a singleton whose ranges have nothing in common is there twice",
		deps:    `"@backstage/plugin-x": "^1.2.0", "narrow": "^2.0.0"`,
		want:    "@backstage/core@npm:^1.1.0 = 1.2.0\n@backstage/plugin-x@npm:1.1.0 = 1.1.0\n@backstage/plugin-x@npm:^1.2.0 = 1.2.0\n@backstage/types@npm:^1.0.0 = 1.0.1\nnarrow@npm:^2.0.0 = 2.0.0\n",
		off:     []string{"@backstage/plugin-x 1.1.0 range"},
		doubles: []string{"@backstage/plugin-x"},
		drifts:  true,
	},
	{
		name: "a singleton with a common version does not share it below what was locked",
		deps: `"@backstage/plugin-x": "^1.0.0", "narrow": "^2.0.0"`,
		lock: "root@workspace:. = . @backstage/plugin-x@^1.0.0\n@backstage/plugin-x@npm:^1.0.0 = 1.2.0 @backstage/core@^1.1.0 @backstage/types@^1.0.0\n" +
			"@backstage/core@npm:^1.1.0 = 1.2.0\n@backstage/types@npm:^1.0.0 = 1.0.1\n",
		want:    "@backstage/core@npm:^1.1.0 = 1.2.0\n@backstage/plugin-x@npm:1.1.0 = 1.1.0\n@backstage/plugin-x@npm:^1.0.0 = 1.2.0\n@backstage/types@npm:^1.0.0 = 1.0.1\nnarrow@npm:^2.0.0 = 2.0.0\n",
		off:     []string{"@backstage/plugin-x 1.1.0 range"},
		doubles: []string{"@backstage/plugin-x"},
	},
	{
		name: "what is ahead stays ahead, and who comes new joins it",
		deps: `"@backstage/core": "^1.0.0", "third": "^1.0.0"`,
		lock: "root@workspace:. = . @backstage/core@^1.0.0\n@backstage/core@npm:^1.0.0 = 1.3.0\n",
		want: "@backstage/core@npm:^1.0.0, @backstage/core@npm:^1.1.0 = 1.3.0\n@backstage/plugin-x@npm:^1.0.0 = 1.2.0\n@backstage/types@npm:^1.0.0 = 1.0.1\nthird@npm:^1.0.0 = 1.1.0\n",
		off:  []string{"@backstage/core 1.3.0 ahead"}, drifts: true,
	},
	{
		name: "ahead, asked for with another range than before",
		deps: `"@backstage/plugin-x-backend": "^1.2.0"`,
		lock: "root@workspace:. = . @backstage/plugin-x-backend@^1.0.0\n@backstage/plugin-x-backend@npm:^1.0.0 = 1.3.0\n",
		want: "@backstage/plugin-x-backend@npm:^1.2.0 = 1.3.0\n",
		off:  []string{"@backstage/plugin-x-backend 1.3.0 ahead"},
	},
	{
		name: "ahead, asked for by another package than before",
		deps: `"@backstage/plugin-x-backend": "^1.0.0"`,
		lock: "root@workspace:. = . @backstage/plugin-old-backend@^1.0.0\n@backstage/plugin-old-backend@npm:^1.0.0 = 1.2.0 @backstage/plugin-x-backend@^1.0.0\n" +
			"@backstage/plugin-x-backend@npm:^1.0.0 = 1.3.0\n",
		want: "@backstage/plugin-x-backend@npm:^1.0.0 = 1.3.0\n",
		off:  []string{"@backstage/plugin-x-backend 1.3.0 ahead"},
	},
	{
		name: "ahead, asked for by another package and with another range than before",
		deps: `"@backstage/plugin-x-backend": "^1.2.0"`,
		lock: "root@workspace:. = . @backstage/plugin-old-backend@^1.0.0\n@backstage/plugin-old-backend@npm:^1.0.0 = 1.2.0 @backstage/plugin-x-backend@^1.0.0\n" +
			"@backstage/plugin-x-backend@npm:^1.0.0 = 1.3.0\n",
		want: "@backstage/plugin-x-backend@npm:^1.2.0 = 1.3.0\n",
		off:  []string{"@backstage/plugin-x-backend 1.3.0 ahead"},
	},
	{
		name: "ahead is lowered if that is allowed",
		deps: `"@backstage/core": "^1.0.0", "third": "^1.0.0"`, lower: true,
		lock:   "root@workspace:. = . @backstage/core@^1.0.0\n@backstage/core@npm:^1.0.0 = 1.3.0\n",
		want:   "@backstage/core@npm:^1.0.0, @backstage/core@npm:^1.1.0 = 1.2.0\n@backstage/plugin-x@npm:^1.0.0 = 1.2.0\n@backstage/types@npm:^1.0.0 = 1.0.1\nthird@npm:^1.0.0 = 1.1.0\n",
		drifts: true,
	},
	{
		name: "a range lowered on purpose, for whom the lock has less than the release",
		deps: `"user": "^2.0.0", "other": "^1.0.0"`,
		lock: "root@workspace:. = . user@^1.0.0 other@^1.0.0\nuser@npm:^1.0.0 = 1.0.0 @backstage/core@^1.0.0\nother@npm:^1.0.0 = 1.0.0 @backstage/core@<1.3.0\n" +
			"@backstage/core@npm:^1.0.0 = 1.4.0\n@backstage/core@npm:<1.3.0 = 1.1.0\n",
		registry: "user 2.0.0 @backstage/core@<1.3.0\n",
		want:     "@backstage/core@npm:<1.3.0 = 1.2.0\nother@npm:^1.0.0 = 1.0.0\nuser@npm:^2.0.0 = 2.0.0\n",
		drifts:   true,
	},
	{
		name:   "behind an alias stands the release's version too",
		deps:   `"core": "npm:@backstage/core@^1.0.0", "@backstage/core": "^1.2.0"`,
		want:   "@backstage/core@npm:^1.2.0, core@npm:@backstage/core@^1.0.0 = 1.2.0\n",
		drifts: true,
	},
	{
		name: "backstage:^ is bound to the release, and so is the range behind it",
		deps: `"@backstage/core": "backstage:^", "third": "^1.0.0"`,
		archive: "-- backstage.json --\n{\"version\": \"1.50.0\"}\n-- .yarnrc.yml --\nplugins:\n  - path: .yarn/plugins/@yarnpkg/plugin-backstage.cjs\n" +
			"-- .yarn/plugins/@yarnpkg/plugin-backstage.cjs --\n// the plugin\n",
		want: "@backstage/core@backstage:^::backstage=1.50.0&npm=1.2.0, @backstage/core@npm:^1.0.0, @backstage/core@npm:^1.1.0, @backstage/core@npm:^1.2.0 = 1.2.0\n" +
			"@backstage/plugin-x@npm:^1.0.0 = 1.2.0\n@backstage/types@npm:^1.0.0 = 1.0.1\nthird@npm:^1.0.0 = 1.1.0\n",
		drifts: true,
	},
	{
		name:     "the registry lacks the release's version",
		deps:     `"@backstage/gone": "^1.0.0", "@backstage/core": "^1.0.0"`,
		registry: "@backstage/gone 1.4.0 1.6.0 @backstage/core@^1.1.0\n",
		want:     "@backstage/core@npm:^1.0.0, @backstage/core@npm:^1.1.0 = 1.2.0\n@backstage/gone@npm:^1.0.0 = 1.6.0\n",
		off:      []string{"@backstage/gone 1.6.0 unavailable"}, drifts: true,
	},
	{
		name: "a version that only the lock has can be had",
		deps: `"@backstage/core": "^1.0.0", "third": "^1.0.0"`,
		lock: "root@workspace:. = . @backstage/core@^1.0.0\n@backstage/core@npm:^1.0.0 = 1.2.5\n", release: map[string]string{"@backstage/core": "1.2.5", "@backstage/plugin-x": "1.2.0"},
		want:   "@backstage/core@npm:^1.0.0, @backstage/core@npm:^1.1.0 = 1.2.5\n@backstage/plugin-x@npm:^1.0.0 = 1.2.0\n@backstage/types@npm:^1.0.0 = 1.0.2\nthird@npm:^1.0.0 = 1.1.0\n",
		drifts: true,
	},
	{
		name:     "dependencies of a release's version that were never locked come at the release",
		deps:     `"@backstage/core": "^1.0.0"`,
		lock:     "root@workspace:. = . @backstage/core@^1.0.0\n@backstage/core@npm:^1.0.0 = 1.0.0\n",
		registry: "@backstage/core 1.2.0 @backstage/types@^1.0.0 lodash@^4.0.0\n",
		want:     "@backstage/core@npm:^1.0.0 = 1.2.0\n@backstage/types@npm:^1.0.0 = 1.0.1\nlodash@npm:^4.0.0 = 4.0.0\n",
		drifts:   true,
	},
	{
		name: "a peer dependency asks for nothing",
		deps: `"@backstage/core": "^1.0.0"`,
		archive: "-- packages/p/package.json --\n" +
			`{"name": "p", "peerDependencies": {"@backstage/plugin-x": "^1.0.0", "@backstage/core": "^2.0.0"}}` + "\n",
		want:   "@backstage/core@npm:^1.0.0 = 1.2.0\n",
		drifts: true,
	},
	{
		name:   "a prerelease line: the release is a prerelease, and carets of others do not reach it",
		deps:   `"@backstage/next": "^1.1.0-next.0", "user": "^1.0.0"`,
		lock:   "root@workspace:. = . @backstage/next@^1.1.0-next.0\n@backstage/next@npm:^1.1.0-next.0 = 1.1.0-next.0\n",
		want:   "@backstage/next@npm:^1.0.0 = 1.1.0\n@backstage/next@npm:^1.1.0-next.0 = 1.1.0-next.1\nuser@npm:^1.0.0 = 1.0.0\n",
		off:    []string{"@backstage/next 1.1.0 range"},
		drifts: true, doubles: []string{"@backstage/next"},
		registry: "user 1.0.0 @backstage/next@^1.0.0\n",
	},
	{
		name: "copies off the release are as few as can be",
		deps: `"@backstage/core": "^1.2.0", "a": "^1.0.0", "b": "^1.0.0", "c": "^1.0.0"`,
		want: "@backstage/core@npm:1.0.0 - 1.1.0, @backstage/core@npm:1.1.0, @backstage/core@npm:>=1.0.0 <1.2.0 = 1.1.0\n@backstage/core@npm:^1.2.0 = 1.2.0\n" +
			"a@npm:^1.0.0 = 1.0.0\nb@npm:^1.0.0 = 1.0.0\nc@npm:^1.0.0 = 1.0.0\n",
		registry: "a 1.0.0 @backstage/core@>=1.0.0_<1.2.0\nb 1.0.0 @backstage/core@1.1.0\nc 1.0.0 @backstage/core@1.0.0_-_1.1.0\n",
		off:      []string{"@backstage/core 1.1.0 range"},
		doubles:  []string{"@backstage/core"}, drifts: true,
	},
	{
		name:    "two majors, one for each that asks",
		deps:    `"@backstage/plugin-x": "^1.0.0", "wide": "^1.0.0", "b": "^1.0.0"`,
		archive: "", registry: "b 1.0.0 @backstage/plugin-x@^2.0.0\n",
		want: "@backstage/core@npm:^1.1.0 = 1.2.0\n@backstage/core@npm:^2.0.0 = 2.0.0\n@backstage/plugin-x@npm:>=1.0.0 <1.3.0, @backstage/plugin-x@npm:^1.0.0 = 1.2.0\n" +
			"@backstage/plugin-x@npm:^2.0.0 = 2.0.0\n@backstage/types@npm:^1.0.0 = 1.0.1\nb@npm:^1.0.0 = 1.0.0\nwide@npm:^1.0.0 = 1.0.0\n",
		off:     []string{"@backstage/core 2.0.0 range", "@backstage/plugin-x 2.0.0 range"},
		doubles: []string{"@backstage/core", "@backstage/plugin-x"}, drifts: true,
	},
	{
		name:    "a resolution decides, and is the range that excludes",
		deps:    `"@backstage/core": "^1.0.0", "third": "^1.0.0"`,
		archive: `RESOLUTIONS "@backstage/core": "1.1.0"`,
		want:    "@backstage/core@npm:1.1.0 = 1.1.0\n@backstage/plugin-x@npm:^1.0.0 = 1.2.0\n@backstage/types@npm:^1.0.0 = 1.0.1\nthird@npm:^1.0.0 = 1.1.0\n",
		off:     []string{"@backstage/core 1.1.0 range"}, drifts: true,
	},
	{
		name:   "a tag admits the version that it leads to, no other",
		deps:   `"@backstage/core": "latest", "third": "^1.0.0"`,
		want:   "@backstage/core@npm:^1.0.0, @backstage/core@npm:^1.1.0 = 1.2.0\n@backstage/core@npm:latest = 2.0.0\n@backstage/plugin-x@npm:^1.0.0 = 1.2.0\n@backstage/types@npm:^1.0.0 = 1.0.1\nthird@npm:^1.0.0 = 1.1.0\n",
		off:    []string{"@backstage/core 2.0.0 range"},
		drifts: true, doubles: []string{"@backstage/core"},
	},
}

func (c pinCase) text() string {
	resolutions := ""
	files := c.archive
	if rest, ok := strings.CutPrefix(files, "RESOLUTIONS "); ok {
		resolutions, files = `, "resolutions": {`+rest+`}`, ""
	}
	return fmt.Sprintf("-- package.json --\n{\"name\": \"root\", \"workspaces\": [\"packages/*\"], \"dependencies\": {%s}%s}\n%s-- yarn.lock --\n%s",
		c.deps, resolutions, files, berry(c.lock))
}

func (c pinCase) solve(t *testing.T, policy relock.Policy) (claim, *relock.Result) {
	t.Helper()
	in := portal(t, c.text())
	registry := fakeOf(t, world+c.registry)
	old := string(in.Lock.Format())
	in.Release = c.versions()
	res, err := relock.Solve(t.Context(), in, registry, policy)
	if err != nil {
		t.Fatal(err)
	}
	return claim{old: old, new: string(res.Lock), dir: in.Project.Root, release: c.versions(), registry: registry.versions, lower: c.lower}, res
}

func (c pinCase) versions() map[string]string {
	if c.release != nil {
		return c.release
	}
	return manifest
}
