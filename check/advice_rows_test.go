package check

import (
	"slices"
	"testing"

	"github.com/portalctl/portalctl/internal/finding"
)

// adviceRow is a mistake whose next step no program can follow: next is what it
// says, and after the portal of somebody who did it.
type adviceRow struct {
	rule         string
	files        map[string]string
	entries      []string
	release      map[string]string
	published    map[string]published
	next         string
	after        map[string]string
	afterEntries []string
}

var adviceRows = []adviceRow{
	{
		rule:    ruleReleaseDiffers,
		files:   map[string]string{"packages/app/package.json": appHead + `{"@backstage/errors": "backstage:^", "ms": "^2.0.0"}}`, "backstage.json": `{}`},
		entries: []string{"ms@^2.0.0 2.1.3"},
		next:    `Create backstage.json with {"version": "<release>"}`,
		after:   map[string]string{"backstage.json": `{"version": "1.53.0"}`},
	},
	{
		rule:         ruleStale,
		files:        map[string]string{"packages/app/package.json": appHead + `{"ms": "^2.0.0", "x": "1.0.0"}}`},
		entries:      []string{"x@1.0.0 1.0.0"},
		next:         "Run portalctl versions lock, or yarn install, and commit yarn.lock",
		afterEntries: []string{"ms@^2.0.0 2.1.3", "x@1.0.0 1.0.0"},
	},
	{
		rule:         ruleStale,
		files:        map[string]string{"packages/app/package.json": appHead + `{"ms": "^2.0.0", "x": "1.0.0"}}`},
		entries:      []string{"ms@2.1.3 2.1.3", "ms@^2.0.0 2.1.3", "x@1.0.0 1.0.0: ms 2.1.3"},
		next:         "Run portalctl versions lock, or yarn install, and commit yarn.lock",
		afterEntries: []string{"ms@2.1.3, ^2.0.0 2.1.3", "x@1.0.0 1.0.0: ms 2.1.3"},
	},
	{
		rule: ruleUnused,
		files: map[string]string{
			"package.json":              `{"name": "root", "private": true, "workspaces": ["packages/*"], "resolutions": {"ms@2.1.3": "2.1.4"}}`,
			"packages/app/package.json": appHead + `{"ms": "^2.0.0"}}`,
		},
		entries:      []string{"ms@^2.0.0 2.1.3"},
		next:         `Write the key as "ms@^2.0.0", then run portalctl versions lock`,
		after:        map[string]string{"package.json": `{"name": "root", "private": true, "workspaces": ["packages/*"], "resolutions": {"ms@^2.0.0": "2.1.4"}}`},
		afterEntries: []string{"ms@2.1.4 2.1.4"},
	},
	{
		rule: rulePatch,
		files: map[string]string{
			"package.json":              `{"name": "root", "private": true, "workspaces": ["packages/*"], "resolutions": {"ms@2.1.3": "patch:ms@npm%3A2.1.3#~/.yarn/patches/ms.patch"}}`,
			"packages/app/package.json": appHead + `{"x": "^1.0.0"}}`,
			".yarn/patches/ms.patch":    "",
		},
		entries: []string{"x@^1.0.0 1.0.0"},
		next:    "Make the patch again for the version in use (yarn patch ms), or remove the resolution and its file",
		after:   map[string]string{"package.json": `{"name": "root", "private": true, "workspaces": ["packages/*"]}`, ".yarn/patches/ms.patch": gone},
	},
	{
		rule: ruleBlocks,
		files: map[string]string{
			"package.json":              `{"name": "root", "private": true, "workspaces": ["packages/*"], "resolutions": {"@backstage/errors": "1.1.0"}}`,
			"packages/app/package.json": appHead + `{"@backstage/errors": "^1.1.0"}}`,
		},
		entries:      []string{"@backstage/errors@1.1.0 1.1.0"},
		release:      map[string]string{"@backstage/errors": "1.2.0"},
		next:         `Remove the resolution, or write "1.2.0", then run portalctl versions lock`,
		after:        map[string]string{"package.json": `{"name": "root", "private": true, "workspaces": ["packages/*"], "resolutions": {"@backstage/errors": "1.2.0"}}`},
		afterEntries: []string{"@backstage/errors@1.2.0 1.2.0"},
	},
	{
		rule:         ruleDuplicate,
		files:        map[string]string{"packages/app/package.json": appHead + `{"@acme/backstage-plugin-y": "^1.0.0", "@backstage/core-plugin-api": "^1.12.0"}}`},
		entries:      []string{"@acme/backstage-plugin-y@^1.0.0 1.0.0: @backstage/core-plugin-api ~1.10.0", "@backstage/core-plugin-api@^1.12.0 1.12.8", "@backstage/core-plugin-api@~1.10.0 1.10.9"},
		release:      map[string]string{"@backstage/core-plugin-api": "1.12.8"},
		next:         "Update @acme/backstage-plugin-y to a version that admits @backstage/core-plugin-api@1.12.8; until there is one, record the decision in .portalctl.yaml",
		afterEntries: []string{"@acme/backstage-plugin-y@^1.0.0 1.1.0: @backstage/core-plugin-api ^1.12.0", "@backstage/core-plugin-api@^1.12.0 1.12.8"},
	},
	{
		rule:         ruleMixedLine,
		files:        map[string]string{"packages/app/package.json": appHead + `{"@backstage/errors": "1.3.0-next.1"}}`},
		entries:      []string{"@backstage/errors@1.3.0-next.1 1.3.0-next.1"},
		release:      map[string]string{"@backstage/errors": "1.2.0"},
		next:         "Let the range admit the release's version: portalctl versions bump --release 1.53.0",
		after:        map[string]string{"packages/app/package.json": appHead + `{"@backstage/errors": "^1.2.0"}}`},
		afterEntries: []string{"@backstage/errors@^1.2.0 1.2.0"},
	},
	{
		rule:         ruleOffRelease,
		files:        map[string]string{"packages/app/package.json": appHead + `{"@backstage/errors": "^1.1.0"}}`},
		entries:      []string{"@backstage/errors@^1.1.0 1.1.0"},
		release:      map[string]string{"@backstage/errors": "1.2.0"},
		next:         "Run portalctl versions lock --resolve release",
		afterEntries: []string{"@backstage/errors@^1.1.0 1.2.0"},
	},
	{
		rule:         ruleMoved,
		files:        map[string]string{"packages/app/package.json": appHead + `{"@backstage/plugin-old": "backstage:^"}}`},
		published:    map[string]published{"@backstage/plugin-old": {Moved: "@acme/plugin-new"}},
		next:         "Depend on @acme/plugin-new instead, and import from there, with a range of its own versions (yarn npm info @acme/plugin-new --fields version): no release has it, so that backstage:^, which versions:migrate would write, cannot be resolved",
		after:        map[string]string{"packages/app/package.json": appHead + `{"@acme/plugin-new": "^2.1.0"}}`},
		afterEntries: []string{"@acme/plugin-new@^2.1.0 2.1.0"},
	},
	{
		rule:         ruleHost,
		files:        map[string]string{"packages/app/package.json": appHead + `{"@acme/backstage-plugin-y": "^1.0.0", "react": "^18.0.0"}}`},
		entries:      []string{"@acme/backstage-plugin-y@^1.0.0 1.0.0:  | react ^16.0.0", "react@^18.0.0 18.3.1"},
		next:         "Update @acme/backstage-plugin-y to a version that admits react@18.3.1; until there is one, record the decision in .portalctl.yaml",
		afterEntries: []string{"@acme/backstage-plugin-y@^1.0.0 1.1.0:  | react ^18.0.0", "react@^18.0.0 18.3.1"},
	},
	{
		rule: ruleStructure,
		files: map[string]string{
			"packages/backend/package.json": backendHead + `{}, "devDependencies": {"@backstage/config": "^1.0.0"}}`,
			"packages/backend/src/index.ts": backendStart + "import { ConfigReader } from '@backstage/config';\nnew ConfigReader();\n",
		},
		entries: []string{"@backstage/config@^1.0.0 1.0.0"},
		next:    "Move it to dependencies",
		after:   map[string]string{"packages/backend/package.json": backendHead + `{"@backstage/config": "^1.0.0"}}`},
	},
	{
		rule: ruleStructure,
		files: map[string]string{
			"plugins/x-backend/package.json": `{"name": "@acme/backstage-plugin-x-backend", "private": true, "backstage": {"role": "backend-plugin", "pluginId": "x"}}`,
			"plugins/x-backend/src/index.ts": "export default createBackendPlugin({ pluginId: 'acme-x', register() {} });\n",
		},
		next:  `Write "acme-x": that is the one that runs, with its routes and database`,
		after: map[string]string{"plugins/x-backend/package.json": `{"name": "@acme/backstage-plugin-x-backend", "private": true, "backstage": {"role": "backend-plugin", "pluginId": "acme-x"}}`},
	},
	{
		rule: ruleStructure,
		files: map[string]string{
			"plugins/x/package.json": pluginHead + `{"@backstage/test-utils": "^1.0.0"}}`,
			"plugins/x/src/index.ts": "export const x = 1;\n",
		},
		entries: []string{"@backstage/test-utils@^1.0.0 1.0.0"},
		next:    "Move it to devDependencies",
		after:   map[string]string{"plugins/x/package.json": pluginHead + `{}, "devDependencies": {"@backstage/test-utils": "^1.0.0"}}`},
	},
	{
		rule: ruleRegistered,
		files: map[string]string{
			"packages/backend/package.json":  backendHead + `{"@backstage/plugin-permission-backend-module-allow-all-policy": "^0.2.0"}}`,
			"packages/backend/src/index.ts":  backendStart + "backend.add(import('./policy'));\n",
			"packages/backend/src/policy.ts": "import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';\n",
		},
		next:  "Remove the dependency",
		after: map[string]string{"packages/backend/package.json": backendHead + `{}}`},
	},
}

// gone is the content of a file that was removed.
const gone = "\x00"

func TestAdviceRows(t *testing.T) {
	for _, row := range adviceRows {
		report := func(files map[string]string, entries []string) []finding.Finding {
			in := open(t, berryPortal(t, files, entries...))
			in.Release = row.release
			in.Published = func(name, _ string) (published, bool) { return row.published[name], true }
			return mustReport(t, in, Options{}).Findings
		}
		before := report(row.files, row.entries)
		i := slices.IndexFunc(before, func(f finding.Finding) bool { return f.Rule == row.rule && f.Next == row.next })
		if i < 0 {
			t.Errorf("%s: nothing says %q: %+v", row.rule, row.next, before)
			continue
		}
		files, entries := map[string]string{}, row.entries
		for name, text := range row.files {
			files[name] = text
		}
		for name, text := range row.after {
			if files[name] = text; text == gone {
				delete(files, name)
			}
		}
		if row.afterEntries != nil {
			entries = row.afterEntries
		}
		for _, f := range report(files, entries) {
			was := slices.ContainsFunc(before, func(b finding.Finding) bool { return b.Fingerprint == f.Fingerprint })
			if f.Fingerprint == before[i].Fingerprint || !was {
				t.Errorf("%s: after %q there is %s: %s", row.rule, row.next, f.Rule, f.Message)
			}
		}
	}
}
