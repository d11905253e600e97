package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/finding"
)

func ofRule(r *Report, rule string) (list []finding.Finding) {
	for _, f := range r.Findings {
		if f.Rule == rule {
			list = append(list, f)
		}
	}
	return list
}

// What a lock does not have yet is one finding at its cause.
func TestMissingOnce(t *testing.T) {
	var many, asks []string
	for i := range 40 {
		many = append(many, fmt.Sprintf("p%d@^1.0.0 1.0.0: react ^18.0.0", i))
		asks = append(asks, fmt.Sprintf(`"p%d": "^1.0.0"`, i))
	}
	app := map[string]string{"packages/app/package.json": appHead + "{" + strings.Join(asks, ", ") + `, "react": "^18.0.0"}}`}
	resolution := map[string]string{
		"package.json": "{\"name\": \"root\", \"private\": true, \"workspaces\": [\"packages/*\"], \"resolutions\": {\n\"react\": \"18.3.1\"}}",
	}
	for name, text := range app {
		resolution[name] = text
	}
	for _, tt := range []struct {
		name    string
		files   map[string]string
		entries []string
		want    string
	}{
		{"a resolution edited without a relock", resolution, append(slices.Clone(many), "react@18.2.0 18.2.0"), `package.json:2: yarn.lock does not have what the resolution "react": "18.3.1" gives to 41 dependencies`},
		{"a stub", app, []string{"react@^18.0.0 18.2.0"}, "packages/app/package.json:1: yarn.lock has no entry for 40 of the descriptors that are asked for (it has 1 entry)"},
		{"one new dependency", app, append(slices.Clone(many[1:]), "react@^18.0.0 18.2.0"), "packages/app/package.json:1: yarn.lock has no entry for p0@^1.0.0, which app asks for"},
	} {
		list := ofRule(mustReport(t, open(t, berryPortal(t, tt.files, tt.entries...)), Options{}), ruleStale)
		if len(list) != 1 {
			t.Errorf("%s: %d findings", tt.name, len(list))
			continue
		}
		f := list[0]
		if got := fmt.Sprintf("%s:%d: %s", f.Pos.File, f.Pos.Line, f.Message); got != tt.want || f.Severity != finding.Error {
			t.Errorf("%s: %s %s, want %s", tt.name, f.Severity, got, tt.want)
		}
	}
}

// Packages of the release that only bring each other off it are one finding, and
// what they bring follows from them.
func TestOffReleaseCircle(t *testing.T) {
	entries := []string{
		"@acme/backstage-plugin-old@^1.0.0 1.0.0: @backstage/a ^1.0.0",
		"@backstage/a@^1.0.0 1.0.0: @backstage/b ^1.0.0",
		"@backstage/b@^1.0.0 1.0.0: @backstage/a ^1.0.0, @backstage/c ^1.0.0",
		"@backstage/c@^1.0.0 1.0.0",
	}
	files := map[string]string{"packages/app/package.json": appHead + `{"@acme/backstage-plugin-old": "^1.0.0"}}`}
	in := open(t, berryPortal(t, files, entries...))
	in.Release = map[string]string{"@backstage/a": "2.0.0", "@backstage/b": "2.0.0", "@backstage/c": "2.0.0"}
	list := ofRule(mustReport(t, in, Options{}), ruleOffRelease)
	if len(list) != 1 || list[0].Name != "@backstage/a" || !strings.Contains(list[0].Message, "@acme/backstage-plugin-old@1.0.0 asks for ^1.0.0") {
		t.Errorf("%+v", list)
	}
	// Without somebody from outside the first stands for all.
	entries[0] = "@acme/backstage-plugin-old@^1.0.0 1.0.0: @backstage/a >=1"
	entries[1] = "@backstage/a@>=1, ^1.0.0 1.0.0: @backstage/b ^1.0.0"
	in = open(t, berryPortal(t, files, entries...))
	in.Release = map[string]string{"@backstage/a": "2.0.0", "@backstage/b": "2.0.0", "@backstage/c": "2.0.0"}
	if list = ofRule(mustReport(t, in, Options{}), ruleOffRelease); len(list) != 1 {
		t.Errorf("%+v", list)
	}
}

// Two entries of one resolution, as a merge leaves them.
func TestResolutionTwice(t *testing.T) {
	in := open(t, berryPortal(t, map[string]string{"packages/app/package.json": appHead + `{"react": "^18.0.0", "x": "^1.0.0"}}`},
		"react@^18.0.0 18.3.1", "react@^18.2.0 18.3.1", "x@^1.0.0 1.0.0: react ^18.2.0"))
	list := ofRule(mustReport(t, in, Options{}), ruleStale)
	if len(list) != 1 || list[0].Pos.Line != 10 || !strings.Contains(list[0].Message, "two entries resolve to react@npm:18.3.1, this one and that of line 5") {
		t.Errorf("%+v", list)
	}
}

// A resolution whose key names the locked version is misspelt; it is not deleted.
func TestMisspeltResolution(t *testing.T) {
	files := map[string]string{
		"package.json": "{\"name\": \"root\", \"private\": true, \"workspaces\": [\"packages/*\"], \"resolutions\": {\n" +
			"\"brace-expansion@npm:1.1.11\": \"1.1.12\",\n\"minimatch/ms@2.1.3\": \"2.1.4\",\n\"undici@^5.0.0\": \"7.0.0\", \"undici@7.0.1\": \"7.0.2\",\n\"gone\": \"1.0.0\"}}",
		"packages/app/package.json": appHead + `{"minimatch": "3.1.2", "undici": "^7.0.0"}}`,
	}
	in := open(t, berryPortal(t, files, "brace-expansion@^1.1.7 1.1.11", "minimatch@3.1.2 3.1.2: brace-expansion ^1.1.7, ms ^2.0.0", "ms@^2.0.0 2.1.3", "undici@^7.0.0 7.1.0"))
	var got []string
	for _, f := range ofRule(mustReport(t, in, Options{}), ruleUnused) {
		got = append(got, fmt.Sprintf("%d %s %s", f.Pos.Line, f.FixedBy, f.Next))
	}
	want := []string{
		`2  Write the key as "brace-expansion@npm:^1.1.7", then run portalctl versions lock`,
		`3  Write the key as "minimatch/ms@^2.0.0", then run portalctl versions lock`,
		`4  Write the range that it is meant for into the key, or remove it if that has gone`,
		`4  Remove it: yarn.lock has 7.1.0, which is newer, without it; or, to go back, write the key as "undici@^7.0.0"`,
		`5 --fix-manifests Remove it, unless it waits for a package to come back: portalctl check --fix --fix-manifests does`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if f := mustFix(t, in, Options{}, true); !slices.Equal(f.Resolutions, []string{"gone"}) {
		t.Errorf("removed %v", f.Resolutions)
	}
}

// What real portals had wrong and no rule saw.
func TestMissedKinds(t *testing.T) {
	const (
		backendPlugin = `{"name": "@acme/backstage-plugin-x-backend", "private": true, "backstage": {"role": "backend-plugin"}, `
		xPlugin       = `{"name": "@acme/backstage-plugin-x", "private": true, "backstage": {"role": "frontend-plugin"}, `
	)
	runCases(t, []realCase{
		{
			name: "a peer on any package of Backstage",
			files: map[string]string{
				"packages/app/package.json": appHead + `{"@backstage/plugin-catalog-react": "^3.0.0"}}`,
				"plugins/x/package.json":    xPlugin + `"peerDependencies": {"@backstage/plugin-catalog-react": "^1.0.0"}}`,
			},
			entries: []string{"@backstage/plugin-catalog-react@^3.0.0 3.1.0"},
			want:    []string{"host-version warning plugins/x/package.json:1: asks the app for @backstage/plugin-catalog-react ^1.0.0, which excludes the portal's 3.1.0"},
		},
		{
			name: "an import that only development installs",
			files: map[string]string{
				"plugins/x-backend/package.json":  backendPlugin + "\"devDependencies\": {\n\"@backstage/catalog-client\": \"^1.0.0\",\n\"@backstage/config\": \"^1.0.0\",\n\"@backstage/backend-test-utils\": \"^1.0.0\"}}",
				"plugins/x-backend/src/index.ts":  "import { Config } from '@backstage/config';\nimport { CatalogClient } from '@backstage/catalog-client';\nexport function f(c: Config) { return new CatalogClient(c); }\n",
				"plugins/x-backend/src/x.test.ts": "import { ConfigReader } from '@backstage/config';\nimport { mockServices } from '@backstage/backend-test-utils';\nnew ConfigReader(mockServices);\n",
			},
			want: []string{"plugin-structure warning plugins/x-backend/package.json:2: loads @backstage/catalog-client (plugins/x-backend/src/index.ts:2), and has it in devDependencies only | Move it to dependencies"},
		},
		{
			name: "a browser's source that imports a backend's package",
			files: map[string]string{
				"plugins/x/package.json":         xPlugin + `"devDependencies": {"@acme/backstage-plugin-x-backend": "workspace:^"}}`,
				"plugins/x/src/index.ts":         "export * from './client';\n",
				"plugins/x/src/client.ts":        "import type { T } from '@acme/backstage-plugin-x-backend';\n\nimport { paths } from '@acme/backstage-plugin-x-backend';\nexport const p: T = paths;\n",
				"plugins/x/src/client.test.ts":   "import { createRouter } from '@backstage/plugin-catalog-node';\ncreateRouter();\n",
				"plugins/x-backend/package.json": backendPlugin + `"dependencies": {}}`,
			},
			want: []string{"plugin-structure warning plugins/x/src/client.ts:3: runs in the browser, and imports @acme/backstage-plugin-x-backend, which runs in Node.js | Move what both need to a -common package"},
		},
		{
			name:    "another's plugin that asks for an old React",
			files:   map[string]string{"packages/app/package.json": appHead + "{\n\"@acme/backstage-plugin-old\": \"^1.0.0\",\n\"@acme/backstage-plugin-new\": \"^1.0.0\", \"react\": \"^18.0.0\"}}"},
			entries: []string{"@acme/backstage-plugin-new@^1.0.0 1.0.0:  | react ^17.0.0 || ^18.0.0", "@acme/backstage-plugin-old@^1.0.0 1.0.0:  | react ^16.13.1, @backstage/nowhere ^1.0.0", "react@^18.0.0 18.3.1"},
			want:    []string{"host-version warning packages/app/package.json:2: @acme/backstage-plugin-old@1.0.0 asks the app for react ^16.13.1, which excludes the portal's 18.3.1 | Update @acme/backstage-plugin-old"},
		},
		{
			name: "test utilities among the dependencies",
			files: map[string]string{
				"plugins/x/package.json":           xPlugin + "\"dependencies\": {\n\"@backstage/test-utils\": \"^1.0.0\"}}",
				"plugins/x/src/index.ts":           "export const x = 1;\n",
				"plugins/x/src/x.test.ts":          "import { TestApiProvider } from '@backstage/test-utils';\n",
				"plugins/x-backend/package.json":   backendPlugin + `"dependencies": {"@backstage/backend-test-utils": "^1.0.0"}}`,
				"plugins/x-backend/src/index.ts":   "export * from './helpers';\n",
				"plugins/x-backend/src/helpers.ts": "import { mockServices } from '@backstage/backend-test-utils';\nexport const start = () => mockServices;\n",
			},
			want: []string{"plugin-structure warning plugins/x/package.json:2: has @backstage/test-utils among its dependencies, and nothing but tests needs it | Move it to devDependencies"},
		},
		{
			name:    "a plugin by its name that a backend runs",
			files:   map[string]string{"packages/backend/package.json": backendHead + `{"@acme/backstage-plugin-ingestor": "^1.0.0"}}`},
			entries: []string{"@acme/backstage-plugin-ingestor@^1.0.0 1.0.0: @backstage/backend-plugin-api ^1.0.0", "@backstage/backend-plugin-api@^1.0.0 1.0.0"},
		},
	})
}

// The new package's own range is advised where backstage:^ cannot be kept.
func TestMovedOffTheRelease(t *testing.T) {
	for name, tt := range map[string]struct {
		spec    string
		entries []string
		release map[string]string
		want    string
	}{
		"backstage:^, in no release":      {"backstage:^", nil, nil, "with a range of its own versions (yarn npm info @acme/new --fields version)"},
		"backstage:^, and it is there":    {"backstage:^", []string{"@acme/new@^2.0.0 2.1.0"}, nil, `with "^2.1.0": no release has it`},
		"backstage:^, within the release": {"backstage:^", nil, map[string]string{"@acme/new": "2.0.0"}, "portalctl versions bump --migrate moves both"},
		"a range":                         {"^1.0.0", nil, nil, "portalctl versions bump --migrate moves both"},
	} {
		in := open(t, berryPortal(t, map[string]string{"packages/app/package.json": appHead + `{"@backstage/plugin-old": "` + tt.spec + `"}}`}, tt.entries...))
		in.Release = tt.release
		in.Published = func(string, string) (published, bool) { return published{Moved: "@acme/new"}, true }
		list := ofRule(mustReport(t, in, Options{}), ruleMoved)
		if len(list) != 1 || !strings.Contains(list[0].Next, tt.want) {
			t.Errorf("%s: %+v", name, list)
		}
	}
}

// Who asks for each other is not to blame in a circle, and what a copy brings goes
// with it.
func TestCopiesThatFollow(t *testing.T) {
	files := map[string]string{"packages/app/package.json": appHead + `{"@acme/backstage-plugin-old": "^1.0.0", "@backstage/a": "^2.0.0", "@backstage/b": "^2.0.0", "@backstage/c": "^2.0.0"}}`}
	release := map[string]string{"@backstage/a": "2.0.0", "@backstage/b": "2.0.0", "@backstage/c": "2.0.0"}
	entries := []string{
		"@acme/backstage-plugin-old@^1.0.0 1.0.0: @backstage/a ^1.0.0",
		"@backstage/a@^1.0.0 1.0.0: @backstage/b ^1.0.0",
		"@backstage/a@^2.0.0 2.0.0",
		"@backstage/b@^1.0.0 1.0.0: @backstage/a ^1.0.0, @backstage/c ^1.0.0",
		"@backstage/b@^2.0.0 2.0.0",
		"@backstage/c@^1.0.0 1.0.0",
		"@backstage/c@^2.0.0 2.0.0",
	}
	in := open(t, berryPortal(t, files, entries...))
	in.Release = release
	r := mustReport(t, in, Options{})
	if len(r.Findings) != 1 || r.Findings[0].Name != "@backstage/a" || !strings.HasPrefix(r.Findings[0].Next, "Update @acme/backstage-plugin-old") {
		t.Errorf("%+v", r.Findings)
	}
	// Where the lock can undo it, the step begins where the drift does.
	entries[0] = "@acme/backstage-plugin-old@^1.0.0 1.0.0: @backstage/x >=1.0.0"
	entries[1] = "@backstage/x@>=1.0.0 1.0.0: @backstage/y ^1.0.0"
	entries[3] = "@backstage/y@^1.0.0 1.0.0: @backstage/c ^1.0.0"
	in = open(t, berryPortal(t, files, append(slices.Clone(entries[:2]), "@backstage/a@^2.0.0 2.0.0", "@backstage/b@^2.0.0 2.0.0", entries[3], entries[5], entries[6])...))
	in.Release = map[string]string{"@backstage/c": "2.0.0", "@backstage/x": "2.0.0", "@backstage/y": "2.0.0"}
	list := ofRule(mustReport(t, in, Options{}), ruleDuplicate)
	if len(list) != 1 || !strings.Contains(list[0].Message, "@backstage/y@1.0.0, off the release itself") || !strings.Contains(list[0].Next, "it brings @backstage/x back") {
		t.Errorf("%+v", list)
	}
}
