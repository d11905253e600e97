package check

import "testing"

// The source decides what a package is: a role that says something else is wrong,
// and hides nothing.
func TestRoleAgainstSource(t *testing.T) {
	const (
		backendAPI  = "import { createBackendPlugin, createBackendModule } from '@backstage/backend-plugin-api';\n"
		frontendAPI = "import { createFrontendPlugin, createFrontendModule } from '@backstage/frontend-plugin-api';\n"
		coreAPI     = "import { createPlugin } from '@backstage/core-plugin-api';\n"
	)
	pkg := func(name, role, more string) string {
		return `{"name": "` + name + `", "private": true, "backstage": {` + "\n" + `"role": "` + role + `"` + more + `}}`
	}
	plugin := func(name, role, more, source string) map[string]string {
		return map[string]string{"plugins/x/package.json": pkg(name, role, more), "plugins/x/src/index.ts": source}
	}
	runCases(t, []realCase{
		{
			name:  "a module that says plugin",
			files: plugin("@acme/backstage-plugin-catalog-backend-module-x", "backend-plugin", "", backendAPI+"export default createBackendModule({ pluginId: 'catalog', moduleId: 'x' });\n"),
			want:  []string{`plugin-structure warning plugins/x/package.json:2: has the role backend-plugin, but its source makes a backend-plugin-module (createBackendModule, plugins/x/src/index.ts:2) | Write "backend-plugin-module"`},
		},
		{
			name:  "a plugin that says module",
			files: plugin("@acme/backstage-plugin-x", "frontend-plugin-module", "", frontendAPI+"export default createFrontendPlugin({ pluginId: 'x' });\n"),
			want:  []string{`plugin-structure warning plugins/x/package.json:2: but its source makes a frontend-plugin (createFrontendPlugin, plugins/x/src/index.ts:2) | Write "frontend-plugin"`},
		},
		{
			name: "a backend's plugin that says frontend, with a wrong ID and a dependency of its true side",
			files: map[string]string{
				"plugins/x/package.json": `{"name": "@acme/backstage-plugin-x", "private": true, "backstage": {` + "\n" + `"role": "frontend-plugin",` + "\n" + `"pluginId": "y"}, "dependencies": {` + "\n" +
					`"@backstage/backend-defaults": "^1.0.0",` + "\n" + `"@backstage/core-components": "^0.18.0"}}`,
				"plugins/x/src/index.ts": backendAPI + "export default createBackendPlugin({ pluginId: 'x' });\n",
			},
			want: []string{
				`plugin-structure warning plugins/x/package.json:2: but its source makes a backend-plugin | Write "backend-plugin"`,
				`plugin-structure warning plugins/x/package.json:3: has the pluginId "y", but its source makes "x" | Write "x"`,
				"plugin-structure warning plugins/x/package.json:5: runs in Node.js, and depends on @backstage/core-components",
			},
		},
		{
			name:  "a library whose default export is a plugin",
			files: plugin("@acme/backstage-plugin-x-react", "web-library", "", coreAPI+"const x = createPlugin({ id: 'x' });\nexport { x as default };\n"),
			want:  []string{`plugin-structure warning plugins/x/package.json:2: has the role web-library, but its source makes a frontend-plugin`},
		},
		{
			name:  "a library that makes plugins for others",
			files: plugin("@acme/backstage-plugin-x-react", "web-library", "", coreAPI+"export const make = (id: string) => createPlugin({ id });\n"),
		},
		{
			name:  "an addon of the former frontend system",
			files: plugin("@acme/backstage-plugin-techdocs-module-x", "frontend-plugin-module", "", coreAPI+"export const x = createPlugin({ id: 'x' });\n"),
		},
		{
			name:  "both plugin and module",
			files: plugin("@acme/backstage-plugin-x-backend", "backend-plugin", "", backendAPI+"export default createBackendPlugin({ pluginId: 'x' });\nexport const m = createBackendModule({ pluginId: 'catalog', moduleId: 'x' });\n"),
		},
		{
			name:  "another createPlugin",
			files: plugin("@acme/backstage-plugin-x-backend", "backend-plugin", "", "import { createPlugin } from './rollup';\nexport default createPlugin({ id: 'x' });\n"),
		},
		{
			name: "an app that makes modules for itself",
			files: map[string]string{
				"packages/backend/package.json": `{"name": "backend", "private": true, "backstage": {"role": "backend"}}`,
				"packages/backend/src/index.ts": backendAPI + "export default createBackendModule({ pluginId: 'catalog', moduleId: 'x' });\n",
			},
		},
		{
			name:  "no role: that of the source",
			files: plugin("@acme/backstage-plugin-x", "", "", backendAPI+"export default createBackendPlugin({ pluginId: 'x' });\n"),
			want:  []string{`plugin-structure warning plugins/x/package.json:1: has no backstage.role | Write "backend-plugin"`},
		},
		{
			name: "a misspelt role is read as what it was to be",
			files: map[string]string{
				"plugins/x-backend/package.json": `{"name": "@acme/backstage-plugin-x-backend", "private": true, "backstage": {"role": "backend-plugin"}, "dependencies": {"@acme/backstage-plugin-x": "workspace:^"}}`,
				"plugins/x/package.json":         pkg("@acme/backstage-plugin-x", "common-libary", ""),
			},
			want: []string{`plugin-structure warning plugins/x/package.json:2: "common-libary" is not a role that Backstage knows | Write "common-library"`},
		},
	})
}
