package snapshots

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/internal/testkit/snapportal"
	"github.com/portalctl/portalctl/snapshot"
)

// The migrations of a package that is not installed come from the registry's
// tarball of the locked version.
func TestSnapshotAsksTheRegistry(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	if err := os.RemoveAll(filepath.Join(p.Root, "node_modules")); err != nil {
		t.Fatal(err)
	}
	r := npmregistry.New(t)
	for _, pkg := range []struct {
		name, version, role, id string
		files                   []string
	}{
		{"@backstage/plugin-catalog-backend", "3.0.0", "backend-plugin", "catalog", snapportal.CatalogMigrations},
		{"@backstage/plugin-auth-backend", "0.25.2", "backend-plugin", "auth", []string{"20200101_auth.js"}},
		{"@backstage/backend-defaults", "0.11.1", "node-library", "", []string{"scheduler/20210928160613_init.js"}},
	} {
		m := map[string]any{"name": pkg.name, "version": pkg.version, "backstage": map[string]any{"role": pkg.role, "pluginId": pkg.id}}
		files := []npmregistry.File{{"package/package.json", fmt.Sprintf(`{"name": %q, "version": %q}`, pkg.name, pkg.version)}, {"package/migrations/README.md", "no migration"}}
		for _, f := range pkg.files {
			files = append(files, npmregistry.File{"package/migrations/" + f, ""})
		}
		r.PublishAs(m, npmregistry.Tarball(files...))
	}
	for i, kv := range p.Environ {
		if kv == "YARN_ENABLE_NETWORK=false" {
			p.Environ[i] = "YARN_NPM_REGISTRY_SERVER=" + r.URL
		}
	}
	p.Environ = append(p.Environ, "YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1", "NO_PROXY=127.0.0.1")
	p.Must("create", "--name", "one")
	for _, d := range p.Newest().Manifest.Databases {
		for _, m := range d.Migrations {
			if m.Package == "" {
				t.Errorf("%s: no package is known for %s", d.Name, m.Table)
			}
		}
	}
	pgtest.Exec(t, p.Cluster, "backstage_plugin_auth", "INSERT INTO knex_migrations (name, batch) VALUES ('20990101_new.js', 2)")
	p.Refused([]string{"create"}, "@backstage/plugin-auth-backend 0.25.2 lacks 20990101_new.js")
}

// Schema mode: one database with a schema for each plugin. Each is copied and
// restored on its own.
func TestSnapshotSchemaMode(t *testing.T) {
	t.Parallel()
	p := newWatchedPortal(t)
	p.Write("app-config.local.yaml", "backend:\n  database:\n    pluginDivisionMode: schema\n    connection:\n      database: backstage\n")
	p.Commit("schema mode")
	p.CreateDatabase("backstage", "CREATE SCHEMA catalog", "CREATE SCHEMA auth", `CREATE SCHEMA "badges"`,
		"CREATE TABLE catalog.entities (id int PRIMARY KEY, ref text)", "INSERT INTO catalog.entities SELECT i, md5(i::text) FROM generate_series(1, 500) i",
		"CREATE TABLE auth.sessions (sid text)", "CREATE TABLE public.other (a int)")
	pgtest.Exec(t, p.Cluster, "backstage", "CREATE EXTENSION pg_trgm")
	pgtest.ExecAs(t, p.App(), "backstage", "CREATE INDEX trgm ON catalog.entities USING gin (ref public.gin_trgm_ops)")
	p.Migrated("backstage", "catalog.knex_migrations", snapportal.CatalogMigrations...)
	p.Migrated("backstage", "auth.knex_migrations", "20200101_auth.js")
	p.Must("create", "--name", "one", "--jobs", "3")
	m := p.Newest().Manifest
	if m.Portal.Mode != "schema" || len(m.Databases) != 3 || m.Databases[0].Title() != "backstage.catalog" || m.Databases[0].SchemaOwner != "backstage" {
		t.Fatalf("%+v", m.Databases)
	}
	if catalog := m.Databases[0]; len(catalog.Tables) != 3 || catalog.Rows != 503 || catalog.Migrations[0].Schema != "catalog" {
		t.Errorf("%+v", catalog)
	}
	out := p.Must("verify", "--rehearse")
	if strings.Count(out, "same") < 3 {
		t.Error(out)
	}
}

// SQLite files are copied while a writer is at work, in WAL mode too, and what
// is in memory only is said.
func TestSnapshotSQLite(t *testing.T) {
	t.Parallel()
	p := newWatchedPortal(t)
	p.Write("app-config.local.yaml", "backend:\n  database:\n    plugin:\n      auth:\n        client: better-sqlite3\n        connection:\n          filename: auth.sqlite\n      badges:\n        client: better-sqlite3\n        connection: ':memory:'\n")
	p.Commit("sqlite")
	path := filepath.Join(p.Root, "packages", "backend", "auth.sqlite")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, s := range []string{"PRAGMA journal_mode = WAL", "CREATE TABLE sessions (sid text)", "CREATE TABLE knex_migrations (id integer not null primary key autoincrement, name varchar(255), batch integer, migration_time datetime)",
		"CREATE TABLE knex_migrations_lock (\"index\" integer not null primary key autoincrement, is_locked integer)", "INSERT INTO knex_migrations_lock (is_locked) VALUES (0)",
		"INSERT INTO knex_migrations (name, batch, migration_time) VALUES ('20200101_auth.js', 1, 1700000000000)", "INSERT INTO sessions VALUES ('one'), ('two')",
		"BEGIN IMMEDIATE", "INSERT INTO sessions VALUES ('not committed')"} {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	p.Refused([]string{"create"}, "memory", "--skip badges")
	// Where auth kept its data before: not a thing to leave out unasked, and
	// --skip auth would leave out the file.
	p.Refused([]string{"create", "--skip", "badges"}, "backstage_plugin_auth", "--skip backstage_plugin_auth")
	if out := p.Must("create", "--name", "one", "--skip", "badges", "--skip", "bagdes", "--skip", "backstage_plugin_auth"); !strings.Contains(out, "bagdes: --skip names it, and there is no such plugin here") {
		t.Errorf("a slip of the pen:\n%s", out)
	}
	var auth *snapshot.Database
	for i, d := range p.Newest().Manifest.Databases {
		if d.Kind == snapshot.KindSQLite {
			auth = &p.Newest().Manifest.Databases[i]
		}
	}
	if auth == nil || auth.Path != path || auth.Rows != 4 || len(auth.Migrations) != 1 || auth.Migrations[0].Rows[0].Time.Unix() != 1700000000 || auth.Migrations[0].Package != "@backstage/plugin-auth-backend" {
		t.Fatalf("%+v", auth)
	}
	if _, err := db.Exec("COMMIT"); err != nil {
		t.Fatal(err)
	}
	out := p.Must("verify", "--rehearse")
	if strings.Count(out, "same") < 2 {
		t.Error(out)
	}
	if left, _ := filepath.Glob(filepath.Join(p.Newest().Dir, ".*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
