package rollback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite" // the driver "sqlite", too
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/portalctl/portalctl/internal/atomicfile"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/snapshot"
)

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
	defer dump.close()
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
	if stopped := dump.stopped(); stopped != nil {
		return stopped
	}
	if err != nil {
		return fault.Wrap(err, fault.Pos{File: name}, "cannot be written").WithNext("Nothing live was changed. Make room, then run the command again")
	}
	return sameOwner(t.Path, name)
}

func examineFile(ctx context.Context, t *Target, name string) error {
	db, err := snapshot.OpenSQLite(name, "ro", sqliteWait)
	if err != nil {
		return err
	}
	defer db.Close()
	if damage, err := snapshot.SQLiteDamage(ctx, db); err != nil || damage != "" {
		return fault.Wrap(err, fault.Pos{File: name}, "the restored file is damaged: %s", damage).
			WithNext(nextVerify)
	}
	now, err := sqliteState(ctx, name)
	if err != nil {
		return fault.Wrap(err, fault.Pos{File: name}, "the restored file cannot be read").
			WithNext(nextVerify)
	}
	if d := snapshot.DiffRows(t.was.Tables, now.Tables); len(d) > 0 {
		return fault.At(fault.Pos{File: name}, "the restored file is not what the snapshot recorded: %s", d[0]).
			WithNext(nextVerify)
	}
	if c := compareMigrations(t.was.Migrations, now.Migrations); len(c) > 0 {
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
	db, err := snapshot.OpenSQLite(path, "rw", sqliteWait)
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
