package check

import (
	"fmt"
	"strings"
	"testing"
)

// What the source loads is in package.json, whoever else brings it.
func TestUndeclared(t *testing.T) {
	const plugin = `{"name": "@acme/backstage-plugin-x-backend", "private": true, "backstage": {"role": "backend-plugin"}, `
	files := func(deps, source string) map[string]string {
		return map[string]string{
			"packages/app/package.json":       appHead + `{"@backstage/errors": "^1.0.0"}}`,
			"plugins/x-backend/package.json":  plugin + deps + `}`,
			"plugins/x-backend/src/index.ts":  source,
			"plugins/x-backend/src/x.test.ts": "import { ConfigReader } from '@backstage/config';\nnew ConfigReader();\n",
			"plugins/y-common/package.json":   `{"name": "@acme/backstage-plugin-y-common", "private": true, "backstage": {"role": "common-library"}}`,
			"plugins/y-common/src/index.ts":   "export const y = 1;\n",
		}
	}
	entries := []string{"@backstage/errors@^1.0.0 1.3.1"}
	runCases(t, []realCase{
		{
			name:    "a value, a re-export, a side effect, a lazy import",
			files:   files(`"dependencies": {}`, "import { NotFoundError } from '@backstage/errors';\nexport const f = (e: unknown) => e instanceof NotFoundError;\n"),
			entries: entries,
			want: []string{`plugin-structure warning plugins/x-backend/src/index.ts:1: @acme/backstage-plugin-x-backend loads @backstage/errors, and plugins/x-backend/package.json does not have it` +
				` | Add "@backstage/errors": "^1.3.1" to its dependencies, then run portalctl versions lock`},
		},
		{
			name:    "a re-export of another workspace",
			files:   files(`"dependencies": {}`, "\nexport { y } from '@acme/backstage-plugin-y-common';\n"),
			entries: entries,
			want:    []string{`plugin-structure warning plugins/x-backend/src/index.ts:2: loads @acme/backstage-plugin-y-common | Add "@acme/backstage-plugin-y-common": "workspace:^"`},
		},
		{
			name:    "types, what is declared anywhere, and files of its own",
			files:   files(`"peerDependencies": {"@backstage/errors": "*"}`, "import { Config } from '@backstage/config';\nimport { E } from '@backstage/errors';\nimport './x';\nnew E();\nexport const f = (c: Config) => c;\n"),
			entries: entries,
		},
	})
}

// Where a library runs is what its role says, whatever its name: a common one runs
// on both sides.
func TestCommonByRole(t *testing.T) {
	lib := func(deps string) map[string]string {
		return map[string]string{"packages/lib/package.json": `{"name": "@acme/utils", "private": true, "backstage": {` + "\n" + `"role": "common-library"}, "dependencies": {` + "\n" + deps + `}}`}
	}
	runCases(t, []realCase{
		{
			name:  "only the browser",
			files: lib(`"@backstage/core-plugin-api": "^1.0.0", "@backstage/core-components": "^0.18.0"`),
			want:  []string{`plugin-structure warning packages/lib/package.json:2: has the role common-library, and depends on @backstage/core-plugin-api, @backstage/core-components, which run in the browser only | Write "web-library"`},
		},
		{
			name:  "only Node.js",
			files: lib(`"@backstage/backend-plugin-api": "^1.0.0"`),
			want:  []string{`plugin-structure warning packages/lib/package.json:2: which runs in Node.js only | Write "node-library"`},
		},
		{
			name:  "one of each",
			files: lib(`"@backstage/backend-plugin-api": "^1.0.0",` + "\n" + `"@backstage/core-plugin-api": "^1.0.0"`),
			want: []string{"plugin-structure warning packages/lib/package.json:3: runs in the browser and in Node.js, and depends on @backstage/backend-plugin-api, which runs in Node.js",
				"plugin-structure warning packages/lib/package.json:4: runs in the browser and in Node.js, and depends on @backstage/core-plugin-api, which runs in the browser"},
		},
		{name: "what runs on both", files: lib(`"@backstage/errors": "^1.0.0"`)},
	})
}

// Whose peers count is decided by who loads a package, not by its name.
func TestPeersByRole(t *testing.T) {
	const react = "react@^18.0.0 18.3.1"
	app := func(deps string) map[string]string {
		return map[string]string{"packages/app/package.json": appHead + "{\n" + deps + ",\n" + `"react": "^18.0.0", "@mui/material": "^5.0.0"}}`}
	}
	mui := "@mui/material@^5.0.0 5.17.1"
	runCases(t, []realCase{
		{
			name:    "a library without plugin in its name",
			files:   app(`"charts": "^1.0.0"`),
			entries: []string{"@mui/material@^5.0.0 5.17.1", "charts@^1.0.0 1.0.0:  | react ^17.0.0, @mui/material ^6.0.0", react},
			want:    []string{"host-version warning packages/app/package.json:2: charts@1.0.0 asks the app for react ^17.0.0, which excludes the portal's 18.3.1; for @mui/material ^6.0.0, which excludes the portal's 5.17.1"},
		},
		{
			name:    "what Backstage loads as well",
			files:   app(`"charts": "^1.0.0", "@backstage/core-components": "^0.18.0"`),
			entries: []string{"@backstage/core-components@^0.18.0 0.18.5: charts ^1.0.0", mui, "charts@^1.0.0 1.0.0:  | react ^17.0.0", react},
		},
		{
			name: "development, and a backend that never shows React",
			files: map[string]string{
				"packages/app/package.json":     `{"name": "app", "private": true, "backstage": {"role": "frontend"}, "dependencies": {"react": "^18.0.0"}, "devDependencies": {"charts": "^1.0.0"}}`,
				"packages/backend/package.json": backendHead + "{\n" + `"pages": "^1.0.0"}}`,
			},
			entries: []string{"charts@^1.0.0 1.0.0:  | react ^17.0.0", "pages@^1.0.0 1.0.0:  | react ^17.0.0", react},
		},
		{
			name: "a backend's module of others, whatever its name",
			files: map[string]string{
				"packages/backend/package.json": backendHead + "{\n" + `"actions": "^1.0.0", "@backstage/backend-plugin-api": "^1.0.0"}}`,
			},
			entries: []string{"@backstage/backend-plugin-api@^1.0.0 1.9.3", "actions@^1.0.0 1.0.0:  | @backstage/backend-plugin-api ^0.6.0"},
			want:    []string{"host-version warning packages/backend/package.json:2: actions@1.0.0 asks the app for @backstage/backend-plugin-api ^0.6.0, which excludes the portal's 1.9.3"},
		},
		{
			name: "what a resolution holds back is one finding",
			files: map[string]string{
				"package.json":              `{"name": "root", "private": true, "workspaces": ["packages/*", "plugins/*"], "resolutions": {` + "\n" + `"@backstage/core-plugin-api": "1.9.0"}}`,
				"packages/app/package.json": appHead + `{"@backstage/core-plugin-api": "^1.12.0"}}`,
				"plugins/x/package.json":    `{"name": "@acme/backstage-plugin-x", "private": true, "backstage": {"role": "frontend-plugin"}, "peerDependencies": {"@backstage/core-plugin-api": "^1.12.0"}}`,
			},
			entries: []string{"@backstage/core-plugin-api@1.9.0 1.9.0"},
			release: map[string]string{"@backstage/core-plugin-api": "1.12.8"},
			want:    []string{"resolution-blocks-release warning package.json:2: keeps @backstage/core-plugin-api off 1.12.8"},
		},
	})
}

// A step names all files that it is about, and what the release has already.
func TestStepsThatAreWhole(t *testing.T) {
	plugin := func(name string) string {
		return strings.Replace(pluginHead, "plugin-x", "plugin-"+name, 1) + `{"@backstage/catalog-model": "^1.0.0"}}`
	}
	runCases(t, []realCase{
		{
			name: "three of the portal's own files",
			files: map[string]string{
				"packages/app/package.json": appHead + `{"@backstage/catalog-model": "^2.0.0"}}`,
				"plugins/x/package.json":    plugin("x"), "plugins/y/package.json": plugin("y"), "plugins/z/package.json": plugin("z"),
			},
			entries: []string{"@backstage/catalog-model@^1.0.0 1.9.0", "@backstage/catalog-model@^2.0.0 2.0.0"},
			release: map[string]string{"@backstage/catalog-model": "2.0.0"},
			want:    []string{`duplicate warning plugins/x/package.json:1: asks for ^1.0.0 | In plugins/x/package.json, plugins/y/package.json and plugins/z/package.json, write "^2.0.0" instead of "^1.0.0", then run portalctl versions lock`},
		},
		{
			name:    "an asking package that the release has in a later version",
			files:   map[string]string{"packages/app/package.json": appHead + `{"@backstage/core-components": "0.17.6", "@backstage/config": "^1.3.7"}}`},
			entries: []string{"@backstage/config@1.3.3 1.3.3", "@backstage/config@^1.3.7 1.3.7", "@backstage/core-components@0.17.6 0.17.6: @backstage/config 1.3.3"},
			release: map[string]string{"@backstage/config": "1.3.7", "@backstage/core-components": "0.18.9"},
			want:    []string{"duplicate warning yarn.lock:", "off-release warning yarn.lock:"},
		},
	})
}

// Without the network and node_modules, the releases themselves tell what left them.
func TestLeftTheReleases(t *testing.T) {
	app := func(deps string) map[string]string {
		return map[string]string{"packages/app/package.json": appHead + "{\n" + deps + "}}"}
	}
	release := map[string]string{"@backstage/core-plugin-api": "1.12.8"}
	runCases(t, []realCase{
		{
			name: "gone", files: app(`"@backstage/plugin-circleci": "^0.3.0"`), release: release,
			entries: []string{"@backstage/plugin-circleci@^0.3.0 0.3.35"},
			want:    []string{"moved warning packages/app/package.json:2: @backstage/plugin-circleci left Backstage's releases: the last one with it is 1.26.5, and the portal is on 1.53.0 | Run portalctl check --online"},
		},
		{
			name: "gone to where most went", files: app(`"@backstage/plugin-tech-radar": "^0.7.0", "@backstage-community/plugin-tech-radar": "^1.0.0"`), release: release,
			entries: []string{"@backstage-community/plugin-tech-radar@^1.0.0 1.2.0", "@backstage/plugin-tech-radar@^0.7.0 0.7.4"},
			want:    []string{"moved warning packages/app/package.json:2: @backstage/plugin-tech-radar left Backstage's releases | Depend on @backstage-community/plugin-tech-radar instead, which yarn.lock has"},
		},
		{
			name: "still there, and never there", files: app(`"@backstage/core-plugin-api": "^1.12.0", "@backstage/plugin-own": "^1.0.0"`), release: release,
			entries: []string{"@backstage/core-plugin-api@^1.12.0 1.12.8", "@backstage/plugin-own@^1.0.0 1.0.0"},
		},
	})
}

// backstage:^ ranges say which release the lock was written for.
func TestBoundRelease(t *testing.T) {
	t.Parallel()
	const lock = "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n\"@backstage/errors@backstage:^::backstage=1.53.0&npm=1.3.1\":\n  version: 1.3.1\n  resolution: \"@backstage/errors@npm:1.3.1\"\n  linkType: hard\n"
	for declared, want := range map[string]string{
		`{"version": "1.53.0"}`: "",
		`{"version": "1.52.0"}`: "error backstage.json:1 backstage.json says 1.52.0, and yarn.lock has the backstage:^ ranges of 1.53.0 (1 range) | Run portalctl versions lock, or write 1.53.0 into backstage.json",
		`{"version": "1.53.O"}`: "error backstage.json:1 backstage.json says 1.53.O, and yarn.lock has the backstage:^ ranges of 1.53.0 (1 range) | Write 1.53.0 into backstage.json if that is meant; else run portalctl versions lock",
		`{}`:                    `error packages/app/package.json:1 @backstage/errors asks for backstage:^, and no backstage.json says which release that is: Yarn installs nothing | Create backstage.json with {"version": "1.53.0"}`,
	} {
		dir := berryPortal(t, map[string]string{"backstage.json": declared, "yarn.lock": lock, "packages/app/package.json": appHead + `{"@backstage/errors": "backstage:^"}}`})
		got := ""
		for _, f := range ofRule(mustReport(t, open(t, dir), Options{}), ruleReleaseDiffers) {
			got = fmt.Sprintf("%s %s:%d %s | %s", f.Severity, f.Pos.File, f.Pos.Line, f.Message, f.Next)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", declared, got, want)
		}
	}
}

// What runs on the other side is known by its name: no list of words has all of them.
func TestImportsOtherSide(t *testing.T) {
	runCases(t, []realCase{{
		name: "the design system in a backend",
		files: map[string]string{
			"plugins/x-backend/package.json": `{"name": "@acme/backstage-plugin-x-backend", "private": true, "backstage": {"role": "backend-plugin"}}`,
			"plugins/x-backend/src/index.ts": "import { Button } from '@backstage/ui';\nexport const b = Button;\n",
		},
		want: []string{`plugin-structure warning plugins/x-backend/src/index.ts:1: runs in Node.js, and imports @backstage/ui, which runs in the browser | Remove it`},
	}})
}
