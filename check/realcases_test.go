package check

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// berryPortal is a Yarn 4 portal on release 1.53.0 of these files. Its lock has
// the workspaces by themselves; entries are "name@range[, range] version: name
// range, …".
func berryPortal(t *testing.T, files map[string]string, entries ...string) string {
	t.Helper()
	dir := t.TempDir()
	// A bar parts the dependencies from the peers.
	lock := "__metadata:\n  version: 8\n  cacheKey: 10c0\n"
	for _, e := range entries {
		head, deps, _ := strings.Cut(e, ": ")
		at := strings.LastIndexByte(head, ' ')
		keys, version := head[:at], head[at+1:]
		name := keys[:strings.LastIndexByte(strings.Split(keys, ", ")[0], '@')]
		ranges := strings.Split(keys[len(name)+1:], ", ")
		for i, r := range ranges {
			ranges[i] = name + "@npm:" + r
		}
		lock += fmt.Sprintf("\n%q:\n  version: %s\n  resolution: \"%s@npm:%s\"\n", strings.Join(ranges, ", "), version, name, version)
		deps, peers, _ := strings.Cut(deps, " | ")
		for _, list := range [][2]string{{"dependencies", deps}, {"peerDependencies", peers}} {
			if strings.TrimSpace(list[1]) == "" {
				continue
			}
			lock += "  " + list[0] + ":\n"
			for _, d := range strings.Split(list[1], ", ") {
				name, rng, _ := strings.Cut(d, " ")
				if list[0] == "dependencies" {
					rng = "npm:" + rng
				}
				lock += fmt.Sprintf("    %q: %q\n", name, rng)
			}
		}
		lock += "  linkType: hard\n"
	}
	all := map[string]string{
		"package.json":   `{"name": "root", "private": true, "workspaces": ["packages/*", "plugins/*"]}`,
		"backstage.json": `{"version": "1.53.0"}`,
		"yarn.lock":      lock,
	}
	for name, text := range files {
		all[name] = text
	}
	for name, text := range all {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	appHead    = `{"name": "app", "version": "1.0.0", "private": true, "backstage": {"role": "frontend"}, "dependencies": `
	pluginHead = `{"name": "@acme/backstage-plugin-x", "version": "1.0.0", "private": true, "backstage": {"role": "frontend-plugin"}, "dependencies": `
)

// Mistakes of real portals that were judged wrongly once. want are the findings
// as "rule severity file:line: part of the message | part of what to do next".
func TestRealCases(t *testing.T) {
	runCases(t, []realCase{
		{
			name: "what the app has counts for plugins, not the release's",
			files: map[string]string{
				"packages/app/package.json": appHead + `{"@backstage/core-components": "^0.18.4"}}`,
				"plugins/x/package.json":    pluginHead + `{"@backstage/core-components": "^0.18.4"}}`,
			},
			entries: []string{"@backstage/core-components@^0.18.4 0.18.5"},
			release: map[string]string{"@backstage/core-components": "0.18.3"},
			want:    []string{"off-release warning yarn.lock:5: @backstage/core-components is at 0.18.5 | Move the portal to a release"},
		},
		{
			name: "what is a finding at its place is not said there again",
			files: map[string]string{
				"packages/app/package.json": appHead + `{"@backstage/core-components": "^0.20.0", "@acme/old": "^1.0.0"}}`,
				"plugins/x/package.json":    pluginHead + `{"@backstage/core-components": "^0.19.0"}}`,
			},
			entries: []string{"@acme/old@^1.0.0 1.0.0: @backstage/core-components ^0.19.0", "@backstage/core-components@^0.19.0 0.19.0", "@backstage/core-components@^0.20.0 0.20.0"},
			release: map[string]string{"@backstage/core-components": "0.20.0"},
			want: []string{"host-version warning plugins/x/package.json:1: asks for @backstage/core-components ^0.19.0",
				"duplicate warning yarn.lock:9: @acme/old@1.0.0 asks for ^0.19.0 | Update @acme/old"},
		},
		{
			name:    "the only copy is the portal's, whoever asks",
			files:   map[string]string{"plugins/x/package.json": pluginHead + `{"@backstage/core-plugin-api": "^1.12.4"}}`},
			entries: []string{"@backstage/core-plugin-api@^1.12.4 1.12.5"},
			release: map[string]string{"@backstage/core-plugin-api": "1.12.3"},
			want:    []string{"off-release warning yarn.lock:5: @backstage/core-plugin-api is at 1.12.5"},
		},
		{
			name:    "an app inside the tests of a library is not loaded",
			files:   map[string]string{"packages/app/package.json": appHead + `{"@backstage/catalog-client": "^1.0.0", "@backstage/core-app-api": "^1.20.0"}}`},
			entries: []string{"@backstage/catalog-client@^1.0.0 1.0.0: @backstage/frontend-test-utils ^0.4.0", "@backstage/core-app-api@~1.19.0 1.19.0", "@backstage/core-app-api@^1.20.0 1.20.0", "@backstage/frontend-test-utils@^0.4.0 0.4.0: @backstage/core-app-api ~1.19.0"},
			release: map[string]string{"@backstage/core-app-api": "1.20.0"},
			want:    []string{"duplicate info yarn.lock:"},
		},
		{
			name:    "what the tests load does not hide what the app runs",
			files:   map[string]string{"packages/app/package.json": appHead + `{"@backstage/catalog-client": "^1.0.0", "@backstage/core-app-api": "^1.20.0"}}`},
			entries: []string{"@backstage/catalog-client@^1.0.0 1.0.0: @backstage/frontend-test-utils ^0.4.0", "@backstage/core-app-api@~1.19.0 1.19.0", "@backstage/core-app-api@^1.20.0 1.20.0", "@backstage/frontend-test-utils@^0.4.0 0.4.0: @backstage/core-app-api ~1.19.0"},
			release: map[string]string{"@backstage/core-app-api": "1.19.0"},
			want:    []string{"duplicate info ", "off-release warning yarn.lock:17: @backstage/core-app-api is at 1.20.0"},
		},
		{
			name:    "the graphql of a mock server is none of the backend's",
			files:   map[string]string{"packages/backend/package.json": `{"name": "backend", "private": true, "backstage": {"role": "backend"}, "dependencies": {"graphql": "^16.0.0", "@backstage/backend-openapi-utils": "^0.4.0"}}`},
			entries: []string{"@backstage/backend-openapi-utils@^0.4.0 0.4.0: mockttp ^3.0.0", "graphql@^15.5.0 15.9.0", "graphql@^16.0.0 16.8.1", "mockttp@^3.0.0 3.15.3: graphql ^15.5.0"},
		},
		{
			name:    "react-router goes with react-router-dom",
			files:   map[string]string{"packages/app/package.json": appHead + `{"react-router": "^7.14.1", "react-router-dom": "^6.30.3"}}`},
			entries: []string{"react-router@6.30.3 6.30.3", "react-router@^7.14.1 7.14.1", "react-router-dom@^6.30.3 6.30.3: react-router 6.30.3"},
			want:    []string{"duplicate error packages/app/package.json:1: 2 versions of react-router: 7.14.1, 6.30.3; app asks for ^7.14.1 | ask for a range that admits 6.30.3"},
		},
		{
			name: "two of react-router-dom are one finding",
			files: map[string]string{
				"packages/app/package.json": appHead + `{"react-router-dom": "6.26.2", "@acme/header": "^1.0.0"}}`,
			},
			entries: []string{"@acme/header@^1.0.0 1.0.0: react-router-dom ^6.26.2", "react-router@6.26.2 6.26.2", "react-router@6.28.2 6.28.2",
				"react-router-dom@6.26.2 6.26.2: react-router 6.26.2", "react-router-dom@^6.26.2 6.28.2: react-router 6.28.2"},
			want: []string{"duplicate error yarn.lock:9: 2 versions of react-router-dom | portalctl check --fix --strategy fewer: 6.26.2 satisfies all"},
		},
		{
			name:  "nothing writes a lower version unasked",
			files: map[string]string{"packages/app/package.json": appHead + `{"@backstage/catalog-client": "^1.3.0", "@backstage/errors": "^1.1.4"}}`},
			entries: []string{"@backstage/catalog-client@^1.3.0 1.4.0: @backstage/errors ^1.1.5",
				"@backstage/errors@^1.1.4 1.1.4", "@backstage/errors@^1.1.5 1.1.5"},
			release: map[string]string{"@backstage/catalog-client": "1.3.1", "@backstage/errors": "1.1.4"},
			want: []string{"duplicate warning yarn.lock:9: @backstage/catalog-client@1.4.0, off the release itself | a release that has @backstage/catalog-client@1.4.0 (portalctl versions bump); going back needs --allow-downgrade",
				"off-release warning yarn.lock:5: "},
		},
		{
			name: "a resolution ahead of the release is not to be lowered",
			files: map[string]string{"packages/app/package.json": appHead + `{"@backstage/errors": "^1.1.4"}}`,
				"package.json": `{"name": "root", "private": true, "workspaces": ["packages/*"], "resolutions": {"@backstage/errors": "1.1.5"}}`},
			entries: []string{"@backstage/errors@1.1.5 1.1.5"},
			release: map[string]string{"@backstage/errors": "1.1.4"},
			want:    []string{"resolution-blocks-release warning package.json:1: | Move the portal to a release that has 1.1.5"},
		},
		{
			name: "who else has to be updated",
			files: map[string]string{
				"packages/app/package.json": appHead + `{"@acme/a": "^1.0.0", "@acme/b": "^1.0.0", "@acme/c": "^1.0.0", "@backstage/errors": "^2.0.0"}}`,
			},
			entries: []string{"@acme/a@^1.0.0 1.0.0: @backstage/errors ^1.0.0", "@acme/b@^1.0.0 1.0.0: @backstage/errors ^1.0.0", "@acme/c@^1.0.0 1.0.0: @backstage/errors ^1.0.0",
				"@backstage/errors@^1.0.0 1.0.0", "@backstage/errors@^2.0.0 2.0.0"},
			release: map[string]string{"@backstage/errors": "2.0.0"},
			want:    []string{"duplicate warning yarn.lock:9: @acme/a@1.0.0 asks for ^1.0.0 | Update @acme/a to a version that admits @backstage/errors@2.0.0; until there is one, record the decision in .portalctl.yaml; 2 more dependencies of the portal ask for another version, too"},
		},
		{
			name: "what the source makes is the role, whatever the name",
			files: map[string]string{
				"plugins/keycloak-backend/package.json":  `{"name": "@acme/backstage-plugin-keycloak-backend", "private": true, "backstage": {"role": "backend-plugin-module", "pluginId": "catalog", "pluginPackage": "@backstage/plugin-catalog-backend"}}`,
				"plugins/keycloak-backend/src/index.ts":  "export { default } from './module';\n",
				"plugins/keycloak-backend/src/module.ts": "export default createBackendModule({});\n",
				"plugins/gitlab-backend/package.json":    `{"name": "@acme/backstage-plugin-gitlab-backend", "private": true, "backstage": {"role": "backend-plugin-module"}}`,
				"plugins/gitlab-backend/src/index.ts":    "// createBackendModule\nexport default createBackendPlugin({});\n",
			},
			want: []string{"plugin-structure warning plugins/gitlab-backend/package.json:1: has the role backend-plugin-module, but its source makes a backend-plugin (createBackendPlugin, plugins/gitlab-backend/src/index.ts:2) | Write \"backend-plugin\""},
		},
		{
			name: "a plugin that another one runs",
			files: map[string]string{
				"packages/backend/package.json": `{"name": "backend", "private": true, "backstage": {"role": "backend"}, "dependencies": {"@acme/backstage-plugin-rbac-backend": "^1.0.0",
"@backstage/plugin-permission-backend": "^0.5.0"}}`,
				"packages/backend/src/index.ts": "backend.add(import('@acme/backstage-plugin-rbac-backend'));\n",
			},
			entries: []string{"@acme/backstage-plugin-rbac-backend@^1.0.0 1.0.0: @backstage/plugin-permission-backend ^0.5.0", "@backstage/plugin-permission-backend@^0.5.0 0.5.0"},
			want:    []string{"backend-registered warning packages/backend/package.json:2: unless @acme/backstage-plugin-rbac-backend runs it | Remove the dependency: a backend that adds a plugin twice"},
		},
		{
			name: "a next release brings several versions by itself",
			files: map[string]string{
				"packages/app/package.json": appHead + `{"@backstage/plugin-api-docs": "0.12.9-next.1", "@backstage/plugin-catalog": "1.31.1-next.2"}}`,
			},
			entries: []string{"@backstage/plugin-api-docs@0.12.9-next.1 0.12.9-next.1: @backstage/plugin-catalog 1.31.1-next.1",
				"@backstage/plugin-catalog@1.31.1-next.1 1.31.1-next.1", "@backstage/plugin-catalog@1.31.1-next.2 1.31.1-next.2"},
			release: map[string]string{"@backstage/plugin-api-docs": "0.12.9-next.1", "@backstage/plugin-catalog": "1.31.1-next.2"},
			want:    []string{"duplicate warning yarn.lock:9: 2 versions of @backstage/plugin-catalog | Release 1.53.0 itself brings both"},
		},
		{
			name: "nobody can move what is in another repo",
			files: map[string]string{
				"plugins/y-backend/package.json": `{"name": "@acme/backstage-plugin-y-backend", "private": true, "backstage": {"role": "backend-plugin"}, "dependencies": {"@backstage/core-plugin-api": "^1.9.0"}}`,
			},
			entries: []string{"@backstage/core-plugin-api@^1.9.0 1.9.3"},
			want:    []string{"plugin-structure warning plugins/y-backend/package.json:1: depends on @backstage/core-plugin-api | Remove it; what the source needs of it, take from a package for Node.js"},
		},
		{
			name: "types of React of two copies",
			files: map[string]string{
				"packages/app/package.json": appHead + `{"@acme/b": "^1.0.0", "react": "^18.0.0"},
"devDependencies": {"@types/react": "^18.0.0"}}`,
			},
			entries: []string{"@acme/b@^1.0.0 1.0.0: @types/react *", "@types/react@* 19.2.17", "@types/react@^18.0.0 18.3.31", "react@^18.0.0 18.3.1"},
			want:    []string{"duplicate warning yarn.lock:9: 2 versions of @types/react: 19.2.17, 18.3.31; @acme/b@1.0.0 asks for *, which 18.3.31 would satisfy; tsc takes | Add \"@types/react\": \"^18\" to the resolutions of the root package.json, then run portalctl versions lock"},
		},
		{
			name:    "types of one major version",
			files:   map[string]string{"packages/app/package.json": appHead + `{"@acme/b": "^1.0.0", "react": "^18.0.0", "@types/react": "^18.0.0"}}`},
			entries: []string{"@acme/b@^1.0.0 1.0.0: @types/react *", "@types/react@* 18.2.1", "@types/react@^18.0.0 18.3.31", "react@^18.0.0 18.3.1"},
		},
		{
			name: "packages with different ids do not list each other",
			files: map[string]string{
				"plugins/ocm/package.json":         `{"name": "acme-backstage-plugin-ocm", "private": true, "backstage": {"role": "frontend-plugin", "pluginId": "acme-ocm", "pluginPackages": ["acme-backstage-plugin-ocm"]}}`,
				"plugins/ocm-backend/package.json": `{"name": "acme-backstage-plugin-ocm-backend", "private": true, "backstage": {"role": "backend-plugin", "pluginId": "acme-ocm-backend", "pluginPackages": ["acme-backstage-plugin-ocm-backend"]}}`,
			},
		},
	})
}

// realCase is a portal and its findings, those of lockfile-stale apart: the
// fixtures leave the workspaces out of the lock.
type realCase struct {
	name    string
	files   map[string]string
	entries []string
	release map[string]string
	want    []string
}

func runCases(t *testing.T, cases []realCase) {
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			in := open(t, berryPortal(t, tt.files, tt.entries...))
			in.Release = tt.release
			var got []string
			for _, f := range mustReport(t, in, Options{}).Findings {
				if f.Rule != ruleStale {
					got = append(got, fmt.Sprintf("%s %s %s:%d: %s | %s", f.Rule, f.Severity, f.Pos.File, f.Pos.Line, f.Message, f.Next))
				}
			}
			for _, w := range tt.want {
				head, next, _ := strings.Cut(w, " | ")
				head, message, _ := strings.Cut(head, ": ")
				i := slices.IndexFunc(got, func(g string) bool {
					_, n, _ := strings.Cut(g, " | ")
					return strings.HasPrefix(g, head) && strings.Contains(g, message) && strings.Contains(n, next)
				})
				if i < 0 {
					t.Errorf("no %s in\n%s", w, strings.Join(got, "\n"))
					continue
				}
				got = slices.Delete(got, i, i+1)
			}
			if len(got) > 0 {
				t.Errorf("besides\n%s", strings.Join(got, "\n"))
			}
		})
	}
}
