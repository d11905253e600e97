package rollback

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/scratch"
	"github.com/portalctl/portalctl/snapshot"
)

func fileFailed(path, stamp string) string { return path + snapshot.FailedSuffix + stamp }
func fileBeside(path, stamp string) string { return path + snapshot.BesideSuffix + stamp }

// sqliteWait is how long a query waits for a portal that is writing to a file.
const sqliteWait = 2 * time.Second

// lookFolder is what the name of a folder for a copy to look into begins with.
const lookFolder = "portalctl-look-"

// sqliteState reads what a comparison needs: the rows of the tables, and migrations.
// A file whose writer was killed needs its journal played back, which is a
// change: then a copy is read, with all that belongs to the file.
func sqliteState(ctx context.Context, path string) (*snapshot.Database, error) {
	d := &snapshot.Database{Path: path}
	err := snapshot.InspectSQLite(ctx, d, sqliteWait)
	if err == nil || ctx.Err() != nil {
		return d, err
	}
	if info, jerr := os.Stat(path + "-journal"); jerr != nil || info.Size() == 0 {
		return nil, cause(err)
	}
	scratch.Clean("", lookFolder)
	folder, err := scratch.New("", lookFolder)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	d.Path = filepath.Join(folder.Path, "db")
	for _, side := range append([]string{""}, sides...) {
		if err := copyFile(path+side, d.Path+side); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	db, err := snapshot.OpenSQLite(d.Path, "rw", sqliteWait)
	if err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, "BEGIN IMMEDIATE; ROLLBACK")
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	return d, cause(snapshot.InspectSQLite(ctx, d, sqliteWait))
}

// cause is what SQLite says of a file, without the path that stands before it.
func cause(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Err != nil {
		return f.Err
	}
	return err
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

func (p *Plan) lookAtFile(ctx context.Context, t *Target, only []string) error {
	t.Changes, t.Loss = []Change{}, Loss{Tables: []snapshot.RowDiff{}, Meaning: meaningOf(t.Plugins)}
	matches, err := filepath.Glob(escapeGlob(t.Path) + "__*")
	if err != nil {
		return err
	}
	for _, name := range matches {
		suffix, _, _ := snapshot.LeftByRestore(name)
		switch suffix {
		case snapshot.BesideSuffix:
			p.Leftovers = append(p.Leftovers, Leftover{Name: name, For: t.Path, Kind: leftBeside, Server: -1})
		case snapshot.FailedSuffix:
			p.Leftovers = append(p.Leftovers, Leftover{Name: name, For: t.Path, Kind: leftFailed, Server: -1})
		}
	}
	if _, err := os.Stat(t.Path); errors.Is(err, os.ErrNotExist) {
		t.Changes = append(t.Changes, Change{Table: "the file is not there"})
	} else {
		now, err := sqliteState(ctx, t.Path)
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
			t.Changes = compareMigrations(t.was.Migrations, now.Migrations)
			t.counted(now.Tables)
		}
	}
	p.place(t, only)
	return nil
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(path)
}
