package production

import "strings"

// securityCases are those of permissions and security.
func securityCases() []itemCase {
	policy := func(result string) files {
		return files{"packages/backend/src/policy.ts": "import { PermissionPolicy } from '@backstage/plugin-permission-node';\nclass P implements PermissionPolicy {\n  async handle(request) {\n" +
			"    if (isPermission(request.permission, catalogEntityDeletePermission)) {\n      return { result: AuthorizeResult." + result + " };\n    }\n    return { result: AuthorizeResult.ALLOW };\n  }\n}\npolicy.setPolicy(new P());\n"}
	}
	route := func(path string) files {
		return files{"plugins/own-backend/package.json": backID, "plugins/own-backend/src/plugin.ts": "http.addAuthPolicy({\n  path: '" + path + "',\n  allow: 'unauthenticated',\n});\n"}
	}
	secured := deployment + "          securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false}\n"
	netpol := "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nspec: {podSelector: {matchLabels: {app: backstage}}}\n"
	docker := func(line string) files {
		return files{"packages/backend/Dockerfile": strings.Replace(dockerfileText, "COPY packages ./packages", line, 1)}
	}
	noDocker := files{"packages/backend/Dockerfile": "FROM node:24\n{{ x }}\n"}
	return []itemCase{
		{
			id: "permission-enabled", pass: conf("permission:\n  enabled: true\n"), fail: conf("a: b\npermission:\n  enabled: false\n"), at: "app-config.yaml:3",
			unknown: conf("permission:\n  enabled: ${PERMISSIONS}\n"),
		},
		{
			id: "guest-provider", pass: conf("auth:\n  providers:\n    github: {}\n"), fail: conf("auth:\n  providers:\n    guest: {}\n"), at: "app-config.yaml:3", unknown: brokenConfig,
		},
		{
			id: "permission-policy", pass: policy("DENY"), fail: adds("@backstage/plugin-auth-backend", allowAll), at: "packages/backend/src/index.ts:4",
			unknown: adds("@acme/plugin-permission-backend-module-ours"),
			fix:     files{}.with(adds("@backstage/plugin-auth-backend"), policy("DENY")),
		},
		{
			id: "dangerous-settings", pass: conf("backend:\n  auth: {}\n"), fail: conf("backend:\n  auth:\n    dangerouslyDisableDefaultAuthPolicy: true\n"), at: "app-config.yaml:3", unknown: elsewhere,
		},
		{
			id:   "backend-auth",
			pass: conf("backend:\n  auth:\n    externalAccess:\n      - type: static\n        options:\n          token: ${TOKEN}\n"),
			fail: conf("backend:\n  auth:\n    externalAccess:\n      - type: static\n        options:\n          token: abcdefgh12345678\n"), at: "app-config.yaml:6",
			unknown: elsewhere, absent: conf("a: b\n"),
		},
		{
			id: "route-auth", pass: route("/health"), fail: route("/data"), at: "plugins/own-backend/src/plugin.ts:3",
			unknown: files{"plugins/own-backend/package.json": backID, "plugins/own-backend/src/plugin.ts": "http.addAuthPolicy(policies.open);\n"},
		},
		{
			id: "literal-secrets", pass: conf("backend:\n  database:\n    connection:\n      password: ${PASSWORD}\n"), fail: conf("backend:\n  database:\n    connection:\n      password: qX7mB2vK9pLw4Zt\n"), at: "app-config.yaml:4",
			unknown: files{"values.yaml": strings.Repeat("a: b\n", 1<<20)}, absent: noPortalHere,
		},
		{
			id: "cors", pass: conf("backend:\n  cors:\n    origin: https://portal.example.com\n"), fail: conf("backend:\n  cors:\n    origin: '*'\n"), at: "app-config.yaml:3", unknown: elsewhere,
		},
		{
			id: "csp", pass: conf("backend:\n  csp:\n    script-src: [\"'self'\"]\n"), fail: conf("backend:\n  csp:\n    script-src: [\"'self'\", 'https:']\n"), at: "app-config.yaml:3", unknown: elsewhere,
		},
		{
			id: "ci-audit", pass: files{".github/workflows/a.yml": workflow + "          yarn npm audit --all\n"}, fail: files{".github/workflows/a.yml": workflow}, at: ".github/workflows/a.yml:1",
			unknown: files{".github/workflows/a.yml": "jobs: [\n"},
		},
		{
			id: "lock-committed", pass: files{}, fail: files{".gitignore": "node_modules\nyarn.lock\n"}, at: ".gitignore:2", fix: files{".gitignore": ""},
			unknown: files{"yarn.lock": "\x00\x01"},
		},
		{
			id: "install-scripts", pass: files{".yarnrc.yml": "enableScripts: false\n"}, fail: files{".yarnrc.yml": "a: b\nenableScripts: true\n"}, at: ".yarnrc.yml:2",
			unknown: files{"package.json": strings.Replace(base()["package.json"], `"packageManager": "yarn@4.4.1", `, "", 1)},
		},
		{
			id: "internal-registry", pass: files{".yarnrc.yml": "npmRegistryServer: https://npm.acme.example/\n"}, fail: files{".yarnrc.yml": "npmRegistryServer: \"https://registry.yarnpkg.com\"\n"}, at: ".yarnrc.yml:1",
			unknown: files{},
		},
		{
			id: "image-credentials", pass: files{}, fail: docker("COPY packages .npmrc ./"), at: "packages/backend/Dockerfile:3", fix: docker("COPY packages ./"), unknown: noDocker,
		},
		{
			id: "dockerignore", pass: files{".dockerignore": ".git\n*.local.yaml\n"}, fail: files{".dockerignore": "node_modules\n"}, at: ".dockerignore:1", unknown: noDocker,
		},
		{
			id: "security-context", pass: files{"k8s/d.yaml": secured}, fail: files{"k8s/d.yaml": deployment}, at: "k8s/d.yaml:12", unknown: brokenChart,
		},
		{
			id: "network-policy", pass: files{"k8s/d.yaml": deployment, "k8s/n.yaml": netpol}, fail: files{"k8s/d.yaml": deployment}, at: "k8s/d.yaml:2", unknown: brokenChart,
		},
	}
}
