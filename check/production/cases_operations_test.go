package production

import "strings"

// operationsCases are those of operations.
func operationsCases() []itemCase {
	pg := "backend:\n  database:\n    client: pg\n"
	pool := func(max string) string { return pg + "    knexConfig:\n      pool:\n        max: " + max + "\n" }
	keep := files{"k8s/d.yaml": deployment}.with(adds("@backstage/plugin-catalog-backend", "@backstage/plugin-auth-backend"))
	processor := func(body string) files {
		return files{"packages/backend/src/p.ts": "export class P implements CatalogProcessor {\n  async preProcessEntity(e) {\n" + body + "  }\n}\n"}.with(adds("./p"))
	}
	startup := func(times string) files {
		return files{"k8s/d.yaml": deployment + "          startupProbe:\n            failureThreshold: " + times + "\n            periodSeconds: 10\n"}
	}
	outside := files{}.with(adds("@backstage/plugin-search-backend", "@backstage/plugin-search-backend-module-pg", "@backstage/plugin-techdocs-backend"),
		conf(pg+"  cache:\n    store: redis\ntechdocs:\n  builder: external\n  publisher:\n    type: awsS3\n"))
	scheduled := "on:\n  schedule: [{cron: '0 4 1 * *'}]\njobs:\n  x:\n    steps:\n      - run: yarn backstage-cli versions:bump\n"
	logs := func(env string) files {
		return files{"packages/backend/Dockerfile": strings.Replace(dockerfileText, "NODE_ENV=production", env, 1)}
	}
	return []itemCase{
		{id: "database-postgres", pass: conf(pg), fail: conf("backend:\n  database:\n    client: better-sqlite3\n"), at: "app-config.yaml:3", unknown: conf("backend:\n  database:\n    client: ${DB}\n")},
		{
			id: "database-pool", pass: files{}.with(keep, conf(pool("10"))), fail: files{}.with(keep, conf(pool("80"))), at: "app-config.yaml:6",
			unknown: conf(pool("${POOL}")), absent: conf("backend:\n  database:\n    client: better-sqlite3\n"),
		},
		{id: "cache-external", pass: conf("backend:\n  cache:\n    store: redis\n"), fail: conf("backend:\n  cache:\n    store: memory\n"), at: "app-config.yaml:3", unknown: elsewhere},
		{
			id: "search-engine", pass: adds("@backstage/plugin-search-backend", "@backstage/plugin-search-backend-module-pg"), fail: adds("@backstage/plugin-search-backend"), at: "packages/backend/src/index.ts:3",
			unknown: files{"packages/backend/src/index.ts": "startAll();\n"}, absent: adds("@backstage/plugin-auth-backend"),
		},
		{id: "replicas", pass: outside, fail: files{}.with(outside, conf(pg+"  cache:\n    store: memory\n")), at: "app-config.yaml:5", unknown: files{}.with(outside, elsewhere)},
		{id: "probes", pass: files{"k8s/d.yaml": probed}, fail: files{"k8s/d.yaml": deployment}, at: "k8s/d.yaml:12", unknown: brokenChart},
		{id: "startup-probe", pass: startup("30"), fail: startup("3"), at: "k8s/d.yaml:14", unknown: brokenChart},
		{
			id: "otel-started", pass: files{"packages/backend/Dockerfile": strings.Replace(dockerfileText, `"node", `, `"node", "--require", "./instrumentation.js", `, 1)}, fail: files{}, at: "packages/backend/Dockerfile:4",
			unknown: files{"packages/backend/Dockerfile": ""},
		},
		{
			id: "structured-logs", pass: files{}, fail: logs("NODE_ENV=development"), at: "packages/backend/Dockerfile:2", fix: logs("NODE_ENV=production"),
			unknown: files{"packages/backend/src/log.ts": "createServiceFactory({ service: coreServices.rootLogger, deps: {} });\n"},
		},
		{id: "upgrade-slot", pass: files{".github/workflows/u.yml": scheduled}, fail: files{".github/workflows/u.yml": strings.Replace(scheduled, "on:\n  schedule: [{cron: '0 4 1 * *'}]", "on: workflow_dispatch", 1)}, at: ".github/workflows/u.yml:5", unknown: files{}},
		{id: "upgrade-distance", pass: files{"backstage.json": `{"version": "1.52.0"}`}, fail: files{"backstage.json": `{"version": "1.40.0"}`}, at: "backstage.json:1", unknown: files{"backstage.json": ""}},
		{
			id: "database-snapshot", pass: files{"k8s/b.yaml": "apiVersion: batch/v1\nkind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a, command: [pg_dump]}]}}}}}\n"},
			fail: files{".github/workflows/d.yml": workflow + "          # pg_dump -Fc\n          portalctl snapshot create --dry-run\n"}, at: ".github/workflows/d.yml:10",
			fix:     files{".github/workflows/d.yml": workflow + "          portalctl snapshot create\n"},
			unknown: files{}, absent: conf("backend:\n  database:\n    client: better-sqlite3\n"),
		},
		{
			id: "processors-outside", pass: processor("    return e;\n"), fail: processor("    await fetch('https://x');\n"), at: "packages/backend/src/p.ts:3",
			unknown: processor("    await this.client.look(e);\n"), absent: files{},
		},
		{
			id: "schedules", pass: conf("catalog:\n  providers:\n    github:\n      schedule:\n        frequency: {minutes: 30}\n"), fail: conf("catalog:\n  providers:\n    github:\n      schedule:\n        frequency: PT1M\n"), at: "app-config.yaml:5",
			unknown: elsewhere, absent: conf("a: b\n"),
		},
	}
}
