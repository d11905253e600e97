package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portalctl/portalctl/internal/dedupe"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// planted is a copy of the fixture portal with mutations.
func planted(t testing.TB, names ...string) string {
	t.Helper()
	dir := copyPortal(t)
	for _, name := range names {
		ar, err := txtar.ParseFile("testdata/mutations/" + name + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range ar.Files {
			if err := mutate(dir, f); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func mustFix(t testing.TB, in Input, opts Options, manifests bool) *Fixed {
	t.Helper()
	if opts.Now.IsZero() {
		opts.Now = now
	}
	f, err := Fix(in, opts, manifests)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// edits are the edits by path below dir, applied.
func apply(t testing.TB, dir string, f *Fixed) []string {
	t.Helper()
	var names []string
	for _, e := range f.Edits {
		old, err := os.ReadFile(e.Path)
		if err != nil || string(old) != string(e.Old) {
			t.Fatalf("%s: the edit starts from something else (%v)", e.Path, err)
		}
		if err := os.WriteFile(e.Path, e.New, 0o644); err != nil {
			t.Fatal(err)
		}
		rel, err := filepath.Rel(dir, e.Path)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.ToSlash(rel))
	}
	return names
}

func sameAsPortal(t testing.TB, dir string, files ...string) {
	t.Helper()
	for _, name := range files {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("testdata/portal", name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestFixNothing(t *testing.T) {
	for _, opts := range []Options{{}, {All: true}, {Strategy: dedupe.Highest, All: true}, {Strategy: dedupe.Fewer, All: true, Prune: true}} {
		if f := mustFix(t, openFixture(t, "testdata/portal"), opts, true); !f.Empty() || len(f.Moves)+len(f.Pruned)+len(f.Ranges)+len(f.Resolutions) > 0 {
			t.Errorf("%+v: something to do in a clean portal: %+v", opts, f)
		}
	}
}

// A range left behind goes, and the entry with it: the lock is byte for byte
// what it was before.
func TestFixDedupes(t *testing.T) {
	dir := planted(t, "dedupable_old_entry")
	f := mustFix(t, openFixture(t, dir), Options{}, false)
	if diff := cmp.Diff([]string{"yarn.lock"}, apply(t, dir, f)); diff != "" {
		t.Error(diff)
	}
	sameAsPortal(t, dir, "yarn.lock")
	if len(f.Moves) != 1 || f.Moves[0].Descriptor.String() != "@backstage/core-components@npm:^0.18.9" {
		t.Errorf("moves %+v", f.Moves)
	}
	after := openFixture(t, dir)
	if r := mustReport(t, after, Options{}); len(r.Findings) > 0 {
		t.Errorf("left: %v", lines(r))
	}
	if r := mustReport(t, f.After, Options{}); len(r.Findings) > 0 {
		t.Errorf("left, without reading the files again: %v", lines(r))
	}
	if again := mustFix(t, after, Options{}, true); !again.Empty() {
		t.Error("a second fix has something to do")
	}
}

func TestFixManifests(t *testing.T) {
	dir := planted(t, "resolution_unused", "duplicate_by_workspace")
	in := openFixture(t, dir)
	if f := mustFix(t, in, Options{}, false); !f.Empty() {
		t.Errorf("without --fix-manifests: %+v", f)
	}
	r := mustReport(t, in, Options{})
	if c := r.Counts(); c.FixableInManifests != 2 || c.Fixable != 0 {
		t.Errorf("counts %+v", c)
	}
	f := mustFix(t, in, Options{}, true)
	want := []string{"yarn.lock", "package.json", "plugins/catalog-backend-module-acme/package.json"}
	if diff := cmp.Diff(want, apply(t, dir, f)); diff != "" {
		t.Error(diff)
	}
	sameAsPortal(t, dir, "package.json")
	if diff := cmp.Diff([]rangeChange{{"plugins/catalog-backend-module-acme/package.json", "@backstage/catalog-model", "~1.7.0", "~1.9.0"}}, f.Ranges); diff != "" {
		t.Error(diff)
	}
	lock, err := os.ReadFile(filepath.Join(dir, "yarn.lock"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\"@backstage/catalog-model@npm:^1.9.0, @backstage/catalog-model@npm:~1.9.0\":\n", "    \"@backstage/catalog-model\": \"npm:~1.9.0\"\n"} {
		if strings.Count(string(lock), want) != 1 {
			t.Errorf("the lock lacks %q", want)
		}
	}
	if strings.Contains(string(lock), "1.7.") && strings.Contains(string(lock), "~1.7.0") {
		t.Error("the old version is still there")
	}
	after := openFixture(t, dir)
	if r := mustReport(t, after, Options{}); len(r.Findings) > 0 {
		t.Errorf("left: %v", lines(r))
	}
	if again := mustFix(t, after, Options{}, true); !again.Empty() {
		t.Error("a second fix has something to do")
	}
}

// Without the manifest nobody knows what is off the release: the default
// strategy leaves @backstage packages alone, and says so.
func TestFixWithoutManifest(t *testing.T) {
	in := open(t, planted(t, "dedupable_old_entry"))
	r := mustReport(t, in, Options{})
	if len(r.Findings) != 1 || r.Findings[0].Rule != ruleDedupable || r.Findings[0].FixedBy != "" {
		t.Errorf("%+v", r.Findings)
	}
	f := mustFix(t, in, Options{}, false)
	if !f.Empty() || f.Unpinned != 1 || len(f.Notes(true)) != 1 {
		t.Errorf("%+v", f)
	}
	if f := mustFix(t, in, Options{Strategy: dedupe.Highest}, false); len(f.Moves) != 1 || f.Unpinned != 0 {
		t.Errorf("%+v", f)
	}
}

// Whoever asks for one version only meant it.
func TestFixLeavesPins(t *testing.T) {
	dir := planted(t, "duplicate_by_workspace")
	for _, name := range []string{"plugins/catalog-backend-module-acme/package.json", "yarn.lock"} {
		rewrite(t, filepath.Join(dir, name), func(s string) string { return strings.ReplaceAll(s, "~1.7.0", "1.7.6") })
	}
	in := openFixture(t, dir)
	r := mustReport(t, in, Options{})
	if len(r.Findings) != 1 || r.Findings[0].FixedBy != "" {
		t.Errorf("%+v", r.Findings)
	}
	if f := mustFix(t, in, Options{}, true); !f.Empty() {
		t.Errorf("changed %v", f.Ranges)
	}
}

// A breaking change is nobody's to make but the plugin's team.
func TestFixLeavesBreakingRanges(t *testing.T) {
	dir := planted(t, "host_core_dependency_excludes")
	if f := mustFix(t, openFixture(t, dir), Options{}, true); !f.Empty() {
		t.Errorf("changed %v %v", f.Ranges, f.Moves)
	}
}

func TestFixPrunes(t *testing.T) {
	dir := copyPortal(t)
	path := filepath.Join(dir, "yarn.lock")
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const orphan = "\"left@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"left@npm:1.0.0\"\n  checksum: 10c0/00\n  languageName: node\n  linkType: hard\n\n"
	text := strings.Replace(string(src), "\"luxon@npm:3.7.2", orphan+"\"luxon@npm:3.7.2", 1)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	in := openFixture(t, dir)
	r := mustReport(t, in, Options{})
	if len(r.Findings) != 1 || r.Findings[0].Rule != ruleStale || r.Findings[0].FixedBy != finding.ByFix {
		t.Fatalf("findings %+v", r.Findings)
	}
	f := mustFix(t, in, Options{}, false)
	apply(t, dir, f)
	sameAsPortal(t, dir, "yarn.lock")
	if diff := cmp.Diff([]string{"left@npm:^1.0.0"}, f.Pruned); diff != "" {
		t.Error(diff)
	}

	// Where a dependency is missing, an orphan may be what the next install
	// builds on.
	mutation, err := txtar.ParseFile("testdata/mutations/stale_missing.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := mutate(dir, mutation.Files[0]); err != nil {
		t.Fatal(err)
	}
	if f := mustFix(t, openFixture(t, dir), Options{}, false); !f.Empty() {
		t.Errorf("pruned %v from a lock that is out of date", f.Pruned)
	}
}

// What the configuration ignores or turns off is not touched.
func TestFixRespectsTheConfiguration(t *testing.T) {
	dir := planted(t, "dedupable_old_entry", "resolution_unused")
	for _, text := range []string{
		"check:\n  rules: {dedupable: off, lockfile-stale: off, resolution-unused: off}\n",
		`check:
  ignore:
    - {rule: dedupable, package: "@backstage/*", reason: a test, expires: 2026-12-31}
    - {rule: resolution-unused, package: graphql, reason: a test, expires: 2026-12-31}
`,
	} {
		cfg, err := finding.ParseConfig(".portalctl.yaml", []byte(text), configSchema())
		if err != nil {
			t.Fatal(err)
		}
		if f := mustFix(t, openFixture(t, dir), Options{Config: cfg}, true); !f.Empty() {
			t.Errorf("%s\nchanged %+v", text, f)
		}
	}
}

// A bare lock is deduped, and on Berry pruned, without package.json files.
func TestFixBareLock(t *testing.T) {
	src, err := os.ReadFile(filepath.Join(planted(t, "dedupable_old_entry"), "yarn.lock"))
	if err != nil {
		t.Fatal(err)
	}
	lock, err := yarnlock.Parse("some.lock", src)
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Lock: lock}
	r := mustReport(t, in, Options{})
	if diff := cmp.Diff([]string{"dedupable some.lock:221"}, lines(r)); diff != "" {
		t.Error(diff)
	}
	f := mustFix(t, in, Options{}, true)
	want, err := os.ReadFile("testdata/portal/yarn.lock")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(f.Lock)); diff != "" || len(f.Edits) > 0 {
		t.Errorf("%d edits\n%s", len(f.Edits), diff)
	}
}
