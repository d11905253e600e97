package audit

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/osv"
)

// create-app lists @backstage/cli under the app's dependencies: what only it
// brings is not production, and what the backend loads besides is.
func TestToolingByName(t *testing.T) {
	m := newModel(load(t, monorepo([]string{"@backstage/cli *", "@backstage/cli-node *", "@acme/cli *"}, []string{"@backstage/backend-test-utils *", "both *"},
		"@backstage/cli@npm:* = 1.0.0 > webpack npm:*, both npm:*, @backstage/cli-common npm:*", "@backstage/cli-node@npm:* = 1.0.0", "@acme/cli@npm:* = 1.0.0",
		"@backstage/cli-common@npm:* = 1.0.0", "@backstage/backend-test-utils@npm:* = 1.0.0 > mocks npm:*",
		"webpack@npm:* = 1.0.0", "mocks@npm:* = 1.0.0", "both@npm:* = 1.0.0"))[0])
	got := map[string]string{}
	for p := range m.nodes {
		w := m.where(p)
		got[p.Name] = strings.Join(w.Parts, " ") + " " + map[bool]string{true: "production", false: "development"}[w.Production]
	}
	want := map[string]string{
		"@backstage/cli": "tooling development", "webpack": "tooling development", "@backstage/cli-common": "tooling development",
		"@backstage/backend-test-utils": "tooling development", "mocks": "tooling development",
		"both": "backend production", "@backstage/cli-node": "frontend production", "@acme/cli": "frontend production",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// The way into production comes first, and the other says what it is.
	w := m.where(osv.Package{Name: "both", Version: "1.0.0"})
	if ways := w.ways(5); len(ways) != 2 || ways[0] != "backend → both@1.0.0" || !strings.HasSuffix(ways[1], "(@backstage/cli is tooling)") {
		t.Errorf("%q", ways)
	}
}

// lineTargets are the versions that the steps of all actions give a line.
func lineTargets(r *Report) map[string][]string {
	lines := map[string][]string{}
	for _, a := range r.Actions {
		for _, s := range a.Steps {
			left, to, ok := strings.Cut(s, " → ")
			if !ok {
				continue
			}
			if !slices.Contains(lines[left], to) {
				lines[left] = append(lines[left], to)
			}
		}
	}
	return lines
}

// No two actions change one line to different versions.
func TestActionsAgree(t *testing.T) {
	// p asks for a and b; its 2.0.0 admits the fix of a, its 3.0.0 that of b, too.
	head := load(t, monorepo(nil, []string{"p ^1.0.0"}, "p@npm:^1.0.0 = 1.0.0 > a npm:1.0.0, b npm:1.0.0", "a@npm:1.0.0 = 1.0.0", "b@npm:1.0.0 = 1.0.0"))
	published := map[string][]publishedVersion{
		"p": {{"1.0.0", map[string]string{"a": "1.0.0", "b": "1.0.0"}}, {"2.0.0", map[string]string{"a": "^1.1.0", "b": "1.0.0"}},
			{"3.0.0", map[string]string{"a": "^1.1.0", "b": "^1.1.0"}}},
	}
	a, b := advisory(t, "GHSA-a", "a", high, "0 1.1.0"), advisory(t, "GHSA-b", "b", high, "0 1.1.0")
	in := Input{Head: head, Hits: matched([]*osv.Advisory{a, b}, head), Published: func(name string) ([]publishedVersion, bool) { v, ok := published[name]; return v, ok }}
	r := reported(t, in, Defaults())
	for line, to := range lineTargets(r) {
		if len(to) != 1 || to[0] != `"^3.0.0"` {
			t.Errorf("%s → %q", line, to)
		}
	}
	if len(r.Actions) != 2 {
		t.Errorf("%d actions", len(r.Actions))
	}

	// One range, and no version that ends both: one action, which says so.
	x, y := advisory(t, "GHSA-x", "a", high, "0 2.0.0", "3.0.0"), advisory(t, "GHSA-y", "a", high, "0 3.0.0")
	head = load(t, monorepo(nil, []string{"a ^1.0.0"}, "a@npm:^1.0.0 = 1.0.0"))
	r = reported(t, Input{Head: head, Hits: matched([]*osv.Advisory{x, y}, head)}, Defaults())
	lines := lineTargets(r)
	if len(r.Actions) != 1 || len(lines) != 1 || len(slices.Collect(maps.Values(lines))[0]) != 1 {
		t.Errorf("%d actions, %q", len(r.Actions), lines)
	}
	if !strings.Contains(r.Actions[0].Caution, "GHSA-x applies to that version, too: no single one ends all") {
		t.Error(r.Actions[0].Caution)
	}
	for _, f := range r.Findings {
		if f.Action != r.Actions[0] || !slices.Contains(r.Actions[0].Findings, f) {
			t.Errorf("%s has another action", f.Advisory.ID)
		}
	}
}

// Resolutions that are major steps are an action of their own.
func TestResolutionsApart(t *testing.T) {
	head := load(t, monorepo(nil, []string{"p ^1.0.0"}, "p@npm:^1.0.0 = 1.0.0 > a npm:1.0.0, b npm:1.0.0", "a@npm:1.0.0 = 1.0.0", "b@npm:1.0.0 = 1.0.0"))
	r := audited(t, head, nil, Defaults(), advisory(t, "GHSA-a", "a", high, "0 1.1.0"), advisory(t, "GHSA-b", "b", high, "0 2.0.0"))
	var got []string
	for _, a := range r.Actions {
		got = append(got, string(a.Kind)+" "+a.Steps[1])
		if breaking := strings.Contains(a.Steps[1], `"b@`); strings.Contains(a.Caution, "major steps") != breaking || strings.Contains(a.Title, "with major steps") != breaking {
			t.Errorf("%s: %s", a.Title, a.Caution)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{`resolution   "a@1.0.0": "npm:^1.1.0"`, `resolution   "b@1.0.0": "npm:^2.0.0"`}, got); diff != "" {
		t.Error(diff)
	}
}

// Whatever moves a package of Backstage alone says that it leaves the release.
func TestOffReleaseIsSaid(t *testing.T) {
	name := "@backstage/catalog-model"
	a := advisory(t, "GHSA-a", name, high, "0 1.1.0")
	for how, files := range map[string]map[string]string{
		"lock":  monorepo(nil, []string{name + " ^1.0.0"}, name+"@npm:^1.0.0 = 1.0.0"),
		"range": monorepo(nil, []string{name + " 1.0.0"}, name+"@npm:1.0.0 = 1.0.0"),
	} {
		r := audited(t, load(t, files), nil, Defaults(), a)
		if len(r.Actions) != 1 || !strings.Contains(r.Actions[0].Caution, name+" would leave the Backstage release") {
			t.Errorf("%s: %+v", how, r.Actions)
		}
	}
}
