package snapshot

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
)

// readOnly is how we look at a database: one consistent state, and no chance
// to change it.
var readOnly = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// lockTimeout is how long a query of ours waits for a lock that another
// session holds, as SQL and as pg_dump's --lock-wait-timeout take it.
const (
	lockTimeout = "30s"
	lookTimeout = "5s" // of a survey, which a person waits for
)

// userSchemas is the condition on n.nspname for what belongs to a unit.
func userSchemas(schema string) string {
	if schema != "" {
		return "n.nspname IN (" + pg.Literal(schema) + ")"
	}
	return `n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'`
}

// notOfExtension leaves out what CREATE EXTENSION brings, as pg_dump does: of a
// catalog, whose row has that alias.
func notOfExtension(catalog, alias string) string {
	return `NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.` + catalog + `'::pg_catalog.regclass AND e.objid = ` + alias + `.oid AND e.deptype = 'e')`
}

// inspect fills in what the manifest has of a database, apart from rows of
// tables and the dump. The transaction's view is what counts.
func inspect(ctx context.Context, tx pgx.Tx, d *Database) (err error) {
	if err := properties(ctx, tx, d); err != nil {
		return fmt.Errorf("the properties: %w", err)
	}
	if d.Tables, err = tables(ctx, tx, d.Schema); err != nil {
		return fmt.Errorf("the tables: %w", err)
	}
	if d.Migrations, err = Migrations(ctx, tx, d.Schema); err != nil {
		return fmt.Errorf("the migrations: %w", err)
	}
	if d.SchemaHash, err = SchemaHash(ctx, tx, d.Schema); err != nil {
		return fmt.Errorf("the schema: %w", err)
	}
	return nil
}

func properties(ctx context.Context, tx pgx.Tx, d *Database) error {
	var version int
	if err := tx.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return err
	}
	locale := "NULL::text"
	switch {
	case version >= 170000:
		locale = "d.datlocale"
	case version >= 150000:
		locale = "d.daticulocale"
	}
	provider := "'c'"
	if version >= 150000 {
		provider = "d.datlocprovider::text"
	}
	p := &Properties{}
	err := tx.QueryRow(ctx, `SELECT d.oid, pg_get_userbyid(d.datdba), d.datacl::text[], d.datconnlimit, coalesce(shobj_description(d.oid, 'pg_database'), ''),
 pg_encoding_to_char(d.encoding), coalesce(d.datcollate, ''), coalesce(d.datctype, ''), `+provider+`, coalesce(`+locale+`, ''), t.spcname
 FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = current_database()`).
		Scan(&d.OID, &p.Owner, &p.ACL, &p.ConnectionLimit, &p.Comment, &p.Encoding, &p.Collate, &p.CType, &p.Provider, &p.Locale, &p.Tablespace)
	if err != nil {
		return err
	}
	p.Settings, err = pg.Rows(ctx, tx, func(row pgx.CollectableRow) (s Setting, err error) {
		var kv string
		err = row.Scan(&s.Role, &kv)
		s.Name, s.Value, _ = strings.Cut(kv, "=")
		return s, err
	}, `SELECT coalesce(r.rolname, ''), unnest(s.setconfig) FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole
 WHERE s.setdatabase = $1 ORDER BY 1, 2`, d.OID)
	if err != nil {
		return err
	}
	p.Extensions, err = pg.Rows(ctx, tx, pgx.RowToStructByPos[Extension],
		`SELECT e.extname, e.extversion, n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY 1`)
	if err != nil {
		return err
	}
	d.Properties = p
	if err := tx.QueryRow(ctx, "SELECT count(*) FROM pg_largeobject_metadata").Scan(&d.LargeObjects); err != nil {
		return err
	}
	err = tx.QueryRow(ctx, `SELECT coalesce(sum(pg_table_size(c.oid)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND `+userSchemas(d.Schema)).Scan(&d.data)
	if err != nil {
		return err
	}
	if d.Schema == "" {
		return tx.QueryRow(ctx, "SELECT pg_database_size(current_database())").Scan(&d.Size)
	}
	err = tx.QueryRow(ctx, `SELECT pg_get_userbyid(n.nspowner), n.nspacl::text[] FROM pg_namespace n WHERE n.nspname = $1`, d.Schema).Scan(&d.SchemaOwner, &d.SchemaACL)
	if err != nil {
		return err
	}
	return tx.QueryRow(ctx, `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'm') AND `+userSchemas(d.Schema)).Scan(&d.Size)
}

// tables lists the tables of a database, or of a schema in it, without their rows.
func tables(ctx context.Context, on pg.Queryer, schema string) ([]Table, error) {
	return pg.Rows(ctx, on, pgx.RowToStructByPos[Table], `SELECT n.nspname, c.relname, 0::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't' AND `+userSchemas(schema)+` AND `+notOfExtension("pg_class", "c")+` ORDER BY 1, 2`)
}

// Tables are the tables of a database, or of a schema in it, with their rows.
func Tables(ctx context.Context, on pg.Queryer, schema string) ([]Table, error) {
	list, err := tables(ctx, on, schema)
	if err == nil {
		_, err = countRows(ctx, on, list)
	}
	return list, err
}

// countRows counts the rows of tables, one query after the other.
func countRows(ctx context.Context, on pg.Queryer, tables []Table) (sum int64, err error) {
	for i := range tables {
		t := &tables[i]
		if err := on.QueryRow(ctx, "SELECT count(*) FROM "+pg.Ident(t.Schema, t.Name)).Scan(&t.Rows); err != nil {
			return 0, fmt.Errorf("%s.%s: %w", t.Schema, t.Name, err)
		}
		sum += t.Rows
	}
	return sum, nil
}

// FromMigrationTables is the rest of a query that finds knex's migration tables (c,
// in n) of a database, or of a schema in it, by their shape, since their names can be
// configured: exactly the columns id, name, batch and migration_time. psql runs it
// as well as portalctl.
func FromMigrationTables(schema string) string {
	where := `n.nspname NOT IN ('pg_catalog', 'information_schema')`
	if schema != "" {
		where = "n.nspname = " + pg.Literal(schema)
	}
	return `  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND ` + where + `
   AND (SELECT array_agg(a.attname::text ORDER BY a.attname COLLATE "C") FROM pg_catalog.pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
     = ARRAY['batch', 'id', 'migration_time', 'name']
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`
}

// Migrations are knex's tables of a database, or of a schema in it, with what ran
// in the order of its IDs.
func Migrations(ctx context.Context, on pg.Queryer, schema string) ([]Migration, error) {
	type found struct {
		Schema, Table string
		Lock          bool
	}
	all, err := pg.Rows(ctx, on, pgx.RowToStructByPos[found], `SELECT n.nspname, c.relname, EXISTS (SELECT FROM pg_class l WHERE l.relnamespace = c.relnamespace AND l.relname = c.relname || '_lock'
  AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = l.oid AND a.attname = 'is_locked'))
`+FromMigrationTables(schema))
	if err != nil {
		return nil, err
	}
	out := []Migration{}
	for _, f := range all {
		m := Migration{Schema: f.Schema, Table: f.Table}
		m.Rows, err = pg.Rows(ctx, on, func(row pgx.CollectableRow) (r MigrationRow, err error) {
			var at *time.Time
			err = row.Scan(&r.ID, &r.Name, &r.Batch, &at)
			if at != nil {
				r.Time = at.UTC()
			}
			return r, err
		}, "SELECT id::bigint, coalesce(name, ''), coalesce(batch, 0)::bigint, migration_time::timestamptz FROM "+pg.Ident(f.Schema, f.Table)+" ORDER BY id")
		if err != nil {
			return nil, err
		}
		if f.Lock {
			if err := on.QueryRow(ctx, "SELECT coalesce(max(is_locked), 0) > 0 FROM "+pg.Ident(f.Schema, f.Table+"_lock")).Scan(&m.Locked); err != nil {
				return nil, err
			}
		}
		out = append(out, m)
	}
	return out, nil
}

// begin connects to a database and opens the transaction that it is looked at
// in. close ends both.
func begin(ctx context.Context, t pg.Target, database, timeout string) (tx pgx.Tx, done func(), err error) {
	conn, err := t.Connect(ctx, database)
	if err != nil {
		return nil, nil, err
	}
	done = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}
	// A dump of hours must not end because of a limit made for web requests.
	for _, set := range []string{"lock_timeout = '" + timeout + "'", "statement_timeout = 0", "idle_in_transaction_session_timeout = 0"} {
		if _, err := conn.Exec(ctx, "SET "+set); err != nil {
			done()
			return nil, nil, err
		}
	}
	if tx, err = conn.BeginTx(ctx, readOnly); err != nil {
		done()
		return nil, nil, err
	}
	return tx, done, nil
}

// unreadable turns a server's refusal into a sentence about the database.
func unreadable(ctx context.Context, err error, title string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f := fault.Wrap(pg.Cause(err), fault.Pos{}, "%s cannot be read", title)
	if next := fault.NextOf(err); next != "" {
		return f.WithNext("%s", next) // Cause keeps the server's words only
	}
	switch pg.Code(err) {
	case "42501":
		return f.WithNext("Give the user the right to read, or name one that has it with --dsn")
	case "55P03":
		return f.WithNext("Another session holds a lock: wait until it is done, or end it")
	}
	return f
}

// largestFirst is the order in which databases are copied and listed: the longest
// job must not start last.
func largestFirst(a, b Database) int {
	return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Title(), b.Title()))
}
