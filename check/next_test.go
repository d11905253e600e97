package check

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/yarnlock"
)

// The commands of next steps are those that work on the lock at hand.
func TestNextFitsTheLock(t *testing.T) {
	berry := func(version string) string {
		protocol := "npm:"
		if version == "6" {
			protocol = ""
		}
		return "__metadata:\n  version: " + version + "\n  cacheKey: 8\n\n\"@backstage/errors@npm:^1.0.0\":\n  version: 1.1.0\n  resolution: \"@backstage/errors@npm:1.1.0\"\n  languageName: node\n  linkType: hard\n" +
			"\n\"root@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"root@workspace:.\"\n  dependencies:\n    \"@backstage/errors\": \"" + protocol + "^1.0.0\"\n  languageName: unknown\n  linkType: soft\n"
	}
	const classic = "# yarn lockfile v1\n\n\n\"@backstage/errors@^1.0.0\":\n  version \"1.1.0\"\n"
	for name, tt := range map[string]struct{ lock, off, stale string }{
		"Yarn 4": {berry("8"), "Run portalctl versions lock -C portal --resolve release", "Run portalctl versions lock -C portal, or yarn install, and commit yarn.lock"},
		"Yarn 3": {berry("6"), "Run yarn set resolution @backstage/errors@npm:^1.0.0 npm:1.2.0", "Run yarn install and commit yarn.lock"},
		"Yarn 1": {classic, `Write "@backstage/errors": "1.2.0" into the resolutions of the root package.json, run yarn install, and take it out again`, "Run yarn install and commit yarn.lock"},
	} {
		// What is missing from the lock hides nothing of what is there.
		for deps, want := range map[string][]string{`"@backstage/errors": "^1.0.0"`: {tt.off}, `"@backstage/errors": "^1.0.0", "left-pad": "^1.0.0"`: {tt.stale, tt.off}} {
			dir := t.TempDir()
			for file, text := range map[string]string{
				"package.json":   `{"name": "root", "private": true, "workspaces": [], "dependencies": {` + deps + `}}`,
				"backstage.json": `{"version": "1.10.0"}`,
			} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			in := open(t, dir)
			in.Release = map[string]string{"@backstage/errors": "1.2.0"}
			var err error
			if in.Lock, err = yarnlock.Parse("yarn.lock", []byte(tt.lock)); err != nil {
				t.Fatal(err)
			}
			var next []string
			for _, f := range mustReport(t, in, Options{At: " -C portal"}).Findings {
				next = append(next, f.Next)
			}
			if !slices.Equal(next, want) {
				t.Errorf("%s: %q, want %q", name, next, want)
			}
		}
	}
}

// check --fix is named with what it was asked with.
func TestNextRepeatsTheCommand(t *testing.T) {
	lock, err := yarnlock.Parse("yarn.lock", []byte(classicLock))
	if err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]string{
		"":                                   "Run portalctl check --fix",
		"portalctl check --lockfile l --all": "Run portalctl check --lockfile l --all --fix",
		"portalctl check --strategy highest": "Run portalctl check --strategy highest --fix",
	} {
		opts := Options{Command: command, Strategy: "release"}
		if strings.Contains(command, "highest") {
			opts.Strategy = "highest"
		}
		in := Input{Lock: lock, Release: map[string]string{"@backstage/errors": "1.2.0"}}
		found := false
		for _, f := range mustReport(t, in, opts).Findings {
			if f.Rule == ruleDedupable {
				found = true
				if f.Next != want {
					t.Errorf("%q: %q, want %q", command, f.Next, want)
				}
			}
		}
		if !found {
			t.Errorf("%q: nothing to dedupe", command)
		}
	}
}
