package production

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The place is that of what decides, not of what is around it.
func TestPlaces(t *testing.T) {
	csp := func(lines string) files { return conf("backend:\n  csp:\n" + lines) }
	pod := deployment + "          securityContext:\n            runAsNonRoot: true\n            allowPrivilegeEscalation: true\n"
	prod := strings.Replace(dockerfileText, `"app-config.yaml"`, `"app-config.yaml", "--config", "app-config.production.yaml"`, 1)
	layered := func(last string) files {
		return files{"packages/backend/Dockerfile": prod, "app-config.yaml": "auth:\n  providers:\n    guest: {}\n", "app-config.production.yaml": last}
	}
	open := func(path string) files {
		return files{"plugins/own-backend/package.json": backID, "plugins/own-backend/src/plugin.ts": "http.addAuthPolicy({\n  path: '" + path + "',\n  allow: 'unauthenticated',\n});\n"}
	}
	renovate := func(rules string) files {
		return files{"renovate.json": "{\n  \"packageRules\": [\n" + rules + "  ]\n}\n"}
	}
	off := "    {\n      \"enabled\": false,\n      \"matchPackageNames\": [\"@backstage/**\"]\n    }\n"
	both := `["@acme/plugin-own", "@acme/plugin-own-backend"]`
	sides := func(line string) files {
		return files{"plugins/own/package.json": strings.Replace(ownID, `["@acme/plugin-own"]`, both, 1), "plugins/own-backend/package.json": strings.Replace(backID, `["@acme/plugin-own-backend"]`, both, 1),
			"plugins/own/src/index.ts": "export const a = 1;\n" + line, "plugins/own-backend/src/index.ts": "export const b = 1;\n"}
	}
	for _, c := range []struct {
		name, id string
		edits    files
		want     verdict
		at       string
	}{
		{"guest taken away by null", "guest-provider", layered("auth:\n  providers:\n    guest: null\n"), verdictPass, "app-config.production.yaml:3"},
		{"guest that a file above sets again", "guest-provider", files{"packages/backend/Dockerfile": prod, "app-config.yaml": "auth:\n  providers:\n    guest: null\n", "app-config.production.yaml": "auth:\n  providers:\n    guest: {}\n"}, verdictFail, "app-config.production.yaml:3"},
		{"a route for health", "route-auth", open("/health"), verdictPass, "plugins/own-backend/src/plugin.ts:3"},
		{"default-src beside a script-src", "csp", csp("    default-src: ['https:']\n    script-src: [\"'self'\"]\n"), verdictPass, "app-config.yaml:4"},
		{"default-src beside Backstage's script-src", "csp", csp("    default-src: ['https:']\n"), verdictPass, "app-config.yaml:2"},
		{"default-src without a script-src", "csp", csp("    script-src: false\n    default-src: ['https:']\n"), verdictFail, "app-config.yaml:4"},
		{"the contrary of a setting", "security-context", files{"k8s/d.yaml": pod}, verdictFail, "k8s/d.yaml:16"},
		{"a file that production mounts", "guest-provider", conf("auth:\n  providers: {}\n  session:\n    secret: {$file: /run/secrets/session}\n"), verdictPass, "app-config.yaml:2"},
		{"settings of npm's beside Yarn 4", "internal-registry", files{".npmrc": "registry=https://npm.acme.example/\n"}, verdictUnknown, ""},
		{"settings of npm's beside Yarn 1", "internal-registry", files{".npmrc": "registry=https://npm.acme.example/\n", "package.json": strings.Replace(base()["package.json"], "yarn@4.4.1", "yarn@1.22.22", 1)}, verdictPass, ".npmrc:1"},
		{"a bot that leaves Backstage out", "upgrade-slot", renovate(off), verdictFail, "renovate.json:4"},
		{"a bot that leaves out by an expression", "upgrade-slot", renovate(strings.Replace(off, "@backstage/**", "/^@backstage//", 1)), verdictFail, "renovate.json:4"},
		{"Dependabot that leaves Backstage out", "upgrade-slot", files{".github/dependabot.yml": "updates:\n  - package-ecosystem: npm\n    directory: /\n    ignore: [{dependency-name: '@backstage/*'}]\n"}, verdictFail, ".github/dependabot.yml:1"},
		{"Dependabot that leaves a version out", "upgrade-slot", files{".github/dependabot.yml": "updates:\n  - package-ecosystem: npm\n    directory: /\n    ignore: [{dependency-name: '@backstage/*', versions: ['1']}]\n"}, verdictPass, ".github/dependabot.yml:1"},
		{"the slot on a schedule", "upgrade-slot", files{".github/workflows/up.yml": "on:\n  schedule: [{cron: '0 5 1 * *'}]\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: portalctl slot --yes\n"}, verdictPass, ".github/workflows/up.yml:7"},
		{"the slot's plan on a schedule", "upgrade-slot", files{".github/workflows/up.yml": "on:\n  schedule: [{cron: '0 5 1 * *'}]\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: portalctl slot --plan\n"}, verdictFail, ""},
		{"a bot with a later rule", "upgrade-slot", renovate(strings.TrimSuffix(off, "\n") + ",\n" + strings.Replace(off, "false", "true", 1)), verdictPass, "renovate.json:1"},
		{"a bot that leaves out major updates", "upgrade-slot", renovate(strings.Replace(off, "\"enabled\"", "\"matchUpdateTypes\": [\"major\"], \"enabled\"", 1)), verdictPass, "renovate.json:1"},
		{"a bot that leaves another package out", "upgrade-slot", renovate(strings.Replace(off, "@backstage/**", "react", 1)), verdictPass, "renovate.json:1"},
		{"a frontend that loads the backend", "plugin-structure", sides("import { b } from '@acme/plugin-own-backend';\nexport const c = b;\n"), verdictFail, "plugins/own/src/index.ts:2"},
		{"a frontend that has a backend's type", "plugin-structure", sides("import type { b } from '@acme/plugin-own-backend';\n"), verdictPass, "plugins/own/package.json:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := base().with(c.edits).judge(t, c.id)
			if got.Verdict != c.want {
				t.Fatalf("%s instead of %s: %s %v", got.Verdict, c.want, got.Reason, got.Evidence)
			}
			if c.at != "" && !slices.ContainsFunc(got.Evidence, func(e evidencePlace) bool { return fmt.Sprintf("%s:%d", e.Pos.File, e.Pos.Line) == c.at }) {
				t.Errorf("the evidence is %v, not at %s", got.Evidence, c.at)
			}
		})
	}
}
