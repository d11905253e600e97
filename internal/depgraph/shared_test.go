package depgraph

import (
	"encoding/json"
	"io/fs"
	"os"
	pathpkg "path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

type manifest struct {
	Name                 string
	Workspaces           json.RawMessage
	Dependencies         map[string]string
	OptionalDependencies map[string]string
	DevDependencies      map[string]string
	Resolutions          map[string]string
}

// portal reads the lock and the package.json files below dir. Folders with a
// lock of their own are other projects.
func portal(t testing.TB, dir string) (*yarnlock.Lock, options) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(dir, "yarn.lock"))
	if err != nil {
		t.Fatal(err)
	}
	lock, err := yarnlock.Parse("yarn.lock", src)
	if err != nil {
		t.Fatal(err)
	}
	var opts options
	root := readManifest(t, filepath.Join(dir, "package.json"))
	for k, v := range root.Resolutions {
		o, ok := yarnlock.OverrideOf(lock.Kind, spec.ParsePattern(k), v)
		if !ok {
			t.Fatal(k)
		}
		opts.Overrides = append(opts.Overrides, o)
	}
	members, err := root.members()
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if _, err := os.Stat(filepath.Join(path, "yarn.lock")); err == nil && path != dir {
				return filepath.SkipDir
			}
			return nil
		}
		if d.Name() != "package.json" {
			return nil
		}
		rel, err := filepath.Rel(dir, filepath.Dir(path))
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if rel != "." && !slices.ContainsFunc(members, func(glob string) bool { ok, _ := pathpkg.Match(glob, rel); return ok }) {
			return nil // lies in the tree, but is not a workspace
		}
		opts.Workspaces = append(opts.Workspaces, readManifest(t, path).workspace(rel))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lock, opts
}

func readManifest(t testing.TB, path string) (m manifest) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(path, err)
	}
	return m
}

func (m manifest) members() (globs []string, err error) {
	if len(m.Workspaces) == 0 {
		return nil, nil
	}
	if json.Unmarshal(m.Workspaces, &globs) == nil {
		return globs, nil
	}
	var object struct{ Packages []string }
	err = json.Unmarshal(m.Workspaces, &object)
	return object.Packages, err
}

func (m manifest) workspace(rel string) Workspace {
	ws := Workspace{Name: m.Name, Rel: rel, File: rel + "/package.json"}
	for kind, deps := range map[Kind]map[string]string{prod: m.Dependencies, optional: m.OptionalDependencies, Dev: m.DevDependencies} {
		for name, rng := range deps {
			ws.Deps = append(ws.Deps, dep{Name: name, Range: rng, Kind: kind})
		}
	}
	return ws
}

var berryPortals = []string{"demo", "demo-1.43", "gitlab-plugin", "janus-plugins", "showcase-v6",
	"rhdh", "rhdh/.ci", "rhdh/dynamic-plugins", "rhdh/e2e-tests"}

// TestSharedComplete holds on real portals whose lock is in line with their
// manifests: every dependency has an entry, and every entry somebody who asks.
func TestSharedComplete(t *testing.T) {
	var dirs []string
	for _, name := range berryPortals {
		dirs = append(dirs, testshared.Dir(t, "corpus/"+name))
	}
	bumps, err := filepath.Glob(filepath.Join(testshared.Dir(t, "golden/bump"), "demo-*", "*", "yarn.lock"))
	if err != nil || len(bumps) < 12 {
		t.Fatalf("%d trees of bumps, %v", len(bumps), err)
	}
	for _, lock := range bumps {
		dirs = append(dirs, filepath.Dir(lock))
	}
	for _, dir := range dirs {
		t.Run(strings.TrimPrefix(dir, filepath.Dir(testshared.Dir(t, "corpus"))), func(t *testing.T) {
			lock, opts := portal(t, dir)
			for _, from := range []string{"manifests", "lock"} {
				if from == "lock" {
					if lock.Kind == yarnlock.Classic {
						break
					}
					opts.Workspaces = nil
				}
				g := newGraph(lock, opts)
				for _, e := range g.Missing() {
					t.Errorf("from the %s: %s %s asks for %s@%s: no entry", from, e.Pos, g.Name(e.From), e.Name, e.Range)
				}
				for _, n := range g.orphans() {
					t.Errorf("from the %s: nothing asks for %s", from, g.Entry(n).Resolution)
				}
				keys := map[yarnlock.Descriptor]bool{}
				for _, d := range g.Roots() {
					keys[d] = true
				}
				for n := range g.Len() {
					for _, e := range g.Out(Node(n)) {
						keys[e.Key] = true
						for _, s := range g.Resolver().Sources(e.Key) {
							keys[s] = true
						}
					}
				}
				for _, e := range lock.Entries {
					for _, k := range e.Keys {
						if !keys[k] {
							t.Errorf("from the %s: nothing asks for the key %s", from, k)
						}
					}
				}
			}
		})
	}
}

// TestSharedClassic holds the same for Yarn 1. One of the two locks is truly
// behind its manifests.
func TestSharedClassic(t *testing.T) {
	for name, stale := range map[string][]string{
		"ortelius-v1": nil,
		"self-service-v1": {"@backstage-community/plugin-sonarqube@^0.14.0", "@backstage-community/plugin-sonarqube-react@^0.7.0",
			"@backstage-community/plugin-sonarqube-backend@^0.9.2", "@backstage/plugin-auth-backend@^0.24.5",
			"@backstage/plugin-auth-backend-module-github-provider@^0.3.2"},
	} {
		t.Run(name, func(t *testing.T) {
			lock, opts := portal(t, testshared.Dir(t, "corpus/"+name))
			g := newGraph(lock, opts)
			var missing []string
			for _, e := range g.Missing() {
				missing = append(missing, e.Name+"@"+e.Range)
			}
			if !slices.Equal(missing, stale) {
				t.Errorf("no entry for %q", missing)
			}
			if orphans := g.orphans(); (len(orphans) == 0) != (stale == nil) {
				t.Errorf("%d orphans", len(orphans))
			}
		})
	}
}

// TestSharedBare walks locks that come without manifests. What finds no entry
// there is what resolutions force, or backstage: in a lock that a Yarn without
// the plugin wrote.
func TestSharedBare(t *testing.T) {
	for _, name := range []string{"dedupe/berry-demo-1a539e8d/yarn.lock", "dedupe/berry-rhdh-bf530a6b/yarn.lock", "lock/rhdh-29-edits/expected.lock"} {
		src, err := os.ReadFile(filepath.Join(testshared.Dir(t, "golden"), filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		lock, err := yarnlock.Parse(name, src)
		if err != nil {
			t.Fatal(err)
		}
		g := newGraph(lock, options{})
		for _, e := range g.Missing() {
			if len(lock.Named(e.Name)) == 0 && !strings.HasPrefix(e.Range, "backstage:") {
				t.Errorf("%s asks for %s@%s: not even another version has an entry", e.Pos, e.Name, e.Range)
			}
		}
		t.Logf("%s: %d edges, %d without an entry", name, len(g.edges), len(g.Missing()))
	}
}

func BenchmarkNew(b *testing.B) {
	lock, opts := portal(b, testshared.Dir(b, "corpus/rhdh"))
	b.ReportAllocs()
	for b.Loop() {
		newGraph(lock, opts)
	}
}

func BenchmarkParseAndNew(b *testing.B) {
	lock, opts := portal(b, testshared.Dir(b, "corpus/rhdh"))
	src := lock.Format()
	b.ReportAllocs()
	for b.Loop() {
		lock, err := yarnlock.Parse("yarn.lock", src)
		if err != nil {
			b.Fatal(err)
		}
		newGraph(lock, opts)
	}
}

func BenchmarkWhy(b *testing.B) {
	lock, opts := portal(b, testshared.Dir(b, "corpus/rhdh"))
	g := newGraph(lock, opts)
	n := g.Ident("tslib")[0]
	for b.Loop() {
		g.Why(n)
	}
}
