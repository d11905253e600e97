package check

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

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

func TestMoved(t *testing.T) {
	in := openFixture(t, "testdata/portal")
	in.Published = func(name, version string) (published, bool) {
		switch name {
		case "@backstage-community/plugin-tech-radar":
			if version != "1.14.0" {
				t.Errorf("asked for version %q", version)
			}
			return published{Moved: "@acme/plugin-radar"}, true
		case "@backstage/theme":
			return published{Deprecated: "This package has moved to @backstage/ui"}, true
		case "@backstage/cli":
			return published{Deprecated: "use the new\n  one instead"}, true
		case "@backstage/config":
			return published{Deprecated: "no longer maintained"}, true
		}
		return published{}, true
	}
	r := mustReport(t, in, Options{})
	var got []string
	for _, f := range r.Findings {
		got = append(got, f.Pos.File+" "+f.Message)
	}
	want := []string{
		"package.json @backstage/cli is deprecated: use the new one instead",
		"packages/app/package.json @backstage/cli is deprecated: use the new one instead",
		"packages/app/package.json @backstage/theme has moved to @backstage/ui",
		"packages/app/package.json @backstage-community/plugin-tech-radar has moved to @acme/plugin-radar",
	}
	for _, dir := range []string{"packages/backend", "plugins/badges-backend", "plugins/badges-common", "plugins/badges-node",
		"plugins/badges-react", "plugins/badges", "plugins/catalog-backend-module-acme"} {
		want = append(want, dir+"/package.json @backstage/cli is deprecated: use the new one instead")
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(r.Unknown) > 0 {
		t.Errorf("unknown: %v", r.Unknown)
	}
	names := map[string]bool{}
	for _, p := range in.moving() {
		names[p.name] = true
	}
	if !names["@backstage/cli"] || names["react"] || names["@acme/plugin-badges"] {
		t.Errorf("to ask for: %v", names)
	}
}

// Offline, what is installed tells; the rest is unknown, not fine.
func TestMovedOffline(t *testing.T) {
	in := openFixture(t, "testdata/portal")
	r := mustReport(t, in, Options{})
	if len(r.Unknown) != 1 || r.Unknown[0].Rule != ruleMoved || r.Unknown[0].Next == "" {
		t.Errorf("unknown: %v", r.Unknown)
	}
	in.Files = fstest.MapFS{"node_modules/@backstage/theme/package.json": {Data: []byte(`{"backstage": {"moved": "@backstage/ui"}}`)}}
	var got []string
	for _, f := range mustReport(t, in, Options{}).Findings {
		if f.Rule == ruleMoved {
			got = append(got, f.Pos.String()+" "+f.Message)
		}
	}
	if diff := cmp.Diff([]string{"packages/app/package.json:24:25 @backstage/theme has moved to @backstage/ui"}, got); diff != "" {
		t.Error(diff)
	}
}

// Without a manifest, off-release says so instead of nothing, unless the lock
// records the release's versions itself.
func TestUnknownRelease(t *testing.T) {
	in := open(t, planted(t, "off_release_newer"))
	in.Unknown = &finding.Unknown{Reason: "a reason", Next: "a step"}
	r := mustReport(t, in, Options{})
	if len(r.Findings) != 0 || len(r.Unknown) != 2 || r.Unknown[0].Rule != ruleOffRelease || r.Unknown[0].Reason != "a reason" {
		t.Errorf("%v %v", lines(r), r.Unknown)
	}

	dir := planted(t, "off_release_newer")
	rewrite(t, filepath.Join(dir, "yarn.lock"), func(s string) string {
		return strings.Replace(s, "\"@backstage/theme@npm:^0.7.3\":\n  version: 0.7.3\n  resolution: \"@backstage/theme@npm:0.7.3\"",
			"\"@backstage/theme@backstage:^::backstage=1.53.0&npm=0.7.3, @backstage/theme@npm:^0.7.3\":\n  version: 0.7.9\n  resolution: \"@backstage/theme@npm:0.7.9\"", 1)
	})
	rewrite(t, filepath.Join(dir, "packages/app/package.json"), func(s string) string {
		return strings.Replace(s, `"@backstage/theme": "^0.7.3"`, `"@backstage/theme": "backstage:^"`, 1)
	})
	r = mustReport(t, open(t, dir), Options{})
	if len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Message, "@backstage/theme is at 0.7.9, newer than 0.7.3") {
		t.Errorf("%v", r.Findings)
	}
}

func TestConfiguredRules(t *testing.T) {
	config := func(text string) *finding.Config {
		cfg, err := finding.ParseConfig(".portalctl.yaml", []byte(text), configSchema())
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	dir := planted(t, "duplicate_by_workspace", "off_release_newer")
	in := openFixture(t, dir)
	for _, tt := range []struct {
		config string
		opts   Options
		want   string
	}{
		{"{}", Options{}, "warning duplicate, warning off-release"},
		{"check: {rules: {duplicate: error, off-release: info}}", Options{}, "error duplicate, info off-release"},
		// Turned off, a rule explains nothing away, nor does what is ignored.
		{"check: {rules: {duplicate: off}}", Options{}, "warning off-release, warning off-release"},
		{"check: {singletons: ['@backstage/catalog-*']}", Options{}, "error duplicate, warning off-release"},
		{"check: {scopes: ['@acme/*']}", Options{}, "warning off-release, warning off-release"},
		{"check: {scopes: ['@acme/*']}", Options{Scope: []string{"@backstage/*"}}, "warning duplicate, warning off-release"},
		{"check: {ignore: [{rule: duplicate, package: '@backstage/*', reason: r, expires: 2026-09-01}]}", Options{}, "warning off-release, warning off-release"},
		{"check: {ignore: [{rule: duplicate, package: '@backstage/*', reason: r, expires: 2026-08-31}]}", Options{}, "error ignore-expired, warning duplicate, warning off-release"},
	} {
		tt.opts.Config = config(tt.config)
		var got []string
		for _, f := range mustReport(t, in, tt.opts).Findings {
			got = append(got, string(f.Severity)+" "+f.Rule)
		}
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("%s: %s, want %s", tt.config, strings.Join(got, ", "), tt.want)
		}
	}
}

func TestBaseline(t *testing.T) {
	recorded, err := NewBaseline(openFixture(t, planted(t, "duplicate_by_workspace", "registered_never")), Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	base, err := finding.ParseBaseline("b.json", recorded.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	// Lines move, and one finding is gone; another comes.
	dir := planted(t, "duplicate_by_workspace", "host_router_peer_excludes")
	rewrite(t, filepath.Join(dir, "plugins/catalog-backend-module-acme/package.json"), func(s string) string {
		return strings.Replace(s, "{\n", "{\n  \"description\": \"x\",\n", 1)
	})
	r := mustReport(t, openFixture(t, dir), Options{Baseline: base})
	if diff := cmp.Diff([]string{"host-version plugins/badges/package.json:43"}, lines(r)); diff != "" {
		t.Error(diff)
	}
	// The duplicate, and what it explained while it was not known.
	if len(r.Known) != 2 || r.Gone != 1 || !r.Failed() {
		t.Errorf("%d known, %d gone", len(r.Known), r.Gone)
	}
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

// An ignore is called unused only where the rules looked at what it is about.
func TestUnusedIgnores(t *testing.T) {
	dir := planted(t, "duplicate_by_workspace")
	in := openFixture(t, dir)
	unused := func(in Input, opts Options, rule, pkg string) bool {
		cfg, err := finding.ParseConfig(finding.ConfigFile, []byte("check:\n  ignore:\n    - {rule: "+rule+", package: '"+pkg+"', reason: a test, expires: 2026-12-31}\n"), configSchema())
		if err != nil {
			t.Fatal(err)
		}
		opts.Config = cfg
		for _, f := range mustReport(t, in, opts).Findings {
			if f.Rule == finding.UnusedRule.ID {
				return true
			}
		}
		return false
	}
	for _, tt := range []struct {
		rule, pkg string
		opts      Options
		want      bool
	}{
		{ruleDuplicate, "@backstage/none", Options{}, true},
		{ruleDuplicate, "lodash", Options{}, false}, // nobody looked at it
		{ruleDuplicate, "lodash", Options{All: true}, true},
		{ruleDuplicate, "@backstage/none", Options{Scope: []string{"lodash"}}, false},
		{rulePatch, "lodash", Options{}, true},
	} {
		if got := unused(in, tt.opts, tt.rule, tt.pkg); got != tt.want {
			t.Errorf("%s for %s, %+v: unused is %v", tt.rule, tt.pkg, tt.opts, got)
		}
	}
	bare := Input{Lock: in.Lock}
	if unused(bare, Options{}, rulePatch, "lodash") {
		t.Error("a bare lock says that nothing needs an ignore about patches")
	}
}
