// Package dbportal is a small portal with databases, for tests of the way back
// from an upgrade: on a PostgreSQL server of its own (Portal) or in SQLite files
// (Files). It makes its own snapshot, and knows nothing of package rollback.
package dbportal

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/snapshot"
)

// Portal is a small portal on a server of its own: databases (or schemas) of
// four plugins with knex's tables, before an upgrade that migrates two of them,
// auth and catalog.
type Portal struct {
	T       testing.TB
	Cluster *pg.Cluster
	// App is what the portal logs in as, Admin a superuser with a password.
	App, Admin pg.Target
	Schemas    bool
	prefix     string
	// Crashes says that the server will not only be stopped.
	Crashes bool
	// Before is what a point of a chain tells the next of how the databases of auth
	// and catalog were before the upgrade; nil at first.
	Before map[string]string
	// Dir is the snapshot's folder, Manifest what was taken.
	Dir      string
	Manifest *snapshot.Manifest
}

// Plugins are those that have data.
var Plugins = []string{"auth", "catalog", "scaffolder", "search"}

// Rows are the rows of each plugin's data.
const Rows = 800

// The passwords of App and Admin, which no output may show.
const AppPassword, AdminPassword = `Planted:App\Secret`, "Planted-Admin-Secret"

// Prefix begins the names of a portal's databases if a test wants no other.
const Prefix = "backstage_plugin_"

// What the names of databases and schemas end with, before the time: the copy that
// is not in use yet, and the failed state that is kept.
const BesideSuffix, FailedSuffix = "__restoring_", "__failed_"

// serverSettings are as servers are set up: what was committed survives a crash
// of the server. ANALYZE may take a small sample, also of the catalogs.
var serverSettings = map[string]string{"wal_level": "replica", "synchronous_commit": "on", "default_statistics_target": "1"}

// portalTemplate is a portal that was made, and its snapshot taken, once.
type portalTemplate struct {
	*pgtest.Template
	manifest []byte
	dumps    string
}

var templates = map[bool]*portalTemplate{false: newTemplate(false), true: newTemplate(true)}

func newTemplate(schemas bool) *portalTemplate {
	m := &portalTemplate{}
	m.Template = pgtest.NewTemplate(serverSettings, func(t testing.TB, c *pg.Cluster) {
		var err error
		m.dumps = filepath.Join(c.Dir, "snap") // goes with the cluster
		p := portalOn(t, c, schemas, Prefix)
		p.Dir = m.dumps
		p.fill()
		if m.manifest, err = json.Marshal(p.Take()); err != nil {
			t.Fatal(err)
		}
	})
	return m
}

// New is a portal that nothing was dumped of.
func New(t testing.TB, schemas bool) *Portal {
	t.Helper()
	return portalOn(t, templates[schemas].Start(t), schemas, Prefix)
}

// Taken is a portal with a snapshot.
func Taken(t testing.TB, schemas bool) *Portal {
	t.Helper()
	p := New(t, schemas)
	m := templates[schemas]
	p.Manifest = &snapshot.Manifest{}
	if err := errors.Join(json.Unmarshal(m.manifest, p.Manifest), os.CopyFS(p.Dir, os.DirFS(m.dumps))); err != nil {
		t.Fatal(err)
	}
	// All but the port is the template's.
	server := &p.Manifest.Servers[0]
	server.ID, server.Port = p.App.Address(), p.App.Port
	for i := range p.Manifest.Databases {
		p.Manifest.Databases[i].Server = server.ID
	}
	return p
}

// Named is New with a database a plugin, whose names begin with prefix.
func Named(t testing.TB, prefix string) *Portal {
	t.Helper()
	p := portalOn(t, pgtest.Start(t, serverSettings), false, prefix)
	p.fill()
	return p
}

// With is New on a server with more settings, with a database a plugin.
func With(t testing.TB, settings map[string]string) *Portal {
	t.Helper()
	all := maps.Clone(serverSettings)
	maps.Copy(all, settings)
	p := portalOn(t, pgtest.Start(t, all), false, Prefix)
	p.fill()
	return p
}

func portalOn(t testing.TB, c *pg.Cluster, schemas bool, prefix string) *Portal {
	t.Helper()
	return &Portal{T: t, prefix: prefix, Cluster: c, App: pgtest.TCP(c, "backstage", AppPassword), Admin: pgtest.TCP(c, "boss", AdminPassword), Schemas: schemas, Dir: filepath.Join(t.TempDir(), "snap")}
}

// fill makes the roles and databases.
func (p *Portal) fill() {
	t, c, schemas := p.T, p.Cluster, p.Schemas
	t.Helper()
	pgtest.Exec(t, c, "postgres",
		"CREATE ROLE backstage LOGIN CREATEDB PASSWORD "+pg.Literal(pgtest.Password(t, AppPassword)),
		"CREATE ROLE boss LOGIN SUPERUSER PASSWORD "+pg.Literal(pgtest.Password(t, AdminPassword)),
		"CREATE ROLE reader", `CREATE ROLE "team A"`, `GRANT "team A" TO backstage`)
	if schemas {
		pgtest.Exec(t, c, "postgres", "CREATE DATABASE backstage OWNER backstage")
	}
	for _, id := range Plugins {
		db, schema := p.Place(id)
		if schemas {
			pgtest.ExecAs(t, p.App, db, "CREATE SCHEMA "+pg.Ident(schema))
		} else {
			owner := "backstage"
			if id == "auth" {
				owner = "team A"
			}
			pgtest.Exec(t, c, "postgres", fmt.Sprintf("CREATE DATABASE %s OWNER %s", pg.Ident(db), pg.Ident(owner)))
		}
		pgtest.ExecAs(t, p.App, db, "SET search_path = "+pg.Ident(schema)+`;
			CREATE TABLE knex_migrations (id serial PRIMARY KEY, name varchar(255), batch int, migration_time timestamptz);
			CREATE TABLE knex_migrations_lock (index serial PRIMARY KEY, is_locked int);
			INSERT INTO knex_migrations_lock (is_locked) VALUES (0);
			INSERT INTO knex_migrations (name, batch, migration_time) SELECT format('2024%s_init.js', i), 1, now() FROM generate_series(1, 3) i;
			CREATE TABLE things (id bigserial PRIMARY KEY, kind varchar(20) CHECK (kind IN ('a', 'b')), body text NOT NULL);
			CREATE INDEX things_body ON things (md5(body));
			INSERT INTO things (kind, body) SELECT 'a', repeat(md5(i::text), 8) FROM generate_series(1, `+strconv.Itoa(Rows)+`) i`)
	}
	if !schemas {
		catalog, _ := p.Place("catalog")
		name := pg.Ident(catalog)
		pgtest.Exec(t, c, catalog,
			"CREATE EXTENSION hstore", "GRANT SELECT ON things TO reader",
			"GRANT CONNECT ON DATABASE "+name+" TO reader", "REVOKE CONNECT ON DATABASE "+name+" FROM PUBLIC",
			"ALTER DATABASE "+name+" SET work_mem = '12MB'",
			`ALTER DATABASE `+name+` SET search_path = "$user", public, "odd, name"`,
			"ALTER ROLE reader IN DATABASE "+name+" SET statement_timeout = '5s'",
			"ALTER DATABASE "+name+" CONNECTION LIMIT 40",
			"COMMENT ON DATABASE "+name+" IS 'the catalog''s'")
	} else {
		pgtest.ExecAs(t, p.App, "backstage", "GRANT USAGE ON SCHEMA catalog TO reader", "GRANT SELECT ON catalog.things TO reader")
	}
}

// Place is where a plugin's data is.
func (p *Portal) Place(id string) (database, schema string) {
	if p.Schemas {
		return "backstage", id
	}
	return p.prefix + id, "public"
}

// Upgrade is the first boot of the new release: it migrates auth and catalog,
// and users write rows everywhere.
func (p *Portal) Upgrade() {
	p.T.Helper()
	for _, id := range Plugins {
		db, schema := p.Place(id)
		sql := "SET search_path = " + pg.Ident(schema) + "; INSERT INTO things (kind, body) SELECT 'b', 'after' FROM generate_series(1, 7);"
		if id == "auth" || id == "catalog" {
			sql += `ALTER TABLE things DROP COLUMN kind; CREATE TABLE offline (id int);
				INSERT INTO knex_migrations (name, batch, migration_time) VALUES ('2026_new.js', 2, now())`
		}
		pgtest.ExecAs(p.T, p.App, db, sql)
	}
}

// Migrate is a boot that migrates one plugin's database and no other.
func (p *Portal) Migrate(id string) {
	p.T.Helper()
	db, schema := p.Place(id)
	pgtest.ExecAs(p.T, p.App, db, "INSERT INTO "+pg.Ident(schema)+".knex_migrations (name, batch, migration_time) VALUES ('2026_late.js', 3, now())")
}
