package parity

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
)

func TestDemo143(t *testing.T) {
	l := newLab(t)
	wanted(t, "demo-1.43")
	l.runs(t, testshared.Dir(t, "corpus/demo-1.43"), "4.4.1")
}

// TestCreateApp compares a new Backstage app, first without a lock, then with
// the one that Yarn wrote.
func TestCreateApp(t *testing.T) {
	const yarnVersion, appVersion = "4.18.1", "0.9.2"
	l := newLab(t)
	wanted(t, "create-app")
	app, err := createApp(t.Context(), l.dir, appVersion)
	if err != nil {
		t.Fatal(err)
	}
	base := filepath.Join(l.dir, "create-app-"+appVersion, "locked")
	if _, err := os.Stat(base); err != nil {
		yarn := l.yarn(t, yarnVersion)
		pins, err := MakeServable(t.Context(), app, l.proxy.URL, yarnVersion, l.now, l.source(t, yarn.Bundle), relock.Highest{})
		t.Logf("pinned because the registry is partial: %s", pinText(pins))
		if err != nil {
			t.Fatal(err)
		}
		locked, ok := l.fromEmpty(t, app, yarnVersion)
		if !ok {
			return
		}
		if err := CopyTree(locked, base); err != nil {
			t.Fatal(err)
		}
	}
	l.runs(t, base, yarnVersion)
}

// fromEmpty compares the locks of a project that has none.
func (l *lab) fromEmpty(t *testing.T, base, version string) (theirs string, ok bool) {
	t.Helper()
	yarn := l.yarn(t, version)
	theirs = t.TempDir()
	if err := CopyTree(base, theirs); err != nil {
		t.Fatal(err)
	}
	// Without an empty lock, Yarn looks for a project further up.
	if err := os.WriteFile(filepath.Join(theirs, "yarn.lock"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	res, err := Solve(t.Context(), theirs, l.proxy.URL, version, l.now, l.source(t, yarn.Bundle), relock.Highest{})
	run := yarn.Install(t.Context(), theirs, l.proxy.URL, l.now)
	if run.Err != nil {
		t.Fatalf("YARN FAILED: %s (ours: %v)", run.Reason(), err)
	}
	if err != nil {
		t.Fatalf("ours failed, Yarn did not: %v", err)
	}
	want, err := os.ReadFile(filepath.Join(theirs, "yarn.lock"))
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(res.Lock) {
		diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(res.Lock), "\n"))
		t.Errorf("%s: the locks differ (-yarn +ours):\n%s", version, diff[:min(len(diff), 6000)])
		return theirs, false
	}
	t.Logf("RESULT %s, Yarn %s, from an empty lock: identical, %d packages", t.Name(), version, len(res.Added))
	return theirs, true
}

// TestFromEmpty compares small projects without a lock, with packages for
// some platforms only.
func TestFromEmpty(t *testing.T) {
	l := newLab(t)
	wanted(t, "empty")
	for name, manifest := range map[string]string{
		"esbuild":  `{"name": "a", "dependencies": {"esbuild": "^0.25.0", "rollup": "4.64.10", "chokidar": "^3.6.0"}}`,
		"sharp":    `{"name": "b", "dependencies": {"sharp": "^0.33.5", "lightningcss": "^1.29.0", "@parcel/watcher": "^2.5.0"}}`,
		"natives":  `{"name": "c", "devDependencies": {"@swc/core": "1.16.18", "rollup": "4.67.4", "typescript": "~5.7.0", "resolve": "^1.22.0"}, "optionalDependencies": {"fsevents": "^2.3.3", "better-sqlite3": "^11.0.0"}}`,
		"old":      `{"dependencies": {"got": "^9.6.0", "webpack": "^4.46.0", "jest": "^26.6.0", "babel-preset-react-app": "10.0.1"}}`,
		"aliases":  `{"name": "e", "dependencies": {"lo": "npm:lodash@^4.17.0", "ts5": "npm:typescript@~5.6.0", "react": "latest", "rc": "npm:react@latest"}, "resolutions": {"loose-envify": "1.3.0", "react@npm:latest/loose-envify": "^1.4.0"}}`,
		"optional": `{"name": "f", "optionalDependencies": {"@esbuild/linux-x64": "^0.25.0", "sharp": "^0.33.0"}, "dependencies": {"@esbuild/darwin-arm64": "^0.25.0"}, "dependenciesMeta": {"sharp": {"built": false}}}`,
	} {
		for _, version := range []string{"4.4.1", "4.13.0", "4.18.1"} {
			t.Run(name+"/"+version, func(t *testing.T) {
				dir := t.TempDir()
				if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(manifest), 0o644); err != nil {
					t.Fatal(err)
				}
				l.fromEmpty(t, dir, version)
			})
		}
	}
}

// constructs is a monorepo with most of what a package.json can say.
const constructs = `
-- package.json --
{"name": "@me/root", "workspaces": {"packages": ["packages/*", "nested/**", "!packages/not"]},
 "dependencies": {"a": "workspace:^", "l": "link:./packages/not", "p": "portal:packages/not", "ms": "^2.0.0"},
 "devDependencies": {"typescript": "~5.4.0", "ms": "2.1.2"},
 "optionalDependencies": {"fsevents": "*", "is-odd": "3"},
 "dependenciesMeta": {"is-odd": {"built": false, "unplugged": true}, "is-number@6.0.0": {"built": true}},
 "resolutions": {"is-odd/is-number": "6.0.0", "@me/b/kind-of": "6.0.3", "debug@npm:^2.6.0/ms": "npm:2.0.0", "react": "npm:preact@10.19.0"}}
-- packages/a/package.json --
{"name": "a", "version": "2.0.0-beta.1", "bin": "./a.js", "dependencies": {"@me/b": "workspace:*", "b2": "workspace:nested/b/c", "kind-of": "^6.0.0", "react": "^18.0.0"},
 "peerDependencies": {"react": ">=16", "weird": "not a range!", "w": "workspace:^"}, "peerDependenciesMeta": {"react": {"optional": true}, "extra": {"optional": true}, "no": {"optional": false}}}
-- nested/b/package.json --
{"name": "@me/b", "version": "1.0.0", "bin": {"x": "./x.js", "@s/y": ".\\\\y.js"}, "dependencies": {"kind-of": "^6.0.0", "a": "^2.0.0-alpha", "debug": "^2.6.0", "version": "^0.1.2", "get-value": "2 || 3"}}
-- nested/b/c/package.json --
{"name": "b2", "version": "0.1.0", "os": ["linux"], "devDependencies": {"debug": "npm:^2.6.0", "@me/b": "^1.0.0", "a": "2.0.0"}}
-- packages/anonymous/package.json --
{"dependencies": {"is-odd": "^3.0.0"}}
-- packages/not/package.json --
{"name": "outside", "version": "3.0.0", "bin": "o.js", "dependencies": {"is-even": "1.0.0"}, "devDependencies": {"is-ten": "*"}, "peerDependencies": {"ms": "*"}}
-- .yarnrc.yml --
packageExtensions:
  is-even@*:
    dependencies:
      isarray: ^2.0.0
    peerDependenciesMeta:
      zod: {optional: true}
  "ms@^2.0.0":
    peerDependencies:
      inherits: "*"
`

// TestConstructs compares a small monorepo with many constructs, from an empty
// lock and then after edits.
func TestConstructs(t *testing.T) {
	l := newLab(t)
	wanted(t, "constructs")
	for _, version := range []string{"4.0.2", "4.4.1", "4.13.0", "4.18.1"} {
		t.Run(version, func(t *testing.T) {
			archive := constructs
			if version == "4.13.0" || version == "4.18.1" {
				archive = strings.Replace(archive, `"get-value": "2 || 3"`, `"get-value": "catalog:", "set-value": "catalog:other"`, 1) +
					"catalog:\n  get-value: ^3.0.0\ncatalogs:\n  other:\n    set-value: 4\n"
			}
			dir := t.TempDir()
			for _, f := range txtar.Parse([]byte(archive)).Files {
				file := filepath.Join(dir, filepath.FromSlash(f.Name))
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			theirs, ok := l.fromEmpty(t, dir, version)
			if !ok {
				return
			}
			yarn := l.yarn(t, version)
			nobody, err := NewSource("http://127.0.0.1:1", yarn.Bundle)
			if err != nil {
				t.Fatal(err)
			}
			again, err := Solve(t.Context(), theirs, l.proxy.URL, version, l.now, nobody, relock.Highest{})
			if err != nil || again.Changed {
				t.Errorf("Yarn's own lock changes: %v", err)
			}
		})
	}
}

// TestExtraTrees compares complete trees that were got elsewhere, such as
// repos with the Backstage Yarn plugin: PORTALCTL_PARITY_EXTRA is a list of
// name=folder@yarn, separated by commas. The release manifest for backstage:
// ranges is looked up among the shared data.
func TestExtraTrees(t *testing.T) {
	l := newLab(t)
	for item := range strings.SplitSeq(os.Getenv("PORTALCTL_PARITY_EXTRA"), ",") {
		name, rest, ok := strings.Cut(item, "=")
		at := strings.LastIndexByte(rest, '@')
		if !ok || at < 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			wanted(t, name)
			dir := rest[:at]
			in, err := Open(dir, l.proxy.URL, rest[at+1:], l.now)
			if err != nil {
				t.Fatal(err)
			}
			if in.BackstageVersion != "" {
				t.Setenv("BACKSTAGE_MANIFEST_FILE", testshared.Dir(t, "backstage-versions/v1/releases/"+in.BackstageVersion+"/manifest.json"))
			}
			l.runs(t, dir, rest[at+1:])
		})
	}
}
