package parity

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// TestReleaseBump moves the trees of PORTALCTL_PARITY_EXTRA, and demo-1.43, to
// releases: every package must be on the release or have a reason, and the
// real Yarn must not change a byte of the lock. With PORTALCTL_PARITY_BUMP
// (name:release, separated by commas) it takes these releases.
func TestReleaseBump(t *testing.T) {
	l := newLab(t)
	trees := map[string]string{}
	for item := range strings.SplitSeq(os.Getenv("PORTALCTL_PARITY_EXTRA"), ",") {
		if name, rest, ok := strings.Cut(item, "="); ok {
			trees[name] = rest
		}
	}
	trees["demo-1.43"] = testshared.Dir(t, "corpus/demo-1.43") + "@4.4.1"
	for item := range strings.SplitSeq(os.Getenv("PORTALCTL_PARITY_BUMP"), ",") {
		name, release, _ := strings.Cut(item, ":")
		rest, ok := trees[name]
		if !ok {
			continue
		}
		t.Run(name+"-to-"+release, func(t *testing.T) {
			at := strings.LastIndexByte(rest, '@')
			l.bump(t, rest[:at], rest[at+1:], release)
		})
	}
}

func (l *lab) bump(t *testing.T, base, version, release string) {
	manifest := testshared.Dir(t, "backstage-versions/v1/releases/"+release+"/manifest.json")
	t.Setenv("BACKSTAGE_MANIFEST_FILE", manifest)
	versions, err := Versions(manifest)
	if err != nil {
		t.Fatal(err)
	}
	yarn := l.yarn(t, version)
	dir := t.TempDir()
	if err := CopyTree(base, dir); err != nil {
		t.Fatal(err)
	}
	in, err := Open(dir, l.proxy.URL, version, l.now)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names(in.Lock) {
		if versions[name] == "" {
			continue
		}
		if _, err := l.source(t, "").Packument(t.Context(), name); err != nil {
			t.Logf("left as it is, for the registry has no %s at all", name)
			delete(versions, name)
		}
	}
	if err := bumpTree(dir, release, versions); err != nil {
		t.Fatal(err)
	}
	l.proxy.StandIn(versions)
	defer func() {
		t.Logf("versions of the release that another stands in for: %d", len(l.proxy.nearest))
		l.proxy.StandIn(nil)
	}()
	source := l.source(t, yarn.Bundle)
	policy := &relock.Release{Versions: versions}
	pins, err := MakeServable(t.Context(), dir, l.proxy.URL, version, l.now, source, policy)
	t.Logf("pinned because the registry is partial: %s", pinText(pins))
	if err != nil {
		t.Fatal(err)
	}
	l.bumpHighest(t, dir, yarn, source)
	start := time.Now()
	res, err := Solve(t.Context(), dir, l.proxy.URL, version, l.now, source, policy)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	for _, line := range offForNoReason(res) {
		t.Error(line)
	}
	lock, err := yarnlock.Parse("yarn.lock", res.Lock)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range unforced(lock, versions) {
		t.Error(line)
	}
	for _, o := range res.OffRelease {
		first := o.Asks[0]
		t.Logf("off: %s %s (release %s): %s; %s asks for %s", o.Name, o.Version, o.Release, o.Reason, first.Path[len(first.Path)-1].Name, first.Range)
	}
	for _, o := range res.Ahead {
		t.Logf("ahead: %s %s (release %s)", o.Name, o.Version, o.Release)
	}
	count := func(list []relock.Duplicate) (n int) {
		for _, d := range list {
			if strings.HasPrefix(d.Name, "@backstage/") {
				n++
			}
		}
		return n
	}
	lockFile := filepath.Join(dir, "yarn.lock")
	if err := os.WriteFile(lockFile, res.Lock, 0o644); err != nil {
		t.Fatal(err)
	}
	run := yarn.Install(t.Context(), dir, l.proxy.URL, l.now)
	if run.Err != nil {
		t.Fatalf("YARN FAILED: %s", run.Reason())
	}
	after, err := os.ReadFile(lockFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(after) != string(res.Lock) {
		t.Errorf("Yarn changes the lock")
		_ = os.WriteFile(filepath.Join(os.TempDir(), "bump-ours.lock"), res.Lock, 0o644)
		_ = os.WriteFile(filepath.Join(os.TempDir(), "bump-yarn.lock"), after, 0o644)
	}
	t.Logf("RESULT %s: %d of %d on the release, %d off, %d ahead; @backstage duplicates %d to %d; +%d -%d ~%d; ours %v, Yarn's check %v",
		t.Name(), res.OnRelease, res.OfRelease, len(res.OffRelease), len(res.Ahead), count(res.DuplicatesBefore), count(res.DuplicatesAfter),
		len(res.Added), len(res.Removed), len(res.Updated), took.Round(time.Millisecond), run.Elapsed.Round(time.Millisecond))
}

// bumpHighest compares the lock of the bumped tree without pinning.
func (l *lab) bumpHighest(t *testing.T, base string, yarn *Yarn, source relock.Source) {
	dir := t.TempDir()
	if err := CopyTree(base, dir); err != nil {
		t.Fatal(err)
	}
	// 4.9.2 was published with a dependency on a file of its authors.
	if err := resolve(dir, "@yarnpkg/core", "4.9.1"); err != nil {
		t.Fatal(err)
	}
	pins, err := MakeServable(t.Context(), dir, l.proxy.URL, yarn.Version, l.now, source, relock.Highest{})
	t.Logf("without pinning: pinned because the registry is partial: %s", pinText(pins))
	if err != nil {
		t.Fatal(err)
	}
	res, err := Solve(t.Context(), dir, l.proxy.URL, yarn.Version, l.now, source, relock.Highest{})
	run := yarn.Install(t.Context(), dir, l.proxy.URL, l.now)
	switch {
	case run.Err != nil:
		t.Logf("without pinning: YARN FAILED: %s (ours: %v)", run.Reason(), err)
		return
	case err != nil:
		t.Errorf("without pinning: ours failed, Yarn did not: %v", err)
		return
	}
	want, err := os.ReadFile(filepath.Join(dir, "yarn.lock"))
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(res.Lock) {
		t.Error("without pinning: the locks differ")
		return
	}
	t.Logf("without pinning: identical with Yarn's; %d of %d on the release, %d off; +%d -%d ~%d packages",
		res.OnRelease, res.OfRelease, len(res.OffRelease)+len(res.Ahead), len(res.Added), len(res.Removed), len(res.Updated))
}

// bumpTree moves the tree at dir to a release, as far as a lock is concerned:
// ranges of its packages, and backstage.json.
func bumpTree(dir, release string, versions map[string]string) error {
	project, err := workspace.Open(dir)
	if err != nil {
		return err
	}
	for _, w := range project.Workspaces {
		f := w.File
		for _, d := range f.AllDeps() {
			to, ok := versions[d.Name]
			if !ok {
				continue
			}
			v, err := semrange.ParseVersion(to)
			if err != nil {
				return err
			}
			if to, _ := pkgjson.Retarget(d.Parsed, v, pkgjson.Options{}); to != d.Spec {
				if err := f.Set(d.Section, d.Name, to); err != nil {
					return err
				}
			}
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(w.Rel), pkgjson.FileName), f.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "backstage.json"), fmt.Appendf(nil, "{\n  \"version\": %q\n}\n", release), 0o644)
}

// offForNoReason finds what a lock must not have after a bump: a package off the
// release that no range excludes, that is not ahead, and that the registry
// has; or a copy that no range forces.
func offForNoReason(res *relock.Result) []string {
	var bad []string
	byName := map[string][]relock.Off{}
	for _, o := range res.OffRelease {
		byName[o.Name] = append(byName[o.Name], o)
		forced := false
		for _, d := range o.Asks {
			forced = forced || d.Excludes
		}
		if !forced && o.Reason != relock.ReasonMissing && o.Reason != relock.ReasonOneCopy {
			bad = append(bad, fmt.Sprintf("%s %s (release %s) is off the release for no reason: %s", o.Name, o.Version, o.Release, o.Reason))
		}
	}
	for _, o := range res.Ahead {
		if c := semrange.CompareText(o.Version, o.Release); c <= 0 {
			bad = append(bad, fmt.Sprintf("%s %s is called ahead of %s", o.Name, o.Version, o.Release))
		}
	}
	return bad
}

// unforced finds copies of the release's packages in a lock, other than the
// release's own version, whose every range would also admit a higher version
// that the lock has: nothing forces them.
func unforced(lock *yarnlock.Lock, versions map[string]string) []string {
	copies := map[string][]*yarnlock.Entry{}
	for _, e := range lock.Entries {
		if e.Resolution.Is(spec.NPM) && versions[e.Resolution.Name] != "" {
			copies[e.Resolution.Name] = append(copies[e.Resolution.Name], e)
		}
	}
	var bad []string
	for name, list := range copies {
		for _, e := range list {
			for _, other := range list {
				if e.Version != versions[name] && semrange.CompareText(other.Version, e.Version) > 0 && admitsAll(e.Keys, other.Version) {
					bad = append(bad, fmt.Sprintf("%s %s: all its ranges admit %s", name, e.Version, other.Version))
				}
			}
		}
	}
	return bad
}

func admitsAll(keys []yarnlock.Descriptor, version string) bool {
	v, err := semrange.ParseVersion(version)
	if err != nil {
		return false
	}
	for _, k := range keys {
		rng := spec.Bare(k.Range)
		if bound := spec.Parse(k.Range).Bind("npm"); bound != "" {
			rng = "^" + bound
		}
		if r, err := semrange.Parse(rng); err != nil || !r.Satisfies(v) {
			return false
		}
	}
	return true
}

// pinText is a map of pins for a log.
func pinText(pins map[string]string) string {
	var list []string
	for name, version := range pins {
		list = append(list, name+"@"+version)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}
