package rollback

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"modernc.org/sqlite" // the driver "sqlite", too
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/portalctl/portalctl/internal/atomicfile"
	"github.com/portalctl/portalctl/internal/fault"
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
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+ident(table)).Scan(&n); err != nil {
			return nil, nil, err
		}
		counts["."+table] = n
		columns, err := sqliteStrings(ctx, db, "SELECT name FROM pragma_table_info("+strings.ReplaceAll(ident(table), `"`, "'")+") ORDER BY name")
		if err != nil {
			return nil, nil, err
		}
		if !slices.Equal(columns, []string{"batch", "id", "migration_time", "name"}) {
			continue
		}
		names, err := sqliteStrings(ctx, db, "SELECT name FROM "+ident(table)+" ORDER BY id")
		if err != nil {
			return nil, nil, err
		}
		list = append(list, migrations{table: table, names: names})
	}
	return counts, list, nil
}

func (p *Plan) lookAtFile(ctx context.Context, t *Target, only []string) error {
	t.Changes, t.Loss = []Change{}, Loss{Tables: []RowDiff{}, Meaning: meaningOf(t.Plugins)}
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

// besideFiles are the SQLite files that are ready to take their names.
type besideFiles map[*Target]string

func (f besideFiles) remove() {
	for _, name := range f {
		_ = os.Remove(name)
	}
}

// filesBeside decodes every SQLite file beside the live one and compares it.
func (r *run) filesBeside(ctx context.Context) (besideFiles, error) {
	files := besideFiles{}
	for _, t := range r.Targets {
		if t.Kind != kindSQLite {
			continue
		}
		began := time.Now()
		name := fileBeside(t.Path, r.stamp)
		files[t] = name
		if err := r.decode(ctx, t, name); err != nil {
			return files, err
		}
		if err := reached(ctx, "restored "+t.Name()); err != nil {
			return files, err
		}
		if err := examineFile(ctx, t, name); err != nil {
			return files, err
		}
		r.took[t] = time.Since(began)
	}
	return files, nil
}

func (r *run) decode(ctx context.Context, t *Target, name string) error {
	dump, err := r.openDump(ctx, t)
	if err != nil {
		return err
	}
	defer dump.Close()
	mode := os.FileMode(0o600)
	if info, err := os.Stat(t.Path); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fault.Wrap(err, fault.Pos{File: name}, "cannot be written").WithNext("Nothing live was changed")
	}
	_, err = io.Copy(f, dump)
	err = errors.Join(err, f.Sync(), f.Close())
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case dump.err != nil:
		return dump.err
	case err != nil:
		return fault.Wrap(err, fault.Pos{File: name}, "cannot be written").WithNext("Nothing live was changed. Make room, then run the command again")
	}
	return sameOwner(t.Path, name)
}

func examineFile(ctx context.Context, t *Target, name string) error {
	db, err := openSQLite(name, "ro")
	if err != nil {
		return err
	}
	defer db.Close()
	found, err := sqliteStrings(ctx, db, "PRAGMA integrity_check")
	if err != nil || len(found) != 1 || found[0] != "ok" {
		return fault.Wrap(err, fault.Pos{File: name}, "the restored file is damaged: %s", strings.Join(found, "; ")).
			WithNext(nextVerify)
	}
	counts, now, err := sqliteState(ctx, name)
	if err != nil {
		return fault.Wrap(err, fault.Pos{File: name}, "the restored file cannot be read").
			WithNext(nextVerify)
	}
	if d := diffRows(t.was.Tables, counts, nil); len(d) > 0 {
		return fault.At(fault.Pos{File: name}, "the restored file is not what the snapshot recorded: %s", d[0]).
			WithNext(nextVerify)
	}
	if c := compareMigrations(t.then(), now); len(c) > 0 {
		return fault.At(fault.Pos{File: name}, "the restored file has other migrations than the snapshot recorded: %s", c[0].Table).
			WithNext(nextVerify)
	}
	return nil
}

// swapFiles gives the files their names. The live file gets a second name
// first, so that at no moment there is none: one rename replaces it.
func (r *run) swapFiles(ctx context.Context, files besideFiles) error {
	for _, t := range r.Targets {
		if t.Kind != kindSQLite {
			continue
		}
		if err := reached(ctx, "before the swap"); err != nil {
			return err
		}
		existed, err := setAside(ctx, t.Path, fileFailed(t.Path, r.stamp))
		if err != nil {
			return err
		}
		if err := reached(ctx, "linked "+t.Name()); err != nil {
			return err
		}
		if err := os.Rename(files[t], t.Path); err != nil {
			return fault.Wrap(err, fault.Pos{File: t.Path}, "could not be replaced; it is as it was")
		}
		delete(files, t)
		_ = atomicfile.SyncDir(filepath.Dir(t.Path))
		r.note(t, existed)
	}
	return nil
}

// damagedFile reports whether SQLite says that the file is damaged, or none of
// its databases.
func damagedFile(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	code := e.Code() & 0xff
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}

// setAside gives the live file a second name, with all that is in its
// write-ahead log. A log that stayed would be played into the new file, so what
// cannot be brought into the live file moves with it.
func setAside(ctx context.Context, path, failed string) (existed bool, err error) {
	if err := refuseUsers(path); err != nil {
		return false, err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return false, moveSides(path, failed)
	}
	db, err := openSQLite(path, "rw")
	if err != nil {
		return false, err
	}
	_, err = db.ExecContext(ctx, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE; COMMIT")
	err = errors.Join(err, db.Close())
	if err != nil && !damagedFile(err) {
		return false, fault.Wrap(err, fault.Pos{File: path}, "the portal still uses the file").WithNext("Stop the portal, then run the command again")
	}
	alone := true // what -shm holds, SQLite can make again
	for _, side := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(path + side); err == nil && info.Size() > 0 {
			alone = false
		}
	}
	if alone {
		err = os.Link(path, failed)
	} else {
		err = os.Rename(path, failed)
	}
	if err != nil {
		return false, fault.Wrap(err, fault.Pos{File: path}, "the file could not get the name %s", filepath.Base(failed)).
			WithNext("Nothing was changed")
	}
	return true, moveSides(path, failed)
}

func moveSides(path, failed string) error {
	for _, side := range sides {
		if err := os.Rename(path+side, failed+side); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fault.Wrap(err, fault.Pos{File: path + side}, "the file could not be moved aside").
				WithNext("Move it away by hand: it belongs to %s", failed)
		}
	}
	return nil
}

// refuseUsers refuses a file that another process has open: what it writes from
// now on would go into the failed one.
func refuseUsers(path string) error {
	users := usersOf(path)
	if len(users) == 0 {
		return nil
	}
	return fault.At(fault.Pos{File: path}, "the portal still uses the file: it is open in %s", strings.Join(users, ", ")).
		WithNext("Stop the portal, then run the command again")
}

func removeFile(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
