package snapshots

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/internal/testkit/snapportal"
	"github.com/portalctl/portalctl/snapshot"
)

// Each way in which a snapshot or the way back would not work is refused, with
// what to do; when it is put right the refusal goes.
func TestSnapshotRefuses(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	dry := []string{"create", "--dry-run"}
	exec := func(database string, statements ...string) { pgtest.Exec(t, p.Cluster, database, statements...) }
	const catalog = "backstage_plugin_catalog"
	for _, step := range []struct {
		name       string
		break_     func()
		texts      []string
		mend       func()
		args       []string
		refusedRun bool // also without --dry-run
	}{
		{name: "migrated past", break_: func() { exec(catalog, "INSERT INTO knex_migrations (name, batch) VALUES ('20990101_new.js', 9)") },
			texts:      []string{"already migrated past the deployed code: @backstage/plugin-catalog-backend 3.0.0 lacks 20990101_new.js", "--deployed"},
			mend:       func() { exec(catalog, "DELETE FROM knex_migrations WHERE batch = 9") },
			refusedRun: true},
		{name: "the checkout is the upgrade", break_: func() { p.Install("plugin-auth-backend", "0.25.2", "backend-plugin", "auth", "20250101_more.js") },
			texts: []string{"brings 1 migrations that did not run here, 20250101_more.js first", "HEAD seems to be the upgrade already"},
			mend:  func() { remove(t, p.Root+"/node_modules/@backstage/plugin-auth-backend/migrations/20250101_more.js") }},
		{name: "migrations of nobody", break_: func() { exec(catalog, "UPDATE knex_migrations SET name = 'odd' || id::text") },
			texts: []string{"no package of the deployed commit brings these migrations"},
			mend: func() {
				exec(catalog, "DELETE FROM knex_migrations")
				for _, m := range snapportal.CatalogMigrations {
					exec(catalog, "INSERT INTO knex_migrations (name, batch) VALUES ('"+m+"', 1)")
				}
			}},
		{name: "packages not at hand", break_: func() { p.Install("plugin-auth-backend", "0.1.0", "backend-plugin", "auth") },
			texts: []string{"@backstage/plugin-auth-backend 0.25.2 is not installed, and the registry did not help"},
			mend:  func() { p.Install("plugin-auth-backend", "0.25.2", "backend-plugin", "auth") }},
		{name: "locked migrations", break_: func() { exec(catalog, "UPDATE knex_migrations_lock SET is_locked = 1") },
			texts: []string{"a migration holds the lock of public.knex_migrations", `UPDATE "public"."knex_migrations_lock" SET is_locked = 0`},
			mend:  func() { exec(catalog, "UPDATE knex_migrations_lock SET is_locked = 0") }},
		{name: "invalid index", break_: func() { exec(catalog, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'refs'::regclass") },
			texts: []string{"INVALID index public.refs", "DROP INDEX"},
			mend:  func() { exec(catalog, "UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'refs'::regclass") }},
		{name: "unreadable table", break_: func() { exec(catalog, "CREATE TABLE hidden (a int)") },
			texts: []string{"the user may not read public.hidden", "--dsn"},
			mend:  func() { exec(catalog, "DROP TABLE hidden") }},
		{name: "row-level security", break_: func() {
			exec(catalog, "ALTER TABLE entities ENABLE ROW LEVEL SECURITY", "ALTER TABLE entities FORCE ROW LEVEL SECURITY")
		},
			texts: []string{"row-level security hides rows of public.entities"},
			mend: func() {
				exec(catalog, "ALTER TABLE entities DISABLE ROW LEVEL SECURITY", "ALTER TABLE entities NO FORCE ROW LEVEL SECURITY")
			}},
		{name: "large objects", break_: func() { exec(catalog, "SELECT lo_from_bytea(4711, 'x')") },
			texts: []string{"1 of 1 large objects may not be read"},
			mend:  func() { exec(catalog, "SELECT lo_unlink(4711)") }},
		{name: "no right to create", break_: func() { exec(catalog, "ALTER ROLE backstage NOCREATEDB") },
			texts: []string{"a restore would not work: backstage may not create databases", "--admin-dsn"},
			mend:  func() { exec(catalog, "ALTER ROLE backstage CREATEDB") }},
		{name: "not the owner", break_: func() {
			exec(catalog, "CREATE ROLE dba", "ALTER DATABASE backstage_plugin_auth OWNER TO dba")
		},
			texts: []string{"backstage is not a member of the owner dba, and may not rename the database"},
			mend:  func() { exec(catalog, "ALTER DATABASE backstage_plugin_auth OWNER TO backstage") }},
		{name: "a database that is gone", break_: func() { exec(catalog, "ALTER DATABASE backstage_plugin_auth RENAME TO elsewhere") },
			texts:      []string{"backstage_plugin_auth: it does not exist, but auth keeps its data there", "--skip auth"},
			mend:       func() { exec(catalog, "ALTER DATABASE elsewhere RENAME TO backstage_plugin_auth") },
			refusedRun: true},
		{name: "an extension", break_: func() { exec(catalog, "CREATE EXTENSION file_fdw") },
			texts: []string{"backstage may not create the extension file_fdw"},
			mend:  func() { exec(catalog, "DROP EXTENSION file_fdw") }},
		{name: "unsupported client", break_: func() {
			p.Write("app-config.local.yaml", "backend:\n  database:\n    plugin:\n      auth:\n        client: mysql2\n")
		},
			texts: []string{"MySQL", "--skip auth"},
			mend:  func() { remove(t, p.Root+"/app-config.local.yaml") }},
		{name: "no such server", break_: func() { p.Config("127.0.0.1", 1) }, texts: []string{"cannot connect", "127.0.0.1:1", "the work tree differs"},
			mend: func() { p.Config("127.0.0.1", p.Cluster.Port); p.Commit("back") }},
		{name: "in the work tree", texts: []string{"in a work tree and not ignored"}, args: []string{"create", "--dry-run", "--dir", filepath.Join(p.Root, "backups")}},
		{name: "no programs", break_: func() { p.Environ = append(p.Environ, "PORTALCTL_PG_BIN="+t.TempDir()) }, texts: []string{"no pg_dump, pg_restore, pg_dumpall in"},
			mend: func() { p.Environ = p.Environ[:len(p.Environ)-1] }},
	} {
		t.Run(step.name, func(t *testing.T) {
			p.T = t
			if step.break_ != nil {
				step.break_()
			}
			args := dry
			if step.args != nil {
				args = step.args
			}
			if step.name == "no such server" {
				p.Refused(args, step.texts[2]) // app-config is tracked, and changed
				p.Commit("another server")
				p.Refused(args, step.texts[:2]...)
			} else if step.args != nil {
				streamsRefused(t, p, args, step.texts[0])
			} else {
				p.Refused(args, step.texts...)
			}
			if step.refusedRun {
				p.Refused([]string{"create"}, "no snapshot was taken")
			}
			if step.mend != nil {
				step.mend()
			}
		})
	}
	p.T = t
	p.Must(dry...)

	// What the portal's user may not do, an administrator may.
	exec(catalog, "ALTER ROLE backstage NOCREATEDB", "CREATE EXTENSION file_fdw")
	p.Must("create", "--dry-run", "--admin-dsn", p.Cluster.Target().DSN())
	exec(catalog, "ALTER ROLE backstage CREATEDB", "DROP EXTENSION file_fdw")

	p.Must("create", "--dry-run", "--dir", filepath.Join(p.Root, "ignored", "snapshots"))
	p.Refused([]string{"create", "--dsn", "postgres://u:hunter2@127.0.0.1/x"}, "--dsn holds a password")
	p.Refused([]string{"create", "stray"}, "unexpected argument")
	p.Refused([]string{"create", "--name", "../up"}, "is not a valid name for a snapshot")
	p.Must("create", "--name", "twice")
	p.Refused([]string{"create", "--name", "twice"}, "there is a snapshot twice already")
}

// streamsRefused is refused with another --dir, which comes last and wins.
func streamsRefused(t *testing.T, p *snapPortal, args []string, text string) {
	t.Helper()
	dir := p.Dir
	for i, a := range args {
		if a == "--dir" {
			p.Dir = args[i+1]
		}
	}
	p.Refused(args[:2], text)
	if _, err := os.Stat(p.Dir); err == nil {
		t.Errorf("%s was made", p.Dir)
	}
	p.Dir = dir
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

// The checkout is the upgrade, the databases are not: --deployed names the
// commit that runs on them.
func TestSnapshotDeployed(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	old := p.Head
	lock, err := os.ReadFile(filepath.Join(p.Root, "yarn.lock"))
	if err != nil {
		t.Fatal(err)
	}
	p.Write("yarn.lock", strings.ReplaceAll(string(lock), "0.25.2", "0.30.0"))
	p.Write("backstage.json", `{"version": "1.55.0"}`)
	p.Write("plugins/badges-backend/migrations/20260101_new.js", "")
	p.Refused([]string{"create"}, "the work tree differs from HEAD in backstage.json, yarn.lock", "--deployed")
	p.Commit("the upgrade")
	p.Refused([]string{"create"}, "@internal/plugin-badges-backend of this portal brings 1 migrations that did not run here")
	p.Refused([]string{"create", "--deployed", "nowhere"}, `git knows no commit "nowhere"`)
	p.Must("create", "--deployed", old[:10], "--image", "sha256:1234")
	d := p.Newest().Manifest.Deployed
	if d.Commit != old || d.How != snapshot.Named || d.Release != "1.41.0" || d.Image != "sha256:1234" || d.Files["yarn.lock"] != snapshot.SHA256(lock) {
		t.Errorf("%+v", d)
	}
}

// Without a lock nothing says what runs: that is one refusal, not one for each
// table, and only a note for who has named the commit.
func TestSnapshotWithoutLock(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	old := p.Head
	if err := os.Remove(filepath.Join(p.Root, "yarn.lock")); err != nil {
		t.Fatal(err)
	}
	p.Commit("no lock")
	p.Refused([]string{"create"}, "no snapshot was taken: HEAD has no yarn.lock, so what is deployed is not known\nnext: Commit the yarn.lock")
	out := p.Must("create", "--deployed", "HEAD")
	if want := "note: HEAD has no yarn.lock, so which migrations it brings is not known"; !strings.Contains(out, want) {
		t.Errorf("%s lacks %q", out, want)
	}
	p.Must("create", "--deployed", old, "--name", "with-lock")
}

func TestSnapshotLockedTable(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	conn := pgtest.Connect(t, p.App(), "backstage_plugin_catalog")
	defer conn.Close(context.Background())
	for _, sql := range []string{"SET application_name = 'the-migration'", "BEGIN", "LOCK TABLE entities IN ACCESS EXCLUSIVE MODE"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	// The lock is held until the test ends: who waits for it never refuses.
	p.Refused([]string{"create"}, "another session has locked entities (process", "the-migration")
}

// A server behind a pooler says another process id than the connection has.
func TestSnapshotPooler(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	port := pooler(t, p.Cluster.Port)
	p.Config("127.0.0.1", port)
	p.Commit("through the pooler")
	p.Refused([]string{"create"}, "a connection pooler stands between", "--dsn")
}

func TestSnapshotSpace(t *testing.T) {
	if s := snapshot.Bytes(1536); s != "1 kB" {
		t.Error(s)
	}
}
