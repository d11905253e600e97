package snapshots

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/internal/testkit/snapportal"
	"github.com/portalctl/portalctl/snapshot"
)

// states are the plugins of a dry run with their states.
func (p *snapPortal) states(args ...string) map[string]string {
	p.T.Helper()
	var survey snapshot.Survey
	snapportal.DecodeJSON(p.T, p.Must(append([]string{"create", "--dry-run", "--format", "json"}, args...)...), &survey)
	out := map[string]string{}
	for _, l := range survey.Plugins {
		out[l.Plugin] = l.State
	}
	return out
}

// However a portal is composed, none of its databases is left behind by a
// snapshot that exits 0.
func TestSnapshotLeavesNothingBehind(t *testing.T) {
	p := newSnapPortal(t)
	want := func(name string, states map[string]string, ids ...string) {
		t.Helper()
		for _, id := range ids {
			if states[id] != "present" {
				t.Errorf("%s: %s is %q: %v", name, id, states[id], states)
			}
		}
		if len(states) != len(ids) {
			t.Errorf("%s: %v instead of %v", name, states, ids)
		}
	}
	want("plain", p.states(), "catalog", "auth", "badges")

	// The backend is composed in a library of the repository, which takes one
	// plugin from a published feature loader.
	backend := `{"name": "backend", "version": "0.0.0", "backstage": {"role": "backend"}, "dependencies": {"app": "*", "@backstage/backend-defaults": "^0.11.1", "@acme/portal-backend": "workspace:^"}}`
	p.Write("packages/backend/package.json", backend)
	p.Write("packages/app/package.json", `{"name": "app", "version": "0.0.0", "backstage": {"role": "frontend"}, "dependencies": {"@backstage/plugin-events-backend": "1"}}`)
	p.Write("packages/portal-backend/package.json", `{"name": "@acme/portal-backend", "version": "0.0.0", "backstage": {"role": "node-library"}, "dependencies": {
		"@backstage/plugin-catalog-backend": "^3.0.0", "@internal/plugin-badges-backend": "^0.1.0", "@acme/feature-loader": "1"}}`)
	p.Write("node_modules/@acme/feature-loader/package.json", `{"name": "@acme/feature-loader", "version": "1.0.0", "backstage": {"role": "node-library"}, "dependencies": {"@backstage/plugin-auth-backend": "^0.25.2"}}`)
	p.Commit("composed")
	want("composed", p.states(), "catalog", "auth", "badges")

	// The ID is what the code registers, in comments or not in package.json's.
	p.Write("plugins/badges-backend/package.json", `{"name": "@internal/plugin-badges-backend", "version": "0.1.0", "backstage": {"role": "backend-plugin", "pluginId": "badges-backend"}}`)
	p.Write("plugins/badges-backend/src/plugin.ts", "// createBackendPlugin({ pluginId: 'old' })\nexport const badges = createBackendPlugin({\n  pluginId: 'badges',\n  register(env) {},\n});\n")
	p.Commit("another ID")
	want("ID of the source", p.states(), "catalog", "auth", "badges")

	// A dynamic plugin, built, with an ID of its own.
	p.CreateDatabase("backstage_plugin_chat")
	p.Migrated("backstage_plugin_chat", "knex_migrations", "1_chat.js")
	p.Write("dynamic/chat/package.json", `{"name": "@acme/chat-dynamic", "version": "1.0.0", "backstage": {"role": "backend-plugin", "pluginId": "chat-backend"}}`)
	p.Write("dynamic/chat/dist/index.cjs.js", `exports.default = backendPluginApi.createBackendPlugin({pluginId: "chat", register() {}});`)
	p.Write("dynamic/chat/migrations/1_chat.js", "")
	config := fmt.Sprintf("backend:\n  database:\n    client: pg\n    connection:\n      host: 127.0.0.1\n      port: %d\n      user: backstage\n      password: ${DB_PASSWORD}\n", p.Cluster.Port)
	p.Write("app-config.yaml", config+"dynamicPlugins:\n  rootDirectory: dynamic\n")
	head := p.Commit("dynamic")
	want("dynamic", p.states("--deployed", head), "catalog", "auth", "badges", "chat")

	// A module's own tables, in its plugin's database.
	p.Write("plugins/catalog-module/package.json", `{"name": "@internal/plugin-catalog-backend-module-own", "version": "0.1.0", "backstage": {"role": "backend-plugin-module", "pluginId": "catalog"}}`)
	p.Write("plugins/catalog-module/migrations/1_own.js", "")
	p.Write("packages/backend/package.json", strings.Replace(backend, `"app"`, `"@internal/plugin-catalog-backend-module-own": "^0.1.0", "app"`, 1))
	p.Migrated("backstage_plugin_catalog", "own__knex_migrations", "1_own.js")
	head = p.Commit("a module")
	want("module", p.states("--deployed", head), "catalog", "auth", "badges", "chat")

	// Nobody is known to use it, but it is the portal's: by its owner, or by
	// what migrated it. Another deployment's is named.
	p.CreateDatabase("backstage_plugin_lost", "CREATE TABLE x (a int)")
	p.Refused([]string{"create", "--dry-run", "--deployed", head}, "its owner backstage", "--skip lost", "backend.database.plugin.lost")
	p.Refused([]string{"create", "--deployed", head}, "its owner backstage")
	if got := p.states("--deployed", head, "--skip", "lost"); got["lost"] != "skipped" {
		t.Errorf("skipped: %v", got)
	}
	pgtest.Exec(t, p.Cluster, "postgres", "CREATE ROLE other LOGIN", "ALTER DATABASE backstage_plugin_lost OWNER TO other")
	if got := p.states("--deployed", head); got["lost"] != "unknown" {
		t.Errorf("another's: %v", got)
	}
	p.migratedByOthers(t, "backstage_plugin_lost", snapportal.CatalogMigrations[0])
	p.Refused([]string{"create", "--dry-run", "--deployed", head}, "@backstage/plugin-catalog-backend 3.0.0 of this portal has migrated it", "--skip lost")
	pgtest.Exec(t, p.Cluster, "postgres", "DROP DATABASE backstage_plugin_lost")

	// create-app's own layout.
	p.Write("app-config.yaml", "backend:\n  database:\n    client: better-sqlite3\n    connection: ':memory:'\n")
	p.Write("app-config.production.yaml", config)
	p.Write("app-config.example.yaml", "backend: {}\n")
	head = p.Commit("create-app's layout")
	code, out, errOut := p.Run("create", "--dry-run", "--deployed", head)
	if code != 2 || strings.Count(out+errOut, "memory") != 1 || !strings.Contains(errOut, "app-config.production.yaml") || !strings.Contains(errOut, "--config app-config.yaml --config app-config.production.yaml") {
		t.Errorf("create-app's layout: exit code %d\n%s%s", code, out, errOut)
	}
	// chat's folder of dynamic plugins is not configured any more: refused.
	files := []string{"--deployed", head, "--config", filepath.Join(p.Root, "app-config.yaml"), "--config", filepath.Join(p.Root, "app-config.production.yaml")}
	p.Refused(append([]string{"create", "--dry-run"}, files...), "backstage_plugin_chat", "--skip chat")
	if got := p.states(append(files, "--skip", "chat")...); got["catalog"] != "present" || got["auth"] != "present" || got["badges"] != "present" {
		t.Errorf("with --config: %v", got)
	}
	// What create refuses, its dry run refuses.
	for _, name := range []string{"../..", "latest", "x.partial"} {
		p.Refused([]string{"create", "--dry-run", "--name", name}, "is not a valid name for a snapshot")
	}
	if _, err := os.Stat(p.Dir); err == nil {
		t.Errorf("%s was made by dry runs", p.Dir)
	}
}

// migratedByOthers makes knex's table as the superuser, readable by all.
func (p *snapPortal) migratedByOthers(t *testing.T, database, name string) {
	pgtest.Exec(t, p.Cluster, database, "CREATE TABLE knex_migrations (id serial PRIMARY KEY, name varchar(255), batch integer, migration_time timestamptz)",
		"INSERT INTO knex_migrations (name, batch, migration_time) VALUES ("+pg.Literal(name)+", 1, now())", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC")
}

// One set of connection flags serves all six, a password in them is refused by
// all, and list fails for what verify calls no way back.
func TestSnapshotFlagsAndVerdicts(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	p.Must("create", "--name", "one")
	config := filepath.Join(p.Root, "app-config.yaml")
	for _, args := range [][]string{{"create", "--dry-run"}, {"list"}, {"show"}, {"verify"}, {"plan", "--dry-run"}, {"restore", "--dry-run"}} {
		p.Must(append(args, "--config", config, "--admin-dsn", fmt.Sprintf("host=%s port=%d user=postgres", p.Cluster.Socket, p.Cluster.Port))...)
		code, _, errOut := p.Run(append(args, "--dsn", "postgres://backstage:other@127.0.0.1/x")...)
		if code != 2 || !strings.Contains(errOut, "holds a password") {
			t.Errorf("%v with a password: exit code %d: %s", args, code, errOut)
		}
	}
	if out := p.Must("verify", "--rehearse"); !strings.Contains(out, "restored on a temporary server") {
		t.Errorf("rehearse: %s", out)
	}
	if out := p.Must("verify"); strings.Contains(out, "restored on") || !strings.Contains(out, "an earlier run (") {
		t.Errorf("verify presents an older rehearsal as its own: %s", out)
	}
	s := p.Newest()
	if err := os.WriteFile(filepath.Join(s.Dir, s.Manifest.Databases[0].Dump.Name), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := p.Run("verify"); code != 1 {
		t.Errorf("verify of a broken dump: exit code %d", code)
	}
	if code, out, errOut := p.Run("list"); code != 1 || !strings.Contains(errOut, "one: ") || !strings.Contains(out, "failed") && !strings.Contains(out, "damaged") {
		t.Errorf("list: exit code %d\n%s%s", code, out, errOut)
	}
}
