package production

import "testing"

// TestJudgement has trees whose reading by hand and by the rules once differed.
func TestJudgement(t *testing.T) {
	pool := conf("backend:\n  database:\n    client: pg\n")
	plugins := adds("@backstage/plugin-catalog-backend", "@backstage/plugin-auth-backend")
	held := func(set string) files {
		return files{"packages/backend/src/p.ts": "export class P implements CatalogProcessor {\n  constructor(options) {\n    " + set + "\n  }\n  async preProcessEntity(e) {\n    await this.ask('https://x');\n    return e;\n  }\n}\n"}.with(adds("./p"))
	}
	byClass := func(client, index string) files {
		return files{
			"packages/backend/src/p.ts":      "import { Client } from './client';\nexport class P implements CatalogProcessor {\n  private client: Client;\n  async preProcessEntity(e) {\n    await this.client.look(e);\n    return e;\n  }\n}\n",
			"packages/backend/src/client.ts": "export class Client {\n  async look(e) {\n    " + client + "\n  }\n}\n",
			"packages/backend/src/module.ts": "import { P } from './p';\nexport default new P();\n",
		}.with(adds(index))
	}
	named := func(of string) files {
		return files{
			"packages/backend/package.json":      `{"name": "backend", "backstage": {"role": "backend"}, "dependencies": {"` + of + `": "1"}}`,
			"plugins/own/package.json":           `{"name": "@acme/plugin-x-backend-module-y", "backstage": {"role": "backend-plugin-module", "pluginId": "x"}}`,
			"plugins/thing-backend/package.json": `{"name": "@acme/plugin-thing-backend", "backstage": {"role": "backend-plugin", "pluginId": "thing"}}`,
		}
	}
	for _, c := range []struct {
		name, id string
		edits    files
		want     verdict
		line     int
	}{
		{"no manifest says how many replicas", "database-pool", plugins.with(pool), verdictUnknown, 3},
		{"one replica by a manifest", "database-pool", plugins.with(pool, files{"k8s/d.yaml": deployment}), verdictPass, 3},
		{"a field that holds fetch", "processors-outside", held("this.ask = options.ask ?? fetch;"), verdictFail, 6},
		{"a field that holds something else", "processors-outside", held("this.ask = options.ask;"), verdictPass, 1},
		{"a field that holds what fetch gave", "processors-outside", held("this.ask = prefetch;"), verdictPass, 1},
		{"a class of another file that fetches", "processors-outside", byClass("return fetch('https://x');", "./module"), verdictFail, 5},
		{"a class of another file that does not", "processors-outside", byClass("return e.x;", "./module"), verdictUnknown, 5},
		{"a module beside Backstage's of its name", "plugin-overlap", named("@backstage/plugin-x-backend-module-y"), verdictFail, 1},
		{"a module whose name another company has", "plugin-overlap", named("@other/plugin-x-backend-module-y"), verdictPass, 1},
	} {
		got := base().with(c.edits).judge(t, c.id)
		if got.Verdict != c.want || len(got.Evidence) == 0 || got.Evidence[0].Pos.Line != c.line {
			t.Errorf("%s: %s %v, not %s at line %d: %s", c.name, got.Verdict, got.Evidence, c.want, c.line, got.Reason)
		}
	}

	// What the backend's index does not reach never runs.
	if got := base().with(byClass("return fetch('https://x');", "@acme/other")).judge(t, "processors-outside"); got.Verdict != verdictNotApplicable {
		t.Errorf("a processor that nothing adds: %s %v", got.Verdict, got.Evidence)
	}
}
