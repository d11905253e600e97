package check

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/finding"
)

// hiding are portals in which one finding explains another: by the rule that
// explains, and what is shown as soon as that one is not.
var hiding = []struct {
	name    string
	files   map[string]string
	entries []string
	release map[string]string
	cause   string
	hidden  string
}{
	{
		name:    "a copy that is off the release",
		files:   map[string]string{"packages/app/package.json": appHead + `{"@backstage/catalog-model": "^1.9.0", "@backstage/x": "^1.0.0"}}`},
		entries: []string{"@backstage/catalog-model@^1.9.0 1.9.0", "@backstage/catalog-model@~1.7.0 1.7.0", "@backstage/x@^1.0.0 1.0.0: @backstage/catalog-model ~1.7.0"},
		release: map[string]string{"@backstage/catalog-model": "1.9.0"},
		cause:   "duplicate", hidden: "off-release",
	},
	{
		name: "a range of a plugin",
		files: map[string]string{
			"packages/app/package.json": appHead + `{"@backstage/core-components": "^0.20.0"}}`,
			"plugins/x/package.json":    pluginHead + `{"@backstage/core-components": "^0.19.0"}}`,
		},
		entries: []string{"@backstage/core-components@^0.19.0 0.19.0", "@backstage/core-components@^0.20.0 0.20.0"},
		release: map[string]string{"@backstage/core-components": "0.20.0"},
		cause:   "host-version", hidden: "duplicate",
	},
	{
		name: "a resolution that holds a package back",
		files: map[string]string{
			"package.json":              `{"name": "root", "private": true, "workspaces": ["packages/*"], "resolutions": {"@backstage/errors": "1.1.0"}}`,
			"packages/app/package.json": appHead + `{"@backstage/errors": "^1.2.0"}}`,
		},
		entries: []string{"@backstage/errors@1.1.0 1.1.0"},
		release: map[string]string{"@backstage/errors": "1.2.0"},
		cause:   "resolution-blocks-release", hidden: "off-release",
	},
	{
		name: "a dependency of the other side",
		files: map[string]string{
			"packages/app/package.json":   appHead + `{"@backstage/backend-plugin-api": "^1.2.0"}}`,
			"packages/other/package.json": `{"name": "other", "private": true, "dependencies": {"@backstage/backend-plugin-api": "^2.0.0"}}`,
		},
		entries: []string{"@backstage/backend-plugin-api@^1.2.0 1.2.0", "@backstage/backend-plugin-api@^2.0.0 2.0.0"},
		release: map[string]string{"@backstage/backend-plugin-api": "2.0.0"},
		cause:   "plugin-structure", hidden: "duplicate",
	},
}

// TestHidesNothing holds that a finding explains another one only where it is
// shown itself.
func TestHidesNothing(t *testing.T) {
	for _, tt := range hiding {
		t.Run(tt.name, func(t *testing.T) {
			in := open(t, berryPortal(t, tt.files, tt.entries...))
			in.Release = tt.release
			has := func(opts Options, rule string) bool {
				return slices.ContainsFunc(mustReport(t, in, opts).Findings, func(f finding.Finding) bool { return f.Rule == rule })
			}
			all := mustReport(t, in, Options{})
			if !has(Options{}, tt.cause) || has(Options{}, tt.hidden) {
				t.Fatalf("one mistake is %v", lines(all))
			}
			for how, config := range map[string]string{
				"off":     "check: {rules: {" + tt.cause + ": off}}",
				"ignored": "check: {ignore: [{rule: " + tt.cause + ", package: '**', reason: r, expires: 2026-09-30}]}",
			} {
				cfg, err := finding.ParseConfig(".portalctl.yaml", []byte(config), configSchema())
				if err != nil {
					t.Fatal(err)
				}
				if !has(Options{Config: cfg}, tt.hidden) {
					t.Errorf("%s: %s is still hidden", how, tt.hidden)
				}
			}
			if !has(Options{Baseline: finding.NewBaseline(&all.Report, nil)}, tt.hidden) {
				t.Errorf("baseline: %s is still hidden", tt.hidden)
			}
			base, err := NewBaseline(in, Options{Now: now})
			if err != nil {
				t.Fatal(err)
			}
			if left := mustReport(t, in, Options{Baseline: base}); left.Failed() {
				t.Errorf("a new baseline leaves %v", lines(left))
			}
		})
	}
}

// An unlocked dependency is its own mistake, whatever else is wrong at its line.
func TestStaleBesideOthers(t *testing.T) {
	for name, tt := range map[string]struct {
		files map[string]string
		want  string
	}{
		"host-version": {map[string]string{
			"packages/app/package.json": appHead + `{"react": "^18.0.0"}}`,
			"plugins/x/package.json":    pluginHead + `{"react": "^17.0.0"}}`,
		}, "lockfile-stale, host-version"},
		"plugin-structure": {map[string]string{
			"packages/app/package.json": appHead + `{"react": "^18.0.0", "@backstage/backend-plugin-api": "^1.0.0"}}`,
		}, "lockfile-stale, plugin-structure"},
		"backend-registered": {map[string]string{
			"packages/app/package.json":     appHead + `{"react": "^18.0.0"}}`,
			"packages/backend/package.json": `{"name": "backend", "private": true, "backstage": {"role": "backend"}, "dependencies": {"@backstage/plugin-kubernetes-backend": "^0.20.0"}}`,
			"packages/backend/src/index.ts": "import { createBackend } from '@backstage/backend-defaults';\ncreateBackend().start();\n",
		}, "lockfile-stale, backend-registered"},
	} {
		in := open(t, berryPortal(t, tt.files, "react@^18.0.0 18.3.1"))
		var got []string
		for _, f := range mustReport(t, in, Options{}).Findings {
			got = append(got, f.Rule)
		}
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("%s: %s, want %s", name, strings.Join(got, ", "), tt.want)
		}
	}
}

// What is not to be deduped stays, and so do the copies.
func TestIgnoredDedupableHidesNoDuplicate(t *testing.T) {
	in := open(t, berryPortal(t, map[string]string{"packages/app/package.json": appHead + `{"react": "^18.2.0", "@acme/a": "^1.0.0"}}`},
		"@acme/a@^1.0.0 1.0.0: react ^18.0.0", "react@^18.0.0 18.0.0", "react@^18.2.0 18.3.1"))
	cfg, err := finding.ParseConfig(".portalctl.yaml", []byte("check: {ignore: [{rule: dedupable, package: react, reason: r, expires: 2026-09-30}]}"), configSchema())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"dedupable yarn.lock:12"}, lines(mustReport(t, in, Options{}))); diff != "" {
		t.Error(diff)
	}
	r := mustReport(t, in, Options{Config: cfg})
	if len(r.Findings) != 1 || r.Findings[0].Rule != ruleDuplicate || r.Findings[0].Severity != finding.Error {
		t.Errorf("%+v", r.Findings)
	}
}

// The table says all about the order: rules name only rules, in no circle, and
// any order that it allows gives the same report.
func TestTable(t *testing.T) {
	rules := table()
	for _, r := range rules {
		for _, id := range r.after {
			if id == r.ID || !slices.ContainsFunc(rules, func(o rule) bool { return o.ID == id }) {
				t.Fatalf("%s comes after %s", r.ID, id)
			}
		}
	}
	in := openFixture(t, planted(t, "duplicate_by_workspace", "off_release_newer", "host_core_dependency_excludes", "resolution_unused", "patch_without_effect", "stale_missing"))
	report := func(rules []rule) []string {
		m := newModel(in, Options{Now: now})
		m.runAll(rules)
		r := &finding.Report{Rules: Rules(), Findings: m.findings}
		r.Finish(nil, nil, now)
		return lines(&Report{Report: *r})
	}
	want := report(inOrder(rules))
	if len(want) < 5 {
		t.Fatalf("only %v", want)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		random.Shuffle(len(rules), func(i, j int) { rules[i], rules[j] = rules[j], rules[i] })
		if diff := cmp.Diff(want, report(inOrder(rules))); diff != "" {
			t.Fatal(diff)
		}
	}
}
