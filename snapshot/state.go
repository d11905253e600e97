package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/portalctl/portalctl/internal/pg"
)

// State is what a database has, as far as a forecast of its migrations needs it.
type State struct {
	// Migrations are knex's tables with what ran; nil where Unread says why.
	Migrations []Migration
	Relations  map[string]Relation
	// Indexes are the tables of the indexes, by the index's name.
	Indexes map[string]string
	// Waiting is how long the oldest transaction of another session is open: what
	// changes a table waits for it.
	Waiting time.Duration

	Unread string
}

// Relation is a table.
type Relation struct {
	// Rows is the planner's estimate; -1 where the table was never analysed.
	Rows int64
	// Bytes is the table with its large values, IndexBytes its indexes.
	Bytes, IndexBytes int64
	Indexes           int
}

// ProbeRows is how many rows the probe sorts: enough to tell a busy server from an
// idle one, and done in a fraction of a second.
const ProbeRows = 200_000

// ReadState looks at a database, or at a schema of it, in a transaction that only
// reads. The error is that the database cannot be looked at; what the role may not
// read is in Unread.
func ReadState(ctx context.Context, t pg.Target, database, schema string) (*State, error) {
	tx, done, err := begin(ctx, t, database, lookTimeout)
	if err != nil {
		return nil, err
	}
	defer done()
	s := &State{Relations: map[string]Relation{}, Indexes: map[string]string{}}
	rows, err := tx.Query(ctx, `SELECT c.relname, CASE WHEN c.reltuples < 0 THEN -1 ELSE c.reltuples::bigint END, pg_table_size(c.oid), pg_indexes_size(c.oid),
 (SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid)::int
 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'm') AND `+userSchemas(schema))
	if err == nil {
		var name string
		var r Relation
		_, err = pgx.ForEachRow(rows, []any{&name, &r.Rows, &r.Bytes, &r.IndexBytes, &r.Indexes}, func() error {
			s.Relations[name] = r
			return nil
		})
	}
	if err != nil {
		return nil, unreadable(ctx, err, database)
	}
	rows, err = tx.Query(ctx, `SELECT i.relname, c.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
 JOIN pg_namespace n ON n.oid = c.relnamespace WHERE x.indisvalid AND `+userSchemas(schema))
	if err == nil {
		var index, table string
		_, err = pgx.ForEachRow(rows, []any{&index, &table}, func() error {
			s.Indexes[index] = table
			return nil
		})
	}
	if err != nil {
		return nil, unreadable(ctx, err, database)
	}
	var seconds float64
	if tx.QueryRow(ctx, `SELECT coalesce(extract(epoch FROM now() - min(xact_start)), 0)::float8 FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`).Scan(&seconds) == nil {
		s.Waiting = time.Duration(seconds * float64(time.Second))
	}
	if s.Migrations, err = Migrations(ctx, tx, schema); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s.Unread = reason(unreadable(ctx, err, database))
	}
	return s, nil
}

// A busy server differs from one moment to the next: the probe is made a few times,
// while the whole does not take too long for somebody who waits.
const (
	probes     = 3
	probePause = 700 * time.Millisecond
	probeMost  = 10 * time.Second
)

// Probe is how long a server takes to sort ProbeRows texts now, as it does when it
// builds an index, a few times over; nil where it cannot be asked. What takes more
// than probeMost is ended, and counts as that.
func Probe(ctx context.Context, t pg.Target, database string) []time.Duration {
	tx, done, err := begin(ctx, t, database, lookTimeout)
	if err != nil {
		return nil
	}
	defer done()
	if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL statement_timeout = %d", probeMost.Milliseconds())); err != nil {
		return nil
	}
	var out []time.Duration
	for begin := time.Now(); len(out) < probes && time.Since(begin) < probeMost; {
		if len(out) > 0 {
			select {
			case <-ctx.Done():
				return out
			case <-time.After(probePause):
			}
		}
		start := time.Now()
		var n int64
		err = tx.QueryRow(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT md5(g::text) AS t FROM generate_series(1, %d) g ORDER BY t) s", ProbeRows)).Scan(&n)
		if pg.Code(err) == "57014" && ctx.Err() == nil {
			return append(out, probeMost)
		}
		if err != nil || n != ProbeRows {
			return out
		}
		out = append(out, time.Since(start))
	}
	return out
}

// ReadMigrations are knex's tables of a PostgreSQL database or schema, or of a SQLite
// file, as they are now, with their locks. there is false where the database is not.
func ReadMigrations(ctx context.Context, d Database, t pg.Target) (list []Migration, there bool, err error) {
	if d.Kind == KindSQLite {
		if _, err := os.Stat(d.Path); errors.Is(err, fs.ErrNotExist) {
			return nil, false, nil
		}
		err := InspectSQLite(ctx, &d, sqliteWait)
		return d.Migrations, true, err
	}
	tx, done, err := begin(ctx, t, d.Name, lookTimeout)
	if pg.Code(err) == "3D000" {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer done()
	if d.Schema != "" {
		if err := tx.QueryRow(ctx, "SELECT count(*) > 0 FROM pg_namespace WHERE nspname = $1", d.Schema).Scan(&there); err != nil || !there {
			return nil, false, err
		}
	}
	if list, err = Migrations(ctx, tx, d.Schema); err != nil {
		err = unreadable(ctx, err, d.Title())
	}
	return list, true, err
}
