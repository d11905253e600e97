package snapshots

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// A login without the password that a variable should have given is refused by
// the server; every command that connects names the variable.
func TestSnapshotNamesTheUnsetVariable(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	config, err := os.ReadFile(filepath.Join(p.Root, "app-config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p.Write("app-config.yaml", "app: { title: '${TITLE}' }\n"+string(config)) // no database's business
	p.Commit("a title")
	p.Must("create", "--name", "one")
	with := p.Environ
	p.Environ = slices.DeleteFunc(slices.Clone(with), func(kv string) bool { return strings.HasPrefix(kv, "DB_PASSWORD=") })
	next := "next: Set DB_PASSWORD (app-config.yaml:9 uses it for backend.database.connection.password), then run again\n"
	for _, args := range [][]string{{"create"}, {"create", "--dry-run"}, {"plan"}, {"restore", "--dry-run"}, {"restore", "--yes"}} {
		p.Refused(args, "cannot connect to the database postgres as backstage@", next)
		if _, out, errOut := p.Run(args...); strings.Contains(out+errOut, "TITLE") {
			t.Errorf("snapshot %v speaks of TITLE:\n%s%s", args, out, errOut)
		}
	}
	p.Must("plan", "--no-look")
	p.Must("restore", "--dry-run", "--admin-dsn", p.Cluster.Target().DSN())
	p.Environ = with
	p.Must("restore", "--dry-run")

	// The prefix decides where the data is: without it, there is none.
	p.Write("app-config.local.yaml", "backend: { database: { prefix: '${DB_PREFIX}', plugin: { auth: { connection: { database: '${AUTH_DB}' } } } } }\n")
	p.Commit("a prefix")
	p.Environ = append(slices.Clone(with), "DB_PREFIX=portal_", "AUTH_DB=backstage_plugin_auth")
	p.Refused([]string{"create"}, "portal_catalog: it does not exist", "Check --config, the prefix and the server")
	p.Environ = append(slices.Clone(with), "DB_PREFIX=backstage_plugin_")
	p.Must("create", "--dry-run")
	p.Environ = with
	p.Must("create", "--dry-run") // the default happens to be right: no word of DB_PREFIX
	pgtest.Exec(t, p.Cluster, "postgres", "ALTER DATABASE backstage_plugin_catalog RENAME TO portal_catalog")
	p.Refused([]string{"create"}, "backstage_plugin_catalog: it does not exist",
		"Set DB_PREFIX (app-config.local.yaml:1 uses it for backend.database.prefix), then run again; if the plugin is installed")
}

// Who may not connect to the maintenance database asks one of the plugins'.
func TestSnapshotWithoutTheMaintenanceDatabase(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	pgtest.Exec(t, p.Cluster, "postgres", "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
	out := p.Must("create", "--dry-run")
	for _, name := range []string{"backstage_plugin_catalog", "backstage_plugin_auth", "backstage_plugin_badges"} {
		if !strings.Contains(out, name) {
			t.Errorf("no %s:\n%s", name, out)
		}
	}
	pgtest.Exec(t, p.Cluster, "postgres", "REVOKE CONNECT ON DATABASE backstage_plugin_auth, backstage_plugin_badges, backstage_plugin_catalog FROM PUBLIC, backstage")
	p.Refused([]string{"create"}, "permission denied for database", `GRANT CONNECT ON DATABASE "backstage_plugin_`, `TO "backstage"`)
}
