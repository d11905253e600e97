package relock

import (
	"context"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/yarnlock"
)

// What the new entries of a seed ask for is taken from the lock, as far as it has
// that: Yarn takes the newest for a range that its lock lacks.
func TestReseatAnswers(t *testing.T) {
	t.Parallel()
	berry := func(entries ...string) string {
		text := "__metadata:\n  version: 6\n  cacheKey: 8\n"
		for _, e := range entries {
			keys, version, _ := strings.Cut(e, " = ")
			name, _, _ := strings.Cut(keys, "@")
			locator, link := name+"@npm:"+version, "hard"
			if strings.HasPrefix(version, "workspace:") {
				locator, version, link = name+"@"+version, "0.0.0-use.local", "soft"
			}
			text += "\n\"" + keys + "\":\n  version: " + version + "\n  resolution: \"" + locator + "\"\n  languageName: node\n  linkType: " + link + "\n"
		}
		return text
	}
	classic := func(entries ...string) string {
		text := "# yarn lockfile v1\n\n"
		for _, e := range entries {
			keys, version, _ := strings.Cut(e, " = ")
			name, _, _ := strings.Cut(keys, "@")
			text += "\n" + keys + ":\n  version \"" + version + "\"\n  resolved \"https://registry.example/" + name + "/-/" + name + "-" + version + ".tgz#00\"\n"
		}
		return text
	}
	asks := map[string]map[string]string{"a": {"1.0.0": "1.2.0"}}
	tests := []struct {
		name, lock string
		moves      map[string]map[string]string
		avoid      string
		// want is what the ranges have, "" for none.
		want map[string]string
	}{
		{"what will do is taken from the lock, and the rest left to Yarn", berry("a@npm:^1.0.0 = 1.0.0", "b@npm:~1.3.0 = 1.3.0"),
			asks, "", map[string]string{"a@npm:^1.0.0": "1.2.0", "b@npm:^1.2.0": "1.3.0", "b@npm:~1.3.0": "1.3.0", "c@npm:^1.0.0": ""}},
		{"the newest that the lock has", berry("a@npm:^1.0.0 = 1.0.0", "b@npm:^1.0.0 = 1.9.0", "b@npm:~1.3.0 = 1.3.0"),
			asks, "", map[string]string{"b@npm:^1.2.0": "1.9.0"}},
		{"nothing that its range does not admit", berry("a@npm:^1.0.0 = 1.0.0", "b@npm:^1.0.0 = 1.1.0"),
			asks, "", map[string]string{"b@npm:^1.2.0": ""}},
		{"nothing that is to be avoided", berry("a@npm:^1.0.0 = 1.0.0", "b@npm:^1.0.0 = 1.9.0", "b@npm:~1.3.0 = 1.3.0"),
			asks, "b@1.9.0", map[string]string{"b@npm:^1.2.0": "1.3.0"}},
		{"what has an answer keeps it", berry("a@npm:^1.0.0 = 1.0.0", "b@npm:^1.0.0 = 1.9.0", "b@npm:^1.2.0 = 1.3.0"),
			asks, "", map[string]string{"b@npm:^1.2.0": "1.3.0"}},
		{"a new range of what is raised gets that", berry("a@npm:^1.0.0 = 1.0.0", "a@npm:^1.9.0 = 1.9.0", "asks@npm:^1.0.0 = 1.0.0"),
			map[string]map[string]string{"a": {"1.0.0": "1.2.0"}, "asks": {"1.0.0": "1.1.0"}}, "", map[string]string{"a@npm:^1.2.0": "1.2.0", "a@npm:^1.0.0": "1.2.0"}},
		{"a workspace is Yarn's to take", berry("a@npm:^1.0.0 = 1.0.0", "b@npm:~1.3.0 = 1.3.0", "b@workspace:b = workspace:b"),
			asks, "", map[string]string{"b@npm:^1.2.0": ""}},
		{"Yarn 1 decides itself", classic("a@^1.0.0 = 1.0.0", "b@~1.3.0 = 1.3.0"),
			asks, "", map[string]string{"a@^1.0.0": "1.2.0", "b@^1.2.0": "", "b@~1.3.0": "1.3.0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			lock, err := yarnlock.Parse("yarn.lock", []byte(tt.lock))
			if err != nil {
				t.Fatal(err)
			}
			raise := &Raise{Moves: tt.moves, Avoid: func(name, version string) bool { return tt.avoid == name+"@"+version }}
			if err := Reseat(context.Background(), lock, registryOf(t, raisePackages), raise, nil); err != nil {
				t.Fatal(err)
			}
			got, err := yarnlock.Parse("yarn.lock", lock.Format())
			if err != nil {
				t.Fatal(err)
			}
			for key, version := range tt.want {
				name, rng, _ := strings.Cut(key, "@")
				have := ""
				if e := got.Lookup(descriptor{Name: name, Range: rng}); e != nil {
					have = e.Version
				}
				if have != version {
					t.Errorf("%s has %q, want %q", key, have, version)
				}
			}
		})
	}
}
