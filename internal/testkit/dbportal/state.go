package dbportal

import (
	"context"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// State is all that a rollback must bring back, as text.
func (p *Portal) State(id string) string {
	p.T.Helper()
	return p.States(id)[id]
}

// States are the states of plugins, of all when none is named.
func (p *Portal) States(ids ...string) map[string]string {
	p.T.Helper()
	if len(ids) == 0 {
		ids = Plugins
	}
	ctx := context.Background()
	var conn *pgx.Conn
	connected := ""
	out := map[string]string{}
	for _, id := range ids {
		db, schema := p.Place(id)
		if connected != db {
			if conn != nil {
				_ = conn.Close(ctx)
			}
			conn, connected = pgtest.Connect(p.T, p.Cluster.Target(), db), db
		}
		var text string
		if err := conn.QueryRow(ctx, p.stateQuery(db, schema), pgx.QueryExecModeSimpleProtocol).Scan(&text); err != nil {
			p.T.Fatalf("the state of %s: %v", id, err)
		}
		out[id] = text
	}
	_ = conn.Close(ctx)
	return out
}

// stateQuery is one query, as a connection with ten costs more than what they read.
func (p *Portal) stateQuery(db, schema string) string {
	var parts []string
	one := func(what, value string) { // fails when it is NULL
		parts = append(parts, pg.Literal(what+": ")+" || ("+value+") || E'\\n'")
	}
	list := func(what, value, rest string) {
		one(what, "SELECT coalesce(string_agg("+value+", ' | ' ORDER BY "+value+"), '') FROM "+rest)
	}
	name, of := pg.Literal(db), pg.Ident(schema)+"."
	one("things", "SELECT count(*) || ' ' || sum(hashtextextended(t::text, 0)) FROM "+of+"things t")
	one("migrations", "SELECT coalesce(string_agg(name, ' | ' ORDER BY id), '') FROM "+of+"knex_migrations")
	if p.Crashes {
		// A server that crashes skips up to 32 values of a sequence.
		one("sequence", "SELECT (last_value >= (SELECT max(id) FROM "+of+"things))::text FROM "+of+"things_id_seq")
	} else {
		one("sequence", "SELECT last_value::text FROM "+of+"things_id_seq")
	}
	list("tables", "relname || ' ' || pg_get_userbyid(relowner) || coalesce(relacl::text, '')", "pg_class WHERE relnamespace = "+pg.Literal(pg.Ident(schema))+"::regnamespace AND relkind = 'r'")
	one("schema", "SELECT pg_get_userbyid(nspowner) || coalesce(nspacl::text, '') FROM pg_namespace WHERE nspname = "+pg.Literal(schema))
	one("analyzed", "SELECT (reltuples > 0)::text FROM pg_class WHERE oid = "+pg.Literal(of+"things")+"::regclass")
	if !p.Schemas {
		one("database", `SELECT pg_get_userbyid(datdba) || ' ' || coalesce(datacl::text, 'default') || ' ' || datconnlimit || ' ' || datallowconn || ' ' || encoding || datcollate || datctype
			FROM pg_database WHERE datname = `+name)
		one("comment", "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = "+name)
		list("settings", "setrole::regrole::text || setconfig::text", "pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE datname = "+name)
		list("extensions", "extname || extversion", "pg_extension")
	}
	return "SELECT " + strings.Join(parts, " || ")
}

// Databases are the names of all databases that are not templates.
func (p *Portal) Databases() []string {
	p.T.Helper()
	return strings.Fields(pgtest.Value(p.T, p.Cluster, "postgres", "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE NOT datistemplate"))
}

// Beside are the names of the databases that restores have made beside the portal's
// and not dropped.
func (p *Portal) Beside() []string {
	p.T.Helper()
	return slices.DeleteFunc(p.Databases(), func(name string) bool { return !strings.Contains(name, BesideSuffix) })
}

// Closed are the databases that take no connections, "" for none.
func (p *Portal) Closed() string {
	p.T.Helper()
	return pgtest.Value(p.T, p.Cluster, "postgres", "SELECT string_agg(datname, ' ') FROM pg_database WHERE NOT datallowconn AND datname <> 'template0'")
}

// Same fails at once unless the plugins' databases are what they are to be.
func (p *Portal) Same(point string, want map[string]string, ids ...string) {
	p.T.Helper()
	for id, got := range p.States(ids...) {
		if d := cmp.Diff(want[id], got); d != "" {
			p.T.Fatalf("point %s: %s (-want +got)\n%s", point, id, d)
		}
	}
}

// Is says which of the plugins' databases are not what they are to be.
func (p *Portal) Is(what string, want map[string]string, ids ...string) {
	p.T.Helper()
	for id, got := range p.States(ids...) {
		if d := cmp.Diff(want[id], got); d != "" {
			p.T.Errorf("%s: %s (-want +got)\n%s", what, id, d)
		}
	}
}

// DropFailed is what a person does when nobody needs the failed state.
func (p *Portal) DropFailed() {
	p.T.Helper()
	where, query, drop, after := "postgres", `SELECT datname::text FROM pg_database WHERE strpos(datname, $1) > 0`, "DROP DATABASE ", ""
	if p.Schemas {
		where, query, drop, after = "backstage", `SELECT nspname::text FROM pg_namespace WHERE strpos(nspname, $1) > 0`, "DROP SCHEMA ", " CASCADE"
	}
	conn := pgtest.Connect(p.T, p.Cluster.Target(), where)
	defer conn.Close(context.Background())
	for _, name := range p.texts(conn, query, FailedSuffix) {
		if _, err := conn.Exec(p.T.Context(), drop+pg.Ident(name)+after); err != nil {
			p.T.Fatal(err)
		}
	}
}

// texts are the rows of a query, one text each.
func (p *Portal) texts(conn *pgx.Conn, query string, args ...any) []string {
	p.T.Helper()
	out, err := pg.Texts(p.T.Context(), conn, query, args...)
	if err != nil {
		p.T.Fatal(err)
	}
	return out
}
