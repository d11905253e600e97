package check

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/portalctl/portalctl/internal/dedupe"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

var corpora = []string{"demo", "demo-1.43", "gitlab-plugin", "janus-plugins", "ortelius-v1", "rhdh", "self-service-v1", "showcase-v6"}

// openCorpus is a real portal with the manifest of the release that it is on.
func openCorpus(t testing.TB, name string) Input {
	t.Helper()
	in := open(t, testshared.Dir(t, "corpus/"+name))
	// As the command does it: the release is the lock's, whatever the file says.
	stand := release.Stand(in.Lock, in.Project.Declared())
	in.Standing = &stand
	if m := release.Known(stand.Release); m != nil {
		in.Release = m.Packages
	}
	return in
}

// The counts of findings on real portals, by rule and severity. A change here
// is a change in what users see; look at the findings before you accept it.
// (The corpora have no sources and no patch files: backend-registered cannot
// be judged there, and every patch is missing.)
func TestSharedCounts(t *testing.T) {
	testkit.SkipRace(t)
	want := map[string]map[string]int{
		"demo":            {"duplicate error": 4, "duplicate warning": 15, "resolution-unused warning": 1},
		"demo-1.43":       {"duplicate error": 4, "duplicate info": 4, "duplicate warning": 22, "host-version warning": 1, "mixed-line warning": 1, "off-release warning": 10, "release-differs warning": 1},
		"gitlab-plugin":   {"dedupable error": 1, "dedupable warning": 2, "duplicate error": 4, "duplicate warning": 14, "off-release warning": 1, "release-differs warning": 1},
		"janus-plugins":   {"duplicate warning": 1, "host-version warning": 2, "off-release warning": 2, "patch-stale error": 1, "plugin-structure warning": 1, "release-differs warning": 1},
		"ortelius-v1":     {"duplicate error": 1, "duplicate warning": 5, "off-release warning": 1},
		"rhdh":            {"duplicate error": 1, "duplicate info": 2, "duplicate warning": 3, "patch-stale error": 1, "plugin-structure warning": 2},
		"self-service-v1": {"dedupable warning": 12, "duplicate error": 2, "duplicate warning": 18, "host-version warning": 1, "lockfile-stale error": 5, "off-release warning": 3, "plugin-structure warning": 1, "release-differs warning": 1},
		"showcase-v6":     {"duplicate error": 3, "duplicate info": 2, "duplicate warning": 8, "host-version warning": 2, "patch-stale error": 4, "plugin-structure warning": 5},
	}
	for _, name := range corpora {
		t.Run(name, func(t *testing.T) {
			r := mustReport(t, openCorpus(t, name), Options{})
			got := map[string]int{}
			for _, f := range r.Findings {
				got[f.Rule+" "+string(f.Severity)]++
				if f.Pos.File == "" || f.Pos.Line == 0 || f.Next == "" || f.Message == "" || f.Name == "" || len(f.Fixes) == 0 || f.Fingerprint == "" {
					t.Errorf("incomplete: %+v", f)
				}
			}
			for key, n := range want[name] {
				if got[key] != n {
					t.Errorf("%s: %d findings, want %d", key, got[key], n)
				}
				delete(got, key)
			}
			if len(got) > 0 {
				t.Errorf("besides: %v", got)
			}
		})
	}
}

// Fingerprints tell findings apart.
func TestSharedFingerprints(t *testing.T) {
	testkit.SkipRace(t)
	for _, name := range corpora {
		r := mustReport(t, openCorpus(t, name), Options{All: true})
		seen := map[string]finding.Finding{}
		for _, f := range r.Findings {
			if other, ok := seen[f.Fingerprint]; ok {
				t.Errorf("%s: one fingerprint for %s and %s", name, f.Message, other.Message)
			}
			seen[f.Fingerprint] = f
		}
	}
}

// On every portal, with every strategy: fixing twice is fixing once, and what
// is left is nothing that --fix could do.
func TestSharedFix(t *testing.T) {
	testkit.SkipRace(t)
	for _, name := range corpora {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, opts := range []Options{{}, {All: true}, {All: true, Strategy: dedupe.Highest}, {All: true, Strategy: dedupe.Fewer, Prune: true}} {
				in := openCorpus(t, name)
				had := in.Lock.Format()
				f := mustFix(t, in, opts, true)
				if string(in.Lock.Format()) != string(had) {
					t.Fatal("the input's lock changed")
				}
				if c := mustReport(t, f.After, withNow(opts)).Counts(); c.Fixable > 0 || c.FixableInManifests > 0 {
					t.Errorf("%+v: %d, %d fixable findings are left", opts, c.Fixable, c.FixableInManifests)
				}
				after := reread(t, f.After)
				if again := mustFix(t, after, opts, true); !again.Empty() {
					t.Errorf("%+v: a second fix moves %d, prunes %d", opts, len(again.Moves), len(again.Pruned))
				}
				if opts.Strategy == "" {
					stayOnRelease(t, in, f.After)
				}
			}
		})
	}
}

func withNow(o Options) Options { o.Now = now; return o }

// reread parses what a fix leaves, as the next command would.
func reread(t *testing.T, in Input) Input {
	t.Helper()
	var err error
	if in.Lock, err = yarnlock.Parse(in.Lock.File, in.Lock.Format()); err != nil {
		t.Fatal(err)
	}
	for _, ws := range in.Project.Workspaces {
		if _, err := jsonedit.Parse(ws.File.Path(), ws.File.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	return in
}

// stayOnRelease checks that no descriptor has left the release's version, and
// that none got less than it had.
func stayOnRelease(t *testing.T, before, after Input) {
	t.Helper()
	for _, e := range before.Lock.Entries {
		name, version, ok := e.Package()
		if want, covered := before.Release[name]; !ok || !covered || want != version {
			continue
		}
		for _, k := range e.Keys {
			if now := after.Lock.Lookup(k); now != nil && now.Version != version {
				t.Errorf("%s left the release: %s → %s", k, version, now.Version)
			}
		}
	}
}

// Yarn's own lists, through the rule: the findings name every descriptor.
func TestSharedDedupableEqualsYarn(t *testing.T) {
	testkit.SkipRace(t)
	dirs, err := filepath.Glob(filepath.Join(testshared.Dir(t, "golden/dedupe"), "berry-*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("%d cases, %v", len(dirs), err)
	}
	for _, dir := range dirs {
		src, err := os.ReadFile(filepath.Join(dir, "yarn.lock"))
		if err != nil {
			t.Fatal(err)
		}
		lock, err := yarnlock.Parse("yarn.lock", src)
		if err != nil {
			t.Fatal(err)
		}
		for _, opts := range []Options{{All: true}, {Scope: []string{"@backstage/*"}}} {
			r := mustReport(t, Input{Lock: lock}, withNow(opts))
			var got []string
			for _, f := range r.Findings {
				if f.Rule != ruleDedupable {
					continue
				}
				for _, m := range f.Details.(map[string]any)["moves"].([]moveJSON) {
					got = append(got, m.Descriptor)
				}
			}
			var want []string
			for _, m := range dedupe.Plan(lock, dedupe.Options{Strategy: dedupe.Highest}) {
				if opts.All || isBackstage(m.Descriptor.Name) {
					want = append(want, m.Descriptor.String())
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) || len(got) == 0 {
				t.Errorf("%s: %d descriptors, want %d", dir, len(got), len(want))
			}
		}
	}
}
