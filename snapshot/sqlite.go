package snapshot

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
)

// sqliteWait is how long a query waits for a backend that is writing to the file.
const sqliteWait = 30 * time.Second

// OpenSQLite opens a file, which the first query looks into; mode is SQLite's, ro
// or rw, and wait how long a query waits for others that use it.
func OpenSQLite(path, mode string, wait time.Duration) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := filepath.ToSlash(abs)
	if !strings.HasPrefix(name, "/") {
		name = "/" + name // C:/… on Windows
	}
	query := fmt.Sprintf("mode=%s&_pragma=busy_timeout(%d)", mode, wait.Milliseconds())
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: name, RawQuery: query}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// openSQLite opens a file for reading. A backend may be writing to it.
func openSQLite(ctx context.Context, path string, wait time.Duration) (*sql.DB, error) {
	db, err := OpenSQLite(path, "ro", wait)
	if err != nil {
		return nil, err
	}
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, fault.Wrap(err, fault.Pos{File: path}, "cannot be opened as a SQLite database")
	}
	return db, nil
}

// InspectSQLite fills in what the manifest has of a SQLite file, d.Path. wait is as
// in OpenSQLite.
func InspectSQLite(ctx context.Context, d *Database, wait time.Duration) error {
	db, err := openSQLite(ctx, d.Path, wait)
	if err != nil {
		return err
	}
	defer db.Close()
	return readSQLite(ctx, db, d)
}

// SQLiteDamage is what SQLite finds wrong in a file, "" for nothing.
func SQLiteDamage(ctx context.Context, db *sql.DB) (found string, err error) {
	err = db.QueryRowContext(ctx, "SELECT group_concat(integrity_check, '; ') FROM pragma_integrity_check").Scan(&found)
	return strings.TrimPrefix(found, "ok"), err
}

func readSQLite(ctx context.Context, db *sql.DB, d *Database) error {
	if err := db.QueryRowContext(ctx, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").Scan(&d.Size); err != nil {
		return fault.Wrap(err, fault.Pos{File: d.Path}, "cannot be read")
	}
	rows, err := db.QueryContext(ctx, `SELECT type, name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY type, name`)
	if err != nil {
		return fault.Wrap(err, fault.Pos{File: d.Path}, "cannot be read")
	}
	defer rows.Close()
	hash := sha256.New()
	var names []string
	for rows.Next() {
		var kind, name, text string
		if err := rows.Scan(&kind, &name, &text); err != nil {
			return err
		}
		fmt.Fprintf(hash, "%s\x00%s\x00%s\x00", kind, name, text)
		if kind == "table" {
			names = append(names, name)
		}
	}
	if err := rows.Err(); err != nil {
		return fault.Wrap(err, fault.Pos{File: d.Path}, "cannot be read")
	}
	d.SchemaHash = hex.EncodeToString(hash.Sum(nil))
	d.Tables, d.Migrations, d.Rows = []Table{}, []Migration{}, 0
	for _, name := range names {
		t := Table{Name: name}
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+pg.Ident(name)).Scan(&t.Rows); err != nil {
			return fault.Wrap(err, fault.Pos{File: d.Path}, "the table %s cannot be read", name)
		}
		d.Tables = append(d.Tables, t)
		d.Rows += t.Rows
		m, ok, err := sqliteMigrations(ctx, db, name, names)
		if err != nil {
			return fault.Wrap(err, fault.Pos{File: d.Path}, "the table %s cannot be read", name)
		}
		if ok {
			d.Migrations = append(d.Migrations, m)
		}
	}
	return nil
}

func sqliteMigrations(ctx context.Context, db *sql.DB, table string, all []string) (m Migration, ok bool, err error) {
	var columns string
	err = db.QueryRowContext(ctx, "SELECT coalesce(group_concat(name), '') FROM (SELECT name FROM pragma_table_info(?) ORDER BY name)", table).Scan(&columns)
	if err != nil || columns != "batch,id,migration_time,name" {
		return m, false, err
	}
	m.Table = table
	rows, err := db.QueryContext(ctx, "SELECT id, coalesce(name, ''), coalesce(batch, 0), migration_time FROM "+pg.Ident(table)+" ORDER BY id")
	if err != nil {
		return m, false, err
	}
	defer rows.Close()
	for rows.Next() {
		var r MigrationRow
		var at any
		if err := rows.Scan(&r.ID, &r.Name, &r.Batch, &at); err != nil {
			return m, false, err
		}
		switch v := at.(type) {
		case time.Time:
			r.Time = v.UTC()
		case int64: // knex writes milliseconds
			r.Time = time.UnixMilli(v).UTC()
		}
		m.Rows = append(m.Rows, r)
	}
	if err := rows.Err(); err != nil {
		return m, false, err
	}
	if lock := table + "_lock"; slices.Contains(all, lock) {
		err = db.QueryRowContext(ctx, "SELECT coalesce(max(is_locked), 0) > 0 FROM "+pg.Ident(lock)).Scan(&m.Locked)
	}
	return m, true, err
}

// copySQLite writes a consistent copy of a SQLite file to a new one: VACUUM
// INTO reads under a lock that a live writer respects, in every journal mode. A
// copy of the main file alone loses what is in the write-ahead log.
func copySQLite(ctx context.Context, from, to string) error {
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return fault.At(fault.Pos{File: to}, "is already there")
	}
	db, err := openSQLite(ctx, from, sqliteWait)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fault.Wrap(err, fault.Pos{File: from}, "cannot be copied")
	}
	return os.Chmod(to, 0o600)
}
