package audit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/osv"
)

// TestActions wants the exact next step for each thing that keeps a fix out.
func TestActions(t *testing.T) {
	a := advisory(t, "GHSA-1", "a", high, "0 1.2.0", "2.0.0 2.5.0")
	old := advisory(t, "GHSA-2", "@backstage/old", high, "0 1.2.0")
	for name, tt := range map[string]struct {
		files     map[string]string
		published map[string][]publishedVersion
		releases  []newerRelease
		kind      actionKind
		steps     []string
	}{
		"in range": {
			files: monorepo(nil, []string{"a ^1.0.0"}, "a@npm:^1.0.0 = 1.0.0"),
			kind:  updateLock, steps: []string{"yarn up -R a"},
		},
		"pinned by a workspace": {
			files: monorepo(nil, []string{"a 1.0.0"}, "a@npm:1.0.0 = 1.0.0"),
			kind:  editRange, steps: []string{`packages/backend/package.json:6:10: "a": "1.0.0" → "1.2.0"`, "yarn install"},
		},
		"behind an alias": {
			files: monorepo(nil, []string{"b npm:a@~1.0.0"}, "b@npm:a@~1.0.0 = a@npm:1.0.0"),
			kind:  editRange, steps: []string{`packages/backend/package.json:6:10: "b": "npm:a@~1.0.0" → "npm:a@~1.2.0"`, "yarn install"},
		},
		"kept by a package": {
			files: monorepo(nil, []string{"p ^1.0.0"}, "p@npm:^1.0.0 = 1.0.0 > a npm:~1.0.0", "a@npm:~1.0.0 = 1.0.0"),
			kind:  addResolution, steps: []string{`add to "resolutions" in package.json:`, `  "a@~1.0.0": "npm:^1.2.0"`, "yarn install"},
		},
		"an alias that a package asks for": {
			files: monorepo(nil, []string{"p ^1.0.0"}, "p@npm:^1.0.0 = 1.0.0 > b npm:a@~1.0.0", "b@npm:a@~1.0.0 = a@npm:1.0.0"),
			kind:  addResolution, steps: []string{`add to "resolutions" in package.json:`, `  "p/b": "npm:a@^1.2.0"`, "yarn install"},
		},
		"on another line": {
			files: monorepo(nil, []string{"p ^1.0.0"}, "p@npm:^1.0.0 = 1.0.0 > a npm:2.1.0", "a@npm:2.1.0 = 2.1.0"),
			kind:  addResolution, steps: []string{`add to "resolutions" in package.json:`, `  "a@2.1.0": "npm:^2.5.0"`, "yarn install"},
		},
		"by resolutions": {
			files: func() map[string]string {
				m := monorepo(nil, []string{"p ^1.0.0"}, "p@npm:^1.0.0 = 1.0.0 > a npm:^1.0.0", "a@npm:1.1.0 = 1.1.0")
				m["package.json"] = pkg("root", "", "res a 1.1.0")
				return m
			}(),
			kind: editRange, steps: []string{`package.json: resolutions: "a": "1.1.0" → "1.2.0"`, "yarn install"},
		},
		"patched by Yarn": {
			files: monorepo(nil, []string{"a ^1.0.0"}, "a@npm:^1.0.0 = 1.0.0"),
			kind:  updateLock, steps: []string{"yarn up -R a"},
		},
		"a release of a package that admits it": {
			files: monorepo(nil, []string{"p ^1.0.0"}, "p@npm:^1.0.0 = 1.0.0 > a npm:~1.0.0", "a@npm:~1.0.0 = 1.0.0"),
			published: map[string][]publishedVersion{"p": {{"1.0.0", map[string]string{"a": "~1.0.0"}}, {"1.3.0", map[string]string{"a": "^1.2.0"}},
				{"1.1.0", map[string]string{"a": "~1.1.0"}}, {"1.2.0-rc.1", nil}}},
			kind: bumpParent, steps: []string{"yarn up -R a p"},
		},
		"a release that a workspace has to ask for": {
			files:     monorepo(nil, []string{"p ~1.0.0"}, "p@npm:~1.0.0 = 1.0.0 > q npm:1.0.0", "q@npm:1.0.0 = 1.0.0 > a npm:~1.0.0", "a@npm:~1.0.0 = 1.0.0"),
			published: map[string][]publishedVersion{"q": {{"2.0.0", nil}}, "p": {{"1.0.5", map[string]string{"q": "1.0.0"}}, {"2.0.0", map[string]string{"q": "^2.0.0"}}}},
			kind:      bumpParent, steps: []string{`packages/backend/package.json:6:10: "p": "~1.0.0" → "~2.0.0"`, "yarn install", "yarn up -R a p q"},
		},
		"a Backstage release": {
			files: monorepo(nil, []string{"@backstage/p backstage:^"},
				"@backstage/p@backstage:^::backstage=1.50.0&npm=1.0.0 = 1.0.0 > a npm:~1.0.0", "a@npm:~1.0.0 = 1.0.0"),
			published: map[string][]publishedVersion{"@backstage/p": {{"1.1.0", map[string]string{"a": "~1.1.0"}}, {"1.2.0", map[string]string{"a": "^1.2.0"}}}},
			releases: []newerRelease{{"1.53.0", map[string]string{"@backstage/p": "1.3.0"}}, {"1.51.0", map[string]string{"@backstage/p": "1.1.0"}},
				{"1.52.0", map[string]string{"@backstage/p": "1.2.0"}}, {"1.52.0-next.1", map[string]string{"@backstage/p": "1.2.0"}}},
			kind: bumpRelease, steps: []string{"portalctl versions bump --release 1.52.0", "yarn up -R @backstage/p a"},
		},
		"two Backstage releases, the later one second": {
			files: monorepo(nil, []string{"@backstage/p backstage:^", "@backstage/q backstage:^"},
				"@backstage/p@backstage:^::backstage=1.50.0&npm=1.0.0 = 1.0.0 > a npm:~1.0.0",
				"@backstage/q@backstage:^::backstage=1.50.0&npm=1.0.0 = 1.0.0 > a npm:~1.0.0", "a@npm:~1.0.0 = 1.0.0"),
			published: map[string][]publishedVersion{"@backstage/p": {{"1.2.0", nil}}, "@backstage/q": {{"1.2.0", nil}}},
			releases: []newerRelease{{"1.52.0", map[string]string{"@backstage/p": "1.2.0", "@backstage/q": "1.1.0"}},
				{"1.53.0", map[string]string{"@backstage/p": "1.3.0", "@backstage/q": "1.2.0"}}},
			kind: bumpRelease, steps: []string{"portalctl versions bump --release 1.53.0", "yarn up -R @backstage/p @backstage/q a"},
		},
		"two Backstage releases, the later one first": {
			files: monorepo(nil, []string{"@backstage/p backstage:^", "@backstage/q backstage:^"},
				"@backstage/p@backstage:^::backstage=1.50.0&npm=1.0.0 = 1.0.0 > a npm:~1.0.0",
				"@backstage/q@backstage:^::backstage=1.50.0&npm=1.0.0 = 1.0.0 > a npm:~1.0.0", "a@npm:~1.0.0 = 1.0.0"),
			published: map[string][]publishedVersion{"@backstage/p": {{"1.2.0", nil}}, "@backstage/q": {{"1.2.0", nil}}},
			releases: []newerRelease{{"1.52.0", map[string]string{"@backstage/p": "1.1.0", "@backstage/q": "1.2.0"}},
				{"1.53.0", map[string]string{"@backstage/p": "1.2.0", "@backstage/q": "1.3.0"}}},
			kind: bumpRelease, steps: []string{"portalctl versions bump --release 1.53.0", "yarn up -R @backstage/p @backstage/q a"},
		},
		"a Backstage release that is not out yet": {
			files: monorepo(nil, []string{"@backstage/p backstage:^"},
				"@backstage/p@backstage:^::backstage=1.50.0&npm=1.0.0 = 1.0.0 > a npm:~1.0.0", "a@npm:~1.0.0 = 1.0.0"),
			published: map[string][]publishedVersion{"@backstage/p": {{"1.2.0", nil}}},
			releases:  []newerRelease{{"1.51.0", map[string]string{"@backstage/p": "1.1.0"}}},
			kind:      addResolution, steps: []string{`add to "resolutions" in package.json:`, `  "a@~1.0.0": "npm:^1.2.0"`, "yarn install"},
		},
		"packages that ask for each other": {
			files: monorepo(nil, []string{"p ^1.0.0"}, "p@npm:^1.0.0 = 1.0.0 > q npm:1.0.0", "q@npm:1.0.0 = 1.0.0 > a npm:~1.0.0, p npm:1.0.0",
				"p@npm:1.0.0 = 1.0.1 > q npm:1.0.0", "a@npm:~1.0.0 = 1.0.0"),
			published: map[string][]publishedVersion{"q": {{"2.0.0", nil}}, "p": {{"1.5.0", map[string]string{"q": "^2.0.0"}}}},
			kind:      bumpParent, steps: []string{"yarn up -R a p q"},
		},
		"a package of the portal's release": {
			files: func() map[string]string {
				m := monorepo(nil, []string{"@backstage/old 1.0.0"}, "@backstage/old@npm:1.0.0 = 1.0.0")
				m["backstage.json"] = `{"version": "1.50.0"}`
				return m
			}(),
			releases: []newerRelease{{"1.51.0", map[string]string{"@backstage/old": "1.1.0"}}, {"1.52.0", map[string]string{"@backstage/old": "1.2.1"}}},
			kind:     bumpRelease, steps: []string{"portalctl versions bump --release 1.52.0"},
		},
		"nothing that anybody published": {
			files:     monorepo(nil, []string{"p ^1.0.0"}, "p@npm:^1.0.0 = 1.0.0 > a npm:~1.0.0", "a@npm:~1.0.0 = 1.0.0"),
			published: map[string][]publishedVersion{"p": {{"1.1.0", map[string]string{"a": "~1.0.0"}}}},
			kind:      addResolution, steps: []string{`add to "resolutions" in package.json:`, `  "a@~1.0.0": "npm:^1.2.0"`, "yarn install"},
		},
		"a plugin for an old release": {
			files: monorepo(nil, []string{"@acme/plugin ^1.0.0"}, "@acme/plugin@npm:^1.0.0 = 1.0.0 > @backstage/old npm:~1.0.0", "@backstage/old@npm:~1.0.0 = 1.0.0"),
			kind:  bumpRelease, steps: []string{"portalctl versions bump --pattern '@acme/plugin'"},
		},
		"Yarn 1": {
			files: map[string]string{
				"package.json":                  pkg("root", ""),
				"packages/backend/package.json": pkg("backend", "backend", "p ^1.0.0"),
				"yarn.lock": "# yarn lockfile v1\n\n\na@~1.0.0:\n  version \"1.0.0\"\n  resolved \"https://registry.example.com/a/-/a-1.0.0.tgz#x\"\n\n" +
					"p@^1.0.0:\n  version \"1.0.0\"\n  resolved \"https://registry.example.com/p/-/p-1.0.0.tgz#x\"\n  dependencies:\n    a \"~1.0.0\"\n",
			},
			kind: addResolution, steps: []string{`add to "resolutions" in package.json:`, `  "p/a": "^1.2.0"`, "yarn install"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			head := load(t, tt.files)
			in := Input{Head: head, Hits: matched([]*osv.Advisory{a, old}, head), Releases: tt.releases}
			if tt.published != nil {
				in.Published = func(name string) ([]publishedVersion, bool) { list, ok := tt.published[name]; return list, ok }
			}
			r := reported(t, in, Defaults())
			if len(r.Actions) != 1 || len(r.Findings) != 1 || r.Findings[0].Action != r.Actions[0] {
				t.Fatalf("%d actions, %v", len(r.Actions), lines(r))
			}
			got := r.Actions[0]
			if got.Kind != tt.kind {
				t.Errorf("kind %s, want %s", got.Kind, tt.kind)
			}
			if diff := cmp.Diff(tt.steps, got.Steps); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestReleaseForAll: one step for several packages goes to the release that has
// the fix of each, whichever comes last.
func TestReleaseForAll(t *testing.T) {
	files := monorepo(nil, []string{"@backstage/a 1.0.0", "@backstage/b 1.0.0"}, "@backstage/a@npm:1.0.0 = 1.0.0", "@backstage/b@npm:1.0.0 = 1.0.0")
	files["backstage.json"] = `{"version": "1.50.0"}`
	head := load(t, files)
	for _, fixed := range [][2]string{{"0 1.1.0", "0 1.2.0"}, {"0 1.2.0", "0 1.1.0"}} {
		hits := matched([]*osv.Advisory{advisory(t, "GHSA-1", "@backstage/a", high, fixed[0]), advisory(t, "GHSA-2", "@backstage/b", high, fixed[1])}, head)
		r := reported(t, Input{Head: head, Hits: hits, Releases: []newerRelease{
			{"1.51.0", map[string]string{"@backstage/a": "1.1.0", "@backstage/b": "1.1.0"}},
			{"1.52.0", map[string]string{"@backstage/a": "1.2.0", "@backstage/b": "1.2.0"}}}}, Defaults())
		if len(r.Actions) != 1 || r.Actions[0].Title != "Move to Backstage 1.52.0 or newer" || len(r.Actions[0].Findings) != 2 {
			t.Errorf("%v: %v", fixed, lines(r))
		}
	}
}

// TestFixes: the fix is each advisory's own, and one move ends all of a
// package where one can.
func TestFixes(t *testing.T) {
	head := load(t, monorepo(nil, []string{"a ^1.0.0", "p *"}, "a@npm:^1.0.0 = 1.0.0", "p@npm:* = 1.0.0 > b npm:^1.0.0", "b@npm:^1.0.0 = 1.0.0"))
	r := audited(t, head, nil, Defaults(),
		advisory(t, "GHSA-1", "a", high, "0 1.2.0"),
		advisory(t, "GHSA-2", "a", high, "0 1.4.0"),
		advisory(t, "GHSA-3", "a", high, "1.2.0 1.3.0"), // its own fix of another does not count
		advisory(t, "GHSA-4", "b", high, "0 1.1.0"),
		advisory(t, "GHSA-5", "b", medium, "0 2.0.0"),
		advisory(t, "GHSA-6", "b", low, "0"),
	)
	var got []string
	for _, f := range r.Findings {
		got = append(got, f.Advisory.ID+" "+f.Fixed+" "+string(f.Action.Kind)+" "+strings.Join(f.Action.Steps[:1], ""))
	}
	want := []string{
		"GHSA-1 1.2.0 lock yarn up -R a b",
		"GHSA-2 1.4.0 lock yarn up -R a b",
		"GHSA-4 1.1.0 lock yarn up -R a b",
		`GHSA-5 2.0.0 resolution add to "resolutions" in package.json:`,
		"GHSA-6  none replace what asks for it (it comes with p), or accept it for a while in .portalctl.yaml:",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := (&builder{}).target([]*osv.Advisory{advisory(t, "GHSA-1", "a", high, "0 1.2.0"), advisory(t, "GHSA-3", "a", high, "1.2.0 1.3.0")},
		osv.Package{Name: "a", Version: "1.0.0"}); got != "1.3.0" {
		t.Errorf("a fix that another advisory applies to: got %q, want 1.3.0", got)
	}
	if got := (&builder{}).target([]*osv.Advisory{advisory(t, "GHSA-1", "a", high, "1.0.0 1.0.1", "1.5.0 1.6.0"), advisory(t, "GHSA-2", "a", high, "0 1.2.0")},
		osv.Package{Name: "a", Version: "1.0.2"}); got != "1.2.0" {
		t.Errorf("a lower fix of the second advisory: got %q, want 1.2.0", got)
	}
}

// An advisory that ends with a last affected version has versions above it that
// are not affected: it can be fixed, and what to do does not say otherwise.
func TestLastAffected(t *testing.T) {
	a, err := osv.ParseAdvisory([]byte(`{"id": "GHSA-last", "affected": [{"package": {"ecosystem": "npm", "name": "a"},
		"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"last_affected": "1.4.0"}]}]}], "severity": [{"type": "CVSS_V3", "score": "` + critical + `"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	head := load(t, monorepo(nil, []string{"a *"}, "a@npm:* = 1.0.0"))
	for name, tt := range map[string]struct {
		published []string
		want      string
	}{
		"nobody was asked":      {nil, "block, 1.4.0 , above: Move a above 1.4.0, the last version that is affected"},
		"the registry has one":  {[]string{"1.0.0", "1.4.0", "1.5.0-rc.1", "2.0.0", "1.5.0"}, "block,  1.5.0, lock: Update yarn.lock: the ranges admit the fixes of 1 package"},
		"the registry has none": {[]string{"1.0.0", "1.4.0"}, "warn,  , none: No version fixes a"},
	} {
		in := Input{Head: head, Hits: matched([]*osv.Advisory{a}, head)}
		if tt.published != nil {
			in.Published = func(string) ([]publishedVersion, bool) {
				var list []publishedVersion
				for _, v := range tt.published {
					list = append(list, publishedVersion{Version: v})
				}
				return list, true
			}
		}
		f := reported(t, in, Defaults()).Findings[0]
		if got := fmt.Sprintf("%s, %s %s, %s: %s", f.Verdict, f.Above, f.Fixed, f.Action.Kind, f.Action.Title); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
