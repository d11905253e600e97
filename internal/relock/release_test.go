package relock

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// releasePackages: p is a library, plugin-x a singleton.
const releasePackages = `
	@b/p@1.0.0
	@b/p@1.2.0
	@b/p@1.4.0
	@b/p@1.5.0
	@b/p@1.6.0
	@b/p@2.0.0
	@b/plugin-x@1.0.0
	@b/plugin-x@1.2.0
	@b/plugin-x@1.4.0
	@b/plugin-x@1.4.2 deprecated
	@b/plugin-x@1.4.3
	@b/plugin-x@1.5.0
	@b/plugin-x@2.0.0
	@b/young@1.0.0
	@b/young@1.1.0 at=2026-11-22
	@b/lags@1.0.0
	@b/lags@1.3.0
	@b/lags@1.5.0
	@b/lags@1.6.0 deprecated
	@b/lags@1.7.0
	@b/lags@1.9.0
	third@1.0.0 @b/p@^1.0.0 @b/plugin-x@^1.0.0
	third-new@1.0.0 @b/p@^1.5.0 @b/plugin-x@^1.4.1
	third-old@1.0.0 @b/p@<=1.2.0 @b/plugin-x@<=1.2.0
	third-two@1.0.0 @b/p@^2.0.0 @b/plugin-x@^2.0.0
`

func TestRelease(t *testing.T) {
	root := func(deps string) string {
		return "-- package.json --\n{\"name\": \"root\", \"workspaces\": [], \"dependencies\": {" + deps + "}}\n"
	}
	locked := func(lines string) string { return "-- yarn.lock --\n" + lockOf(lines) }
	versions := map[string]string{"@b/p": "1.4.0", "@b/plugin-x": "1.4.0", "@b/young": "1.1.0", "@b/gone": "3.0.0", "@b/lags": "1.5.1"}
	tests := []struct {
		name, archive string
		downgrade     bool
		want          string // brief lock, then on/of, off and ahead
	}{
		{"direct and deep ranges take the release's version",
			root(`"@b/p": "^1.2.0", "third": "1"`), false, `
			@b/p@npm:^1.0.0, @b/p@npm:^1.2.0 = npm:1.4.0
			@b/plugin-x@npm:^1.0.0 = npm:1.4.0
			third@npm:1 = npm:1.0.0
			2 of 2`},
		{"locked copies below the release move to it",
			root(`"@b/p": "^1.2.0", "third": "1"`) + locked("@b/p@npm:^1.0.0, @b/p@npm:^1.2.0 = 1.2.0\n@b/plugin-x@npm:^1.0.0 = 1.0.0\nthird@npm:1 = 1.0.0 @b/p@^1.0.0 @b/plugin-x@^1.0.0\n"), false, `
			@b/p@npm:^1.0.0, @b/p@npm:^1.2.0 = npm:1.4.0
			@b/plugin-x@npm:^1.0.0 = npm:1.4.0
			third@npm:1 = npm:1.0.0
			2 of 2`},
		{"a locked version above the release is never lowered, and one copy is better than two",
			root(`"@b/p": "^1.2.0", "third": "1"`) + locked("@b/p@npm:^1.0.0 = 1.5.0\n@b/p@npm:^1.2.0 = 1.2.0\n@b/plugin-x@npm:^1.0.0 = 1.5.0\nthird@npm:1 = 1.0.0 @b/p@^1.0.0 @b/plugin-x@^1.0.0\n"), false, `
			@b/p@npm:^1.0.0, @b/p@npm:^1.2.0 = npm:1.5.0
			@b/plugin-x@npm:^1.0.0 = npm:1.5.0
			third@npm:1 = npm:1.0.0
			0 of 2
			ahead @b/p 1.5.0
			ahead @b/plugin-x 1.5.0`},
		{"unless that is allowed",
			root(`"@b/p": "^1.2.0", "third": "1"`) + locked("@b/p@npm:^1.0.0 = 1.5.0\n@b/p@npm:^1.2.0 = 1.2.0\n@b/plugin-x@npm:^1.0.0 = 1.5.0\nthird@npm:1 = 1.0.0 @b/p@^1.0.0 @b/plugin-x@^1.0.0\n"), true, `
			@b/p@npm:^1.0.0, @b/p@npm:^1.2.0 = npm:1.4.0
			@b/plugin-x@npm:^1.0.0 = npm:1.4.0
			third@npm:1 = npm:1.0.0
			2 of 2`},
		{"a bump that rewrites the range does not lower what it got before",
			root(`"@b/p": "^1.4.0"`) + locked("@b/p@npm:^1.2.0 = 1.6.0\n") + rootEntry("@b/p@^1.2.0"), false, `
			@b/p@npm:^1.4.0 = npm:1.6.0
			0 of 1
			ahead @b/p 1.6.0`},
		{"a range that somebody lowered on purpose is obeyed",
			root(`"@b/p": "~1.2.0"`) + locked("@b/p@npm:^1.2.0 = 1.6.0\n") + rootEntry("@b/p@^1.2.0"), false, `
			@b/p@npm:~1.2.0 = npm:1.2.0
			0 of 1
			off @b/p 1.2.0: range; npm:~1.2.0 by root; set @b/p to ~1.4.0 in package.json`},
		{"a range above the release: a library is there twice, a singleton once, near the release",
			root(`"@b/p": "^1.4.0", "@b/plugin-x": "^1.2.0", "third-new": "1"`), false, `
			@b/p@npm:^1.4.0 = npm:1.4.0
			@b/p@npm:^1.5.0 = npm:1.6.0
			@b/plugin-x@npm:^1.2.0, @b/plugin-x@npm:^1.4.1 = npm:1.4.3
			third-new@npm:1 = npm:1.0.0
			0 of 2
			off @b/p 1.6.0: range; npm:^1.5.0 by third-new; move to a release that has @b/p 1.5.0 or newer, or to an older version of third-new (now 1.0.0)
			off @b/plugin-x 1.4.3: range; npm:^1.4.1 by third-new; move to a release that has @b/plugin-x 1.4.1 or newer, or to an older version of third-new (now 1.0.0)`},
		{"a range below the release: one copy for a singleton",
			root(`"@b/p": "^1.0.0", "@b/plugin-x": "^1.0.0", "third-old": "1"`), false, `
			@b/p@npm:<=1.2.0 = npm:1.2.0
			@b/p@npm:^1.0.0 = npm:1.4.0
			@b/plugin-x@npm:<=1.2.0, @b/plugin-x@npm:^1.0.0 = npm:1.2.0
			third-old@npm:1 = npm:1.0.0
			0 of 2
			off @b/p 1.2.0: range; npm:<=1.2.0 by third-old; update third-old (now 1.0.0) to a version whose dependencies admit @b/p 1.4.0
			off @b/plugin-x 1.2.0: range; npm:<=1.2.0 by third-old; update third-old (now 1.0.0) to a version whose dependencies admit @b/plugin-x 1.4.0`},
		{"ranges that nothing satisfies together are both there, whatever it is",
			root(`"@b/p": "^1.0.0", "@b/plugin-x": "^1.0.0", "third-two": "1"`), false, `
			@b/p@npm:^1.0.0 = npm:1.4.0
			@b/p@npm:^2.0.0 = npm:2.0.0
			@b/plugin-x@npm:^1.0.0 = npm:1.4.0
			@b/plugin-x@npm:^2.0.0 = npm:2.0.0
			third-two@npm:1 = npm:1.0.0
			0 of 2
			off @b/p 2.0.0: range; npm:^2.0.0 by third-two; move to a release that has @b/p 2.0.0 or newer, or to an older version of third-two (now 1.0.0)
			off @b/plugin-x 2.0.0: range; npm:^2.0.0 by third-two; move to a release that has @b/plugin-x 2.0.0 or newer, or to an older version of third-two (now 1.0.0)`},
		{"off the release, what the lock has comes before what is newest",
			root(`"third-new": "1", "@b/p": ">=1.5.0"`) + locked("@b/p@npm:^1.5.0 = 1.5.0\nthird-new@npm:1 = 1.0.0 @b/p@^1.5.0 @b/plugin-x@^1.4.1\n@b/plugin-x@npm:^1.4.1 = 1.5.0\n"), false, `
			@b/p@npm:>=1.5.0, @b/p@npm:^1.5.0 = npm:1.5.0
			@b/plugin-x@npm:^1.4.1 = npm:1.5.0
			third-new@npm:1 = npm:1.0.0
			0 of 2
			off @b/p 1.5.0: range; npm:>=1.5.0 by root; move to a release that has @b/p 1.5.0 or newer, or set @b/p to >=1.4.0 in package.json and allow the downgrade
			off @b/plugin-x 1.5.0: range; npm:^1.4.1 by third-new; move to a release that has @b/plugin-x 1.4.1 or newer, or to an older version of third-new (now 1.0.0)`},
		{"a version of the release that is too young or missing is not forced",
			root(`"@b/young": "^1.0.0"`) + "-- .yarnrc.yml --\nnpmMinimalAgeGate: 3d\n", false, `
			@b/young@npm:^1.0.0 = npm:1.0.0
			0 of 1
			off @b/young 1.0.0: unavailable; npm:^1.0.0 by root; wait until @b/young 1.1.0 is as old as npmMinimalAgeGate requires, or list it in npmPreapprovedPackages of .yarnrc.yml`},
		{"a version of the release that the registry does not have: the lowest above it, not the newest",
			root(`"@b/lags": "^1.0.0"`), false, `
			@b/lags@npm:^1.0.0 = npm:1.7.0
			0 of 1
			off @b/lags 1.7.0: unavailable; npm:^1.0.0 by root; make @b/lags 1.5.1 available in the registry, which lacks it, then run the command again`},
		{"else the highest below it",
			root(`"@b/lags": "~1.3.0 || ~1.5.0"`), false, `
			@b/lags@npm:~1.3.0 || ~1.5.0 = npm:1.5.0
			0 of 1
			off @b/lags 1.5.0: unavailable; npm:~1.3.0 || ~1.5.0 by root; make @b/lags 1.5.1 available in the registry, which lacks it, then run the command again`},
		{"a locked one at or above it stays",
			root(`"@b/lags": "^1.0.0"`) + locked("@b/lags@npm:^1.0.0 = 1.9.0\n"), false, `
			@b/lags@npm:^1.0.0 = npm:1.9.0
			0 of 1
			ahead @b/lags 1.9.0`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			policy := &Release{Versions: versions, AllowDowngrade: tt.downgrade, Singleton: func(name string) bool { return name == "@b/plugin-x" }}
			res, err := Solve(t.Context(), project(t, tt.archive), registryOf(t, releasePackages), policy)
			if err != nil {
				t.Fatal(err)
			}
			want := strings.TrimPrefix(strings.ReplaceAll(tt.want, "\t", ""), "\n") + "\n"
			if diff := cmp.Diff(want, brief(t, res.Lock)+measured(res)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			again, err := Solve(t.Context(), project(t, tt.archive[:strings.Index(tt.archive+"-- yarn.lock", "-- yarn.lock")]+"-- yarn.lock --\n"+string(res.Lock)), registryOf(t, releasePackages), policy)
			if err != nil {
				t.Fatalf("a second time: %v", err)
			}
			if again.Changed {
				t.Errorf("a second run changes the lock again:\n%s", brief(t, again.Lock))
			}
		})
	}
}

// rootEntry is the entry of a root workspace that asks for one package.
func rootEntry(dep string) string {
	name, rng, _ := strings.Cut(dep[1:], "@")
	return fmt.Sprintf("\n\"root@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"root@workspace:.\"\n  dependencies:\n    \"@%s\": \"npm:%s\"\n  languageName: unknown\n  linkType: soft\n", name, rng)
}

// measured is what a result says of the release.
func measured(r *Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d\n", r.OnRelease, r.OfRelease)
	for _, o := range r.OffRelease {
		d := o.Asks[0]
		fmt.Fprintf(&b, "off %s %s: %s; %s by %s; %s\n", o.Name, o.Version, o.Reason, d.Range, d.Path[len(d.Path)-1].Name, d.Fix)
	}
	for _, o := range r.Ahead {
		fmt.Fprintf(&b, "ahead %s %s\n", o.Name, o.Version)
	}
	return b.String()
}
