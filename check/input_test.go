package check

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

func rewrite(t testing.TB, file string, change func(string) string) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(change(string(src))), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Conflict markers are a finding; the rules that need no lock still run.
func TestConflictMarkers(t *testing.T) {
	dir := planted(t, "registered_never")
	rewrite(t, filepath.Join(dir, "yarn.lock"), func(s string) string {
		return strings.Replace(s, "\"csstype@npm:^3.0.2\":\n", "<<<<<<< HEAD\n\"csstype@npm:^3.0.2\":\n=======\n>>>>>>> main\n", 1)
	})
	in := openFixture(t, dir)
	if in.LockErr == nil {
		t.Fatal("the lock was read")
	}
	r := mustReport(t, in, Options{})
	if diff := cmp.Diff([]string{"lockfile-stale yarn.lock:567", "backend-registered packages/backend/package.json:17"}, lines(r)); diff != "" {
		t.Error(diff)
	}
	if f := mustFix(t, in, Options{}, true); !f.Empty() {
		t.Error("a fix without a lock")
	}
}

// Whatever else makes a lock unreadable is an error with its place.
func TestUnreadableLock(t *testing.T) {
	dir := copyPortal(t)
	path := filepath.Join(dir, "yarn.lock")
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{len(src) / 2, len(src) - 40} {
		if err := os.WriteFile(path, src[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		in := openFixture(t, dir)
		if in.LockErr == nil {
			continue // cut between two entries: that is for the rules to see
		}
		if _, err := NewReport(in, Options{Now: now}); err == nil || !strings.Contains(err.Error(), "yarn.lock:") {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
}

func TestNoLock(t *testing.T) {
	dir := copyPortal(t)
	if err := os.Remove(filepath.Join(dir, "yarn.lock")); err != nil {
		t.Fatal(err)
	}
	r := mustReport(t, openFixture(t, dir), Options{})
	if diff := cmp.Diff([]string{"lockfile-stale package.json"}, lines(r)); diff != "" {
		t.Error(diff)
	}
}

// Unknown protocols and cycles are no reason to stop.
func TestOddLocks(t *testing.T) {
	const src = `__metadata:
  version: 8
  cacheKey: 10c0

"a@npm:^1.0.0":
  version: 1.0.0
  resolution: "a@npm:1.0.0"
  dependencies:
    b: "npm:^1.0.0"
  linkType: hard

"b@npm:^1.0.0, b@zzz:what:ever::x=y":
  version: 1.0.0
  resolution: "b@npm:1.0.0"
  dependencies:
    a: "npm:^1.0.0"
    b: "npm:^1.0.0"
  linkType: hard

"c@jsr:^1":
  version: 1.0.0
  resolution: "c@jsr:1.0.0"
  linkType: hard

"@backstage/errors@npm:^1.0.0":
  version: 1.0.0
  resolution: "@backstage/errors@npm:1.0.0"
  linkType: hard

"@backstage/errors@npm:not a range, @backstage/errors@npm:latest":
  version: 1.1.0
  resolution: "@backstage/errors@npm:1.1.0"
  linkType: hard

"@backstage/errors@npm:^2":
  version: 2.0.0-not.01.a.version
  resolution: "@backstage/errors@npm:2.0.0-not.01.a.version"
  linkType: hard

"root@workspace:.":
  version: 0.0.0-use.local
  resolution: "root@workspace:."
  dependencies:
    "@backstage/errors": "npm:^1.0.0"
    a: "npm:^1.0.0"
    b: "zzz:what:ever"
    c: "jsr:^1"
  linkType: soft
`
	lock, err := yarnlock.Parse("yarn.lock", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	for _, opts := range []Options{{}, {All: true}} {
		r := mustReport(t, Input{Lock: lock}, opts)
		if diff := cmp.Diff([]string{"lockfile-stale yarn.lock:30", "dedupable yarn.lock:25"}, lines(r)); diff != "" {
			t.Error(diff)
		}
	}
}

// 200,000 entries: time in proportion to the lock, and memory, too.
func TestHugeLock(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const entries = 200_000
	testkit.Linear(t, entries, func(n int) func() {
		src := hugeLock(n)
		return func() {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			lock, err := yarnlock.Parse("yarn.lock", src)
			if err != nil {
				t.Fatal(err)
			}
			r := mustReport(t, Input{Lock: lock}, Options{All: true})
			runtime.ReadMemStats(&after)
			if got := len(r.Findings); got != n/20 {
				t.Errorf("%d findings, %v", got, r.Findings[0])
			}
			if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > uint64(1500*n/entries) {
				t.Errorf("allocated %d MB for a lock of %d MB", mb, len(src)>>20)
			}
		}
	})
}

// hugeLock is a chain of packages, every twentieth with two versions.
func hugeLock(entries int) []byte {
	var b strings.Builder
	b.WriteString("__metadata:\n  version: 8\n  cacheKey: 10c0\n\n\"root@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"root@workspace:.\"\n  dependencies:\n    p0: \"npm:~1.0.0\"\n  linkType: soft\n")
	for i := range entries {
		name, minor := fmt.Sprintf("p%d", i), 0
		if i%20 == 1 { // a second version of the one before
			name, minor = fmt.Sprintf("p%d", i-1), 1
		}
		fmt.Fprintf(&b, "\n\"%s@npm:~1.%d.0\":\n  version: 1.%d.0\n  resolution: \"%s@npm:1.%d.0\"\n  dependencies:\n", name, minor, minor, name, minor)
		next := i + 1
		if next%20 == 1 {
			fmt.Fprintf(&b, "    p%d: \"npm:~1.1.0\"\n", i)
			next++
		}
		fmt.Fprintf(&b, "    p%d: \"npm:~1.0.0\"\n  linkType: hard\n", next%entries)
	}
	return []byte(b.String())
}

// An empty file is not a lock that Yarn wrote: one finding, not one for each
// dependency.
func TestEmptyLock(t *testing.T) {
	lock, err := yarnlock.Parse("yarn.lock", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]Input{"alone": {Lock: lock}, "portal": open(t, classicPortal(t, "")), "Yarn 1": open(t, classicPortal(t, "# yarn lockfile v1\n"))} {
		if diff := cmp.Diff([]string{"lockfile-stale yarn.lock:1"}, lines(mustReport(t, in, Options{}))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// One missing patch file is one finding, however many resolutions name it.
func TestPatchFileNamedTwice(t *testing.T) {
	dir := classicPortal(t, classicLock)
	root := `{"name": "root", "private": true, "workspaces": ["packages/*"], "resolutions": {
		"ms@^2.0.0": "patch:ms@npm%3A2.1.3#~/.yarn/patches/ms.patch",
		"ms@2.1.3": "patch:ms@npm%3A2.1.3#~/.yarn/patches/ms.patch"
	}}`
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(root), 0o644); err != nil {
		t.Fatal(err)
	}
	var got []finding.Finding
	for _, f := range mustReport(t, open(t, dir), Options{}).Findings {
		if f.Rule == rulePatch {
			got = append(got, f)
		}
	}
	if len(got) != 1 || got[0].Pos.Line != 2 || len(got[0].Lines) != 1 || got[0].Lines[0] != "package.json:3 names it too" {
		t.Errorf("%+v", got)
	}
}
