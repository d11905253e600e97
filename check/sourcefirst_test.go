package check

import "testing"

const (
	backendHead  = `{"name": "backend", "private": true, "backstage": {"role": "backend"}, "dependencies": `
	backendStart = "import { createBackend } from '@backstage/backend-defaults';\nconst backend = createBackend();\n"
)

// The source decides what runs; what package.json and names say comes after it.
func TestSourceFirst(t *testing.T) {
	runCases(t, []realCase{
		{
			name: "an authenticator for a sign-in resolver of the portal's own",
			files: map[string]string{
				"packages/backend/package.json": backendHead + `{"@backstage/plugin-auth-backend-module-github-provider": "^0.5.2"}}`,
				"packages/backend/src/index.ts": backendStart + "backend.add(import('./auth'));\nbackend.start();\n",
				"packages/backend/src/auth.ts":  "import { createBackendModule } from '@backstage/backend-plugin-api';\nimport { githubAuthenticator } from '@backstage/plugin-auth-backend-module-github-provider';\nexport default createBackendModule({ pluginId: 'auth', moduleId: 'custom', register(reg) { use(githubAuthenticator); } });\n",
				"app-config.yaml":               "auth:\n  providers:\n    github: {}\n",
			},
		},
		{
			name: "a provider that is configured and only named in types",
			files: map[string]string{
				"packages/backend/package.json": backendHead + `{"@backstage/plugin-auth-backend-module-github-provider": "^0.5.2"}}`,
				"packages/backend/src/index.ts": backendStart + "import type { X } from '@backstage/plugin-auth-backend-module-github-provider';\nbackend.start();\n",
				"app-config.yaml":               "auth:\n  providers:\n    github: {}\n",
			},
			want: []string{"backend-registered warning packages/backend/package.json:1: never adds it | or remove the dependency, and with it what packages/backend/src/index.ts imports"},
		},
		{
			name: "an old package that has only a router",
			files: map[string]string{
				"packages/backend/package.json": backendHead + `{"@acme/backstage-plugin-old-backend": "^1.0.0", "@acme/backstage-plugin-new-backend": "^1.0.0"}}`,
				"packages/backend/src/index.ts": backendStart + "backend.start();\n",
			},
			entries: []string{"@acme/backstage-plugin-new-backend@^1.0.0 1.0.0: @backstage/backend-plugin-api ^1.0.0", "@acme/backstage-plugin-old-backend@^1.0.0 1.0.0: express ^4.0.0", "@backstage/backend-plugin-api@^1.0.0 1.0.0", "express@^4.0.0 4.0.0"},
			want:    []string{"backend-registered warning packages/backend/package.json:1: @acme/backstage-plugin-new-backend"},
		},
		{
			name: "a plugin of the portal that has nothing to add",
			files: map[string]string{
				"packages/backend/package.json":  backendHead + `{"@acme/backstage-plugin-x-backend": "workspace:^"}}`,
				"packages/backend/src/index.ts":  backendStart + "backend.start();\n",
				"plugins/x-backend/package.json": `{"name": "@acme/backstage-plugin-x-backend", "private": true, "backstage": {"role": "backend-plugin"}}`,
				"plugins/x-backend/src/index.ts": "export * from './router';\n",
			},
		},
		{
			name: "a package of the portal that composes the backend",
			files: map[string]string{
				"packages/backend/package.json":  backendHead + `{"@acme/features": "workspace:^", "@backstage/plugin-kubernetes-backend": "^0.20.0", "@backstage/plugin-todo-backend": "^0.1.0"}}`,
				"packages/backend/src/index.ts":  backendStart + "import { features } from '@acme/features';\nbackend.add(features);\nbackend.start();\n",
				"packages/features/package.json": `{"name": "@acme/features", "private": true, "backstage": {"role": "node-library"}}`,
				"packages/features/src/index.ts": "import { createBackendFeatureLoader } from '@backstage/backend-plugin-api';\nexport const features = createBackendFeatureLoader({ *loader() { yield import('@backstage/plugin-kubernetes-backend'); } });\n",
			},
			want: []string{"backend-registered warning packages/backend/package.json:1: @backstage/plugin-todo-backend"},
		},
		{
			name: "a loader of the portal's own that discovers",
			files: map[string]string{
				"packages/backend/package.json": backendHead + `{"@backstage/plugin-todo-backend": "^0.1.0"}}`,
				"packages/backend/src/index.ts": backendStart + "import { discoveryFeatureLoader } from '@backstage/backend-defaults';\nbackend.add(createBackendFeatureLoader({ *loader() { yield discoveryFeatureLoader; } }));\n",
			},
		},
		{
			name: "a policy beside the portal's own",
			files: map[string]string{
				"packages/backend/package.json":  backendHead + `{"@backstage/plugin-permission-backend-module-allow-all-policy": "^0.2.0"}}`,
				"packages/backend/src/index.ts":  backendStart + "backend.add(import('./policy'));\n",
				"packages/backend/src/policy.ts": "import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';\n",
			},
			want: []string{"backend-registered warning packages/backend/package.json:1: allow-all | Remove the dependency"},
		},
		{
			name: "ids that the source gives",
			files: map[string]string{
				"plugins/checker/package.json":    `{"name": "@acme/backstage-plugin-entity-checker", "private": true, "backstage": {"role": "backend-plugin-module", "pluginId": "catalog", "pluginPackage": "@backstage/plugin-catalog-backend"}}`,
				"plugins/checker/src/index.ts":    "export default createBackendModule({ pluginId: 'catalog', moduleId: 'entity-checker', register() {} });\n",
				"plugins/ci/package.json":         `{"name": "@acme/backstage-plugin-ci", "private": true, "backstage": {"role": "frontend-plugin", "pluginId": "ci", "pluginPackages": ["@acme/backstage-plugin-ci", "@acme/backstage-plugin-ci-common"]}}`,
				"plugins/ci-common/package.json":  `{"name": "@acme/backstage-plugin-ci-common", "private": true, "backstage": {"role": "common-library", "pluginId": "ci", "pluginPackages": ["@acme/backstage-plugin-ci", "@acme/backstage-plugin-ci-common"]}}`,
				"plugins/ci-backend/package.json": `{"name": "@acme/backstage-plugin-ci-backend", "private": true, "backstage": {"role": "backend-plugin", "pluginId": "ci-backend", "pluginPackages": ["@acme/other"]}}`,
				"plugins/ci-backend/src/index.ts": "const ID = 'ci-backend';\nexport default createBackendPlugin({\n  pluginId: ID,\n  register() {} });\n",
				"plugins/rhaap/package.json":      `{"name": "@acme/plugin-backstage-rhaap", "private": true, "backstage": {"role": "frontend-plugin", "pluginId": "ansible"}}`,
				"plugins/rhaap/src/index.ts":      "export const plugin = createPlugin({ id: 'ansible' });\n",
			},
			entries: []string{"@acme/other@^1.0.0 1.0.0"},
			want:    []string{"plugin-structure warning plugins/ci-backend/package.json:1: pluginPackages of @acme/backstage-plugin-ci-backend lacks @acme/backstage-plugin-ci-backend"},
		},
		{
			name: "an id that is not the source's",
			files: map[string]string{
				"plugins/x-backend/package.json": `{"name": "@acme/backstage-plugin-x-backend", "private": true, "backstage": {"role": "backend-plugin", "pluginId": "x"}}`,
				"plugins/x-backend/src/index.ts": "export default createBackendPlugin({ pluginId: 'acme-x', register() {} });\n",
				"plugins/y/package.json":         `{"name": "@acme/plugin-catalog-backend-module-y", "private": true, "backstage": {"role": "backend-plugin-module", "pluginId": "catalog", "pluginPackage": "@backstage/plugin-catalog-backend"}}`,
				"plugins/y/src/index.ts":         "export default createBackendModule({ pluginId: `scaffolder`, moduleId: 'y' });\n",
			},
			want: []string{
				"plugin-structure warning plugins/x-backend/package.json:1: has the pluginId \"x\", but its source makes \"acme-x\" | Write \"acme-x\"",
				"plugin-structure warning plugins/y/package.json:1: its source extends \"scaffolder\" | Write \"scaffolder\"",
			},
		},
		{
			name: "a renamed plugin's list",
			files: map[string]string{
				"plugins/x/package.json": `{"name": "@acme/backstage-plugin-x", "private": true, "backstage": {"role": "frontend-plugin", "pluginId": "x", "pluginPackages": ["@old/backstage-plugin-x"]}}`,
			},
			want: []string{"plugin-structure warning plugins/x/package.json:1: lacks @acme/backstage-plugin-x, and names @old/backstage-plugin-x"},
		},
	})
}
