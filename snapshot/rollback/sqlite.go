package rollback

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/scratch"
)

func fileFailed(path, stamp string) string { return path + failedSuffix + stamp }
func fileBeside(path, stamp string) string { return path + besideSuffix + stamp }

func openSQLite(path, mode string) (*sql.DB, error) {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: "mode=" + mode + "&_pragma=busy_timeout(2000)"}
	return sql.Open("sqlite", u.String())
}

// sqliteTables are the names of all tables of a file.
func sqliteTables(ctx context.Context, db *sql.DB) ([]string, error) {
	return sqliteStrings(ctx, db, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`)
}

func sqliteStrings(ctx context.Context, db *sql.DB, query string) ([]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []string{}
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// lookFolder is what the name of a folder for a copy to look into begins with.
const lookFolder = "portalctl-look-"

// sqliteState reads what a comparison needs: rows as ".table", and migrations.
// A file whose writer was killed needs its journal played back, which is a
// change: then a copy is read, with all that belongs to the file.
func sqliteState(ctx context.Context, path string) (map[string]int64, []migrations, error) {
	counts, list, err := readState(ctx, path)
	if err == nil || ctx.Err() != nil {
		return counts, list, err
	}
	if info, jerr := os.Stat(path + "-journal"); jerr != nil || info.Size() == 0 {
		return nil, nil, err
	}
	scratch.Clean("", lookFolder)
	folder, err := scratch.New("", lookFolder)
	if err != nil {
		return nil, nil, err
	}
	defer folder.Close()
	dir := folder.Path
	for _, side := range append([]string{""}, sides...) {
		if err := copyFile(path+side, filepath.Join(dir, "db"+side)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, nil, err
		}
	}
	db, err := openSQLite(filepath.Join(dir, "db"), "rw")
	if err != nil {
		return nil, nil, err
	}
	_, err = db.ExecContext(ctx, "BEGIN IMMEDIATE; ROLLBACK")
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, nil, err
	}
	return readState(ctx, filepath.Join(dir, "db"))
}

// sides are the files that SQLite keeps beside a database's: what they hold
// belongs to it.
var sides = []string{"-wal", "-shm", "-journal"}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func readState(ctx context.Context, path string) (map[string]int64, []migrations, error) {
	db, err := openSQLite(path, "ro")
	if err != nil {
		return nil, nil, err
	}
	defer db.Close()
	tables, err := sqliteTables(ctx, db)
	if err != nil {
		return nil, nil, err
	}
	counts := map[string]int64{}
	list := []migrations{}
	for _, table := range tables {
		var n int64
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+pg.Ident(table)).Scan(&n); err != nil {
			return nil, nil, err
		}
		counts["."+table] = n
		columns, err := sqliteStrings(ctx, db, "SELECT name FROM pragma_table_info("+strings.ReplaceAll(pg.Ident(table), `"`, "'")+") ORDER BY name")
		if err != nil {
			return nil, nil, err
		}
		if !slices.Equal(columns, []string{"batch", "id", "migration_time", "name"}) {
			continue
		}
		names, err := sqliteStrings(ctx, db, "SELECT name FROM "+pg.Ident(table)+" ORDER BY id")
		if err != nil {
			return nil, nil, err
		}
		list = append(list, migrations{table: table, names: names})
	}
	return counts, list, nil
}

func (p *Plan) lookAtFile(ctx context.Context, t *Target, only []string) error {
	t.Changes, t.Loss = []Change{}, Loss{Tables: []rowDiff{}, Meaning: meaningOf(t.Plugins)}
	matches, err := filepath.Glob(escapeGlob(t.Path) + "__*")
	if err != nil {
		return err
	}
	for _, name := range matches {
		suffix, _, _ := parseName(name)
		switch suffix {
		case besideSuffix:
			p.Leftovers = append(p.Leftovers, Leftover{Name: name, For: t.Path, Kind: leftBeside, Server: -1})
		case failedSuffix:
			p.Leftovers = append(p.Leftovers, Leftover{Name: name, For: t.Path, Kind: leftFailed, Server: -1})
		}
	}
	if _, err := os.Stat(t.Path); errors.Is(err, os.ErrNotExist) {
		t.Changes = append(t.Changes, Change{Table: "the file is not there"})
	} else {
		counts, now, err := sqliteState(ctx, t.Path)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case damagedFile(err):
			// The old release would not start on it either.
			t.Changes = append(t.Changes, Change{Table: "the file is not a database: " + err.Error()})
		case err != nil:
			return fault.Wrap(err, fault.Pos{File: t.Path}, "the database cannot be read").
				WithNext("Make sure that this user may read the file and its folder and that no migration is running, then run the command again")
		default:
			t.Changes = compareMigrations(t.then(), now)
			t.Loss.Known, t.Loss.Tables = true, diffRows(t.was.Tables, counts, t.Changes)
		}
	}
	p.place(t, only)
	return nil
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(path)
}
