package rollback

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/zstd"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/snapshot"
)

// portal is a small portal on a server of its own: databases (or schemas) of
// four plugins with knex's tables, before an upgrade that migrates two of them.
type portal struct {
	t       testing.TB
	cluster *pg.Cluster
	// app is what the portal logs in as, admin a superuser with a password.
	app, admin pg.Target
	schemas    bool
	prefix     string
	// untouched says that the last point left the portal upgraded; before it was before.
	untouched bool
	before    map[string]string
	// crashes says that the server will not only be stopped.
	crashes  bool
	dir      string
	manifest *snapshot.Manifest
}

var portalPlugins = []string{"auth", "catalog", "scaffolder", "search"}

// portalRows are the rows of each plugin's data.
const portalRows = 800

const appPassword, adminPassword = `Planted:App\Secret`, "Planted-Admin-Secret"

const defaultPrefix = "backstage_plugin_"

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
		p := portalOn(t, c, schemas, defaultPrefix)
		p.dir = m.dumps
		p.fill()
		if m.manifest, err = json.Marshal(p.take()); err != nil {
			t.Fatal(err)
		}
	})
	return m
}

// newPortal is a portal that nothing was dumped of.
func newPortal(t testing.TB, schemas bool) *portal {
	t.Helper()
	return portalOn(t, templates[schemas].Start(t), schemas, defaultPrefix)
}

// newTakenPortal is a portal with a snapshot.
func newTakenPortal(t testing.TB, schemas bool) *portal {
	t.Helper()
	p := newPortal(t, schemas)
	m := templates[schemas]
	p.manifest = &snapshot.Manifest{}
	if err := errors.Join(json.Unmarshal(m.manifest, p.manifest), os.CopyFS(p.dir, os.DirFS(m.dumps))); err != nil {
		t.Fatal(err)
	}
	// All but the port is the template's.
	server := &p.manifest.Servers[0]
	server.ID, server.Port = p.app.Address(), p.app.Port
	for i := range p.manifest.Databases {
		p.manifest.Databases[i].Server = server.ID
	}
	return p
}

// chains are portals for a test of many points. Each point takes one, alone, and
// gives back what it left: the next point starts from there.
type chains struct{ portals chan *portal }

// several is how many chains a test has.
const several = 3

func newChains(schemas bool) *chains {
	c := &chains{make(chan *portal, several)}
	for range several {
		c.portals <- &portal{schemas: schemas}
	}
	return c
}

// take makes the portal when it is first wanted. t is the whole test, which the
// portal's server lives for, sub the point's.
func (c *chains) take(t, sub testing.TB) *portal {
	sub.Helper()
	p := <-c.portals
	sub.Cleanup(func() { c.portals <- p })
	if p.cluster == nil {
		p = newTakenPortal(t, p.schemas)
	}
	p.t = sub
	return p
}

func newPortalNamed(t testing.TB, schemas bool, prefix string) *portal {
	t.Helper()
	p := portalOn(t, pgtest.Start(t, serverSettings), schemas, prefix)
	p.fill()
	return p
}

// newPortalWith is newPortal on a server with more settings.
func newPortalWith(t testing.TB, schemas bool, settings map[string]string) *portal {
	t.Helper()
	if settings == nil {
		return newPortal(t, schemas)
	}
	all := maps.Clone(serverSettings)
	maps.Copy(all, settings)
	p := portalOn(t, pgtest.Start(t, all), schemas, defaultPrefix)
	p.fill()
	return p
}

func portalOn(t testing.TB, c *pg.Cluster, schemas bool, prefix string) *portal {
	t.Helper()
	return &portal{t: t, prefix: prefix, cluster: c, app: pgtest.TCP(c, "backstage", appPassword), admin: pgtest.TCP(c, "boss", adminPassword), schemas: schemas, dir: filepath.Join(t.TempDir(), "snap")}
}

// fill makes the roles and databases.
func (p *portal) fill() {
	t, c, schemas := p.t, p.cluster, p.schemas
	t.Helper()
	pgtest.Exec(t, c, "postgres",
		"CREATE ROLE backstage LOGIN CREATEDB PASSWORD "+literal(pgtest.Password(t, appPassword)),
		"CREATE ROLE boss LOGIN SUPERUSER PASSWORD "+literal(pgtest.Password(t, adminPassword)),
		"CREATE ROLE reader", `CREATE ROLE "team A"`, `GRANT "team A" TO backstage`)
	if schemas {
		pgtest.Exec(t, c, "postgres", "CREATE DATABASE backstage OWNER backstage")
	}
	for _, id := range portalPlugins {
		db, schema := p.place(id)
		if schemas {
			pgtest.ExecAs(t, p.app, db, "CREATE SCHEMA "+ident(schema))
		} else {
			owner := "backstage"
			if id == "auth" {
				owner = "team A"
			}
			pgtest.Exec(t, c, "postgres", fmt.Sprintf("CREATE DATABASE %s OWNER %s", ident(db), ident(owner)))
		}
		pgtest.ExecAs(t, p.app, db, "SET search_path = "+ident(schema)+`;
			CREATE TABLE knex_migrations (id serial PRIMARY KEY, name varchar(255), batch int, migration_time timestamptz);
			CREATE TABLE knex_migrations_lock (index serial PRIMARY KEY, is_locked int);
			INSERT INTO knex_migrations_lock (is_locked) VALUES (0);
			INSERT INTO knex_migrations (name, batch, migration_time) SELECT format('2024%s_init.js', i), 1, now() FROM generate_series(1, 3) i;
			CREATE TABLE things (id bigserial PRIMARY KEY, kind varchar(20) CHECK (kind IN ('a', 'b')), body text NOT NULL);
			CREATE INDEX things_body ON things (md5(body));
			INSERT INTO things (kind, body) SELECT 'a', repeat(md5(i::text), 8) FROM generate_series(1, `+strconv.Itoa(portalRows)+`) i`)
	}
	if !schemas {
		catalog, _ := p.place("catalog")
		name := ident(catalog)
		pgtest.Exec(t, c, catalog,
			"CREATE EXTENSION hstore", "GRANT SELECT ON things TO reader",
			"GRANT CONNECT ON DATABASE "+name+" TO reader", "REVOKE CONNECT ON DATABASE "+name+" FROM PUBLIC",
			"ALTER DATABASE "+name+" SET work_mem = '12MB'",
			`ALTER DATABASE `+name+` SET search_path = "$user", public, "odd, name"`,
			"ALTER ROLE reader IN DATABASE "+name+" SET statement_timeout = '5s'",
			"ALTER DATABASE "+name+" CONNECTION LIMIT 40",
			"COMMENT ON DATABASE "+name+" IS 'the catalog''s'")
	} else {
		pgtest.ExecAs(t, p.app, "backstage", "GRANT USAGE ON SCHEMA catalog TO reader", "GRANT SELECT ON catalog.things TO reader")
	}
}

// place is where a plugin's data is.
func (p *portal) place(id string) (database, schema string) {
	if p.schemas {
		return "backstage", id
	}
	return p.prefix + id, "public"
}

// upgrade is the first boot of the new release: it migrates auth and catalog,
// and users write rows everywhere.
func (p *portal) upgrade() {
	p.t.Helper()
	for _, id := range portalPlugins {
		db, schema := p.place(id)
		sql := "SET search_path = " + ident(schema) + "; INSERT INTO things (kind, body) SELECT 'b', 'after' FROM generate_series(1, 7);"
		if id == "auth" || id == "catalog" {
			sql += `ALTER TABLE things DROP COLUMN kind; CREATE TABLE offline (id int);
				INSERT INTO knex_migrations (name, batch, migration_time) VALUES ('2026_new.js', 2, now())`
		}
		pgtest.ExecAs(p.t, p.app, db, sql)
	}
}

// state is all that a rollback must bring back, as text.
func (p *portal) state(id string) string {
	p.t.Helper()
	return p.states(id)[id]
}

// states are the states of plugins, of all when none is named.
func (p *portal) states(ids ...string) map[string]string {
	p.t.Helper()
	if len(ids) == 0 {
		ids = portalPlugins
	}
	ctx := context.Background()
	var conn *pgx.Conn
	connected := ""
	out := map[string]string{}
	for _, id := range ids {
		db, schema := p.place(id)
		if connected != db {
			if conn != nil {
				_ = conn.Close(ctx)
			}
			conn, connected = pgtest.Connect(p.t, p.cluster.Target(), db), db
		}
		var text string
		if err := conn.QueryRow(ctx, p.stateQuery(db, schema), pgx.QueryExecModeSimpleProtocol).Scan(&text); err != nil {
			p.t.Fatalf("the state of %s: %v", id, err)
		}
		out[id] = text
	}
	_ = conn.Close(ctx)
	return out
}

// stateQuery is one query, as a connection with ten costs more than what they read.
func (p *portal) stateQuery(db, schema string) string {
	var parts []string
	one := func(what, value string) { // fails when it is NULL
		parts = append(parts, literal(what+": ")+" || ("+value+") || E'\\n'")
	}
	list := func(what, value, rest string) {
		one(what, "SELECT coalesce(string_agg("+value+", ' | ' ORDER BY "+value+"), '') FROM "+rest)
	}
	name, of := literal(db), ident(schema)+"."
	one("things", "SELECT count(*) || ' ' || sum(hashtextextended(t::text, 0)) FROM "+of+"things t")
	one("migrations", "SELECT coalesce(string_agg(name, ' | ' ORDER BY id), '') FROM "+of+"knex_migrations")
	if p.crashes {
		// A server that crashes skips up to 32 values of a sequence.
		one("sequence", "SELECT (last_value >= (SELECT max(id) FROM "+of+"things))::text FROM "+of+"things_id_seq")
	} else {
		one("sequence", "SELECT last_value::text FROM "+of+"things_id_seq")
	}
	list("tables", "relname || ' ' || pg_get_userbyid(relowner) || coalesce(relacl::text, '')", "pg_class WHERE relnamespace = "+literal(ident(schema))+"::regnamespace AND relkind = 'r'")
	one("schema", "SELECT pg_get_userbyid(nspowner) || coalesce(nspacl::text, '') FROM pg_namespace WHERE nspname = "+literal(schema))
	one("analyzed", "SELECT (reltuples > 0)::text FROM pg_class WHERE oid = "+literal(of+"things")+"::regclass")
	if !p.schemas {
		one("database", `SELECT pg_get_userbyid(datdba) || ' ' || coalesce(datacl::text, 'default') || ' ' || datconnlimit || ' ' || datallowconn || ' ' || encoding || datcollate || datctype
			FROM pg_database WHERE datname = `+name)
		one("comment", "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = "+name)
		list("settings", "setrole::regrole::text || setconfig::text", "pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE datname = "+name)
		list("extensions", "extname || extversion", "pg_extension")
	}
	return "SELECT " + strings.Join(parts, " || ")
}

// databases are the names of all databases that are not templates.
func (p *portal) databases() []string {
	p.t.Helper()
	return strings.Fields(pgtest.Value(p.t, p.cluster, "postgres", "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE NOT datistemplate"))
}

// take makes a snapshot as snapshot.Create does, without its checks.
func (p *portal) take() *snapshot.Manifest {
	p.t.Helper()
	for _, id := range portalPlugins {
		db, _ := p.place(id)
		pgtest.Exec(p.t, p.cluster, db, "ANALYZE")
	}
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		p.t.Fatal(err)
	}
	server := snapshot.Server{ID: p.app.Address(), Host: p.app.Host, Port: p.app.Port, User: "backstage", SSLMode: "disable", PasswordVariable: "POSTGRES_PASSWORD",
		VersionNum: p.cluster.Tools.Major * 10000, SystemIdentifier: pgtest.Value(p.t, p.cluster, "postgres", "SELECT system_identifier FROM pg_control_system()")}
	m := &snapshot.Manifest{Schema: snapshot.Schema, Name: "example-1.41.0", Created: time.Now(), Servers: []snapshot.Server{server},
		Deployed: snapshot.Deployed{Commit: "0123456789abcdef0123456789abcdef01234567", Release: "1.41.0"}}
	for _, id := range portalPlugins {
		m.Databases = append(m.Databases, p.dump(id, server.ID))
	}
	p.manifest = m
	return m
}

func (p *portal) dump(id, server string) snapshot.Database {
	p.t.Helper()
	db, schema := p.place(id)
	d := snapshot.Database{Kind: snapshot.KindPostgres, Server: server, Name: db, Plugins: []string{id}}
	args := []string{"-Fc", "-Z0", "-d", conninfo(db)}
	if p.schemas {
		d.Schema = schema
		args = append(args, "-n", ident(schema))
	}
	var raw, stored bytes.Buffer
	var private pg.Private
	defer private.Close()
	access, err := private.Access(p.admin)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := pg.Run(p.t.Context(), pg.Command{Path: p.cluster.Tools.Path("pg_dump"), Args: args, Access: access, Stdout: &raw}); err != nil {
		p.t.Fatal(err)
	}
	w, _ := zstd.NewWriter(&stored)
	_, _ = raw.WriteTo(w)
	_ = w.Close()
	sum := sha256.Sum256(stored.Bytes())
	d.Dump = snapshot.File{Name: id + ".dump.zst", Size: int64(stored.Len()), SHA256: hex.EncodeToString(sum[:]), Seconds: 0.5}
	if err := os.WriteFile(filepath.Join(p.dir, d.Dump.Name), stored.Bytes(), 0o600); err != nil {
		p.t.Fatal(err)
	}

	ctx := p.t.Context()
	conn := pgtest.Connect(p.t, p.admin, db)
	defer conn.Close(context.Background())
	must := func(err error) {
		p.t.Helper()
		if err != nil {
			p.t.Fatal(err)
		}
	}
	only := ""
	if p.schemas {
		only = schema
		must(conn.QueryRow(ctx, "SELECT pg_get_userbyid(nspowner)::text, nspacl::text[] FROM pg_namespace WHERE nspname = $1", schema).Scan(&d.SchemaOwner, &d.SchemaACL))
	}
	counts, err := liveRows(ctx, conn, only)
	must(err)
	for name, n := range counts {
		s, table, _ := strings.Cut(name, ".")
		d.Tables = append(d.Tables, snapshot.Table{Schema: s, Name: table, Rows: n})
		d.Rows += n
	}
	slices.SortFunc(d.Tables, func(a, b snapshot.Table) int { return strings.Compare(a.Name, b.Name) })
	now, err := liveMigrations(ctx, conn, only)
	must(err)
	for _, m := range now {
		one := snapshot.Migration{Schema: m.schema, Table: m.table}
		for i, name := range m.names {
			one.Rows = append(one.Rows, snapshot.MigrationRow{ID: int64(i + 1), Name: name, Batch: 1})
		}
		d.Migrations = append(d.Migrations, one)
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{})
	must(err)
	var schemas []string
	if p.schemas {
		schemas = []string{schema}
	}
	d.SchemaHash, err = snapshot.SchemaHash(ctx, tx, schemas)
	must(err)
	must(tx.Rollback(ctx))
	if !p.schemas {
		d.Properties = &snapshot.Properties{}
		x := d.Properties
		var comment *string
		must(conn.QueryRow(ctx, `SELECT oid, pg_database_size(oid), pg_get_userbyid(datdba)::text, datacl::text[], datconnlimit, pg_encoding_to_char(encoding)::text, datcollate::text, datctype::text,
			shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()`).
			Scan(&d.OID, &d.Size, &x.Owner, &x.ACL, &x.ConnectionLimit, &x.Encoding, &x.Collate, &x.CType, &comment))
		if comment != nil {
			x.Comment = *comment
		}
		rows, err := conn.Query(ctx, `SELECT CASE WHEN setrole = 0 THEN '' ELSE pg_get_userbyid(setrole)::text END, split_part(c, '=', 1), substr(c, strpos(c, '=') + 1)
			FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(setconfig) c WHERE datname = current_database()`)
		must(err)
		x.Settings, err = pgx.CollectRows(rows, pgx.RowToStructByPos[snapshot.Setting])
		must(err)
	} else {
		must(conn.QueryRow(ctx, "SELECT oid FROM pg_database WHERE datname = current_database()").Scan(&d.OID))
	}
	return d
}

// plan is the plan for the portal as it is now.
func (p *portal) plan(only ...string) *Plan {
	p.t.Helper()
	plan, err := New(p.manifest, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := plan.Look(p.t.Context(), []pg.Target{p.admin}, only); err != nil {
		p.t.Fatal(err)
	}
	return plan
}

func (p *portal) options() Options {
	return Options{Dir: p.dir, Connections: []pg.Target{p.admin}, Began: time.Now()}
}
