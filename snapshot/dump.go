package snapshot

import (
	"context"
	"fmt"
	"io"
	"os"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
)

// dumpArgs are pg_dump's. The format is -Fc, which pg_restore reads from a
// pipe; -Z0 leaves compression to us: pg_dump's own is one thread of zlib, which
// is where a dump's time goes.
func dumpArgs(u *unit, exported string) []string {
	args := []string{"-Fc", "-Z0", "--no-password", "--snapshot=" + exported, "--lock-wait-timeout=" + lockTimeout}
	if u.target.Role != "" {
		args = append(args, "--role="+u.target.Role)
	}
	if u.Schema != "" {
		// A pattern: quotes keep capitals and wildcards as they are.
		args = append(args, "--schema="+pg.Ident(u.Schema))
	}
	return args
}

// dumpPostgres copies one database into the file name of the folder: pg_dump
// and our own look at the tables see the same exported snapshot. Rows are
// counted in what is stored.
func dumpPostgres(ctx context.Context, tools *pg.Tools, access pg.Access, u *unit, dir, name string, how effort, raw *atomic.Int64) error {
	before := u.Migrations
	tx, done, err := begin(ctx, u.target, u.Name, lockTimeout)
	if err != nil {
		return err
	}
	defer done()
	var exported string
	var taken time.Time
	if err := tx.QueryRow(ctx, "SELECT pg_export_snapshot(), now()").Scan(&exported, &taken); err != nil {
		return unreadable(ctx, err, u.Title())
	}
	if err := inspect(ctx, tx, &u.Database); err != nil {
		return unreadable(ctx, err, u.Title())
	}
	if !sameMigrations(before, u.Migrations) {
		return fault.New("%s was migrated while its snapshot was prepared", u.Title()).WithNext("Stop the backends that are booting, then run the command again")
	}
	var seen dumpRows
	file, err := runDump(ctx, tools, pg.Command{Path: tools.Path("pg_dump"), Args: dumpArgs(u, exported), Access: access,
		// -d would take a name with "=" in it for a connection string.
		Env: []string{"PGDATABASE=" + u.Name}}, dir, name, how, &seen, raw)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fault.Wrap(err, fault.Pos{}, "%s was not copied", u.Title())
	}
	file.Taken = taken.UTC()
	u.Dump = file
	// Without counts of the dump the server counts: slower, but as exact.
	counts, _ := seen.rows()
	if u.Rows, err = streamRows(ctx, tx, u.Tables, counts); err != nil {
		return unreadable(ctx, err, u.Title())
	}
	return nil
}

// sameMigrations tells whether the same migrations ran, package and version
// aside, and moves those over.
func sameMigrations(before, after []Migration) bool {
	if len(before) != len(after) {
		return false
	}
	for i := range after {
		if before[i].Table != after[i].Table || before[i].Schema != after[i].Schema || !reflect.DeepEqual(before[i].Rows, after[i].Rows) {
			return false
		}
		after[i].Package, after[i].Version = before[i].Package, before[i].Version
	}
	return true
}

// runDump runs a program and stores what it writes to stdout, which watch, if
// not nil, sees as well. A program that fails leaves a file that is not
// returned; the caller removes the folder.
func runDump(ctx context.Context, tools *pg.Tools, c pg.Command, dir, name string, how effort, watch io.Writer, raw *atomic.Int64) (File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return File{}, err
	}
	defer r.Close()
	var content io.Reader = &gathering{r: r, size: widenPipe(r)}
	if watch != nil {
		content = io.TeeReader(content, watch)
	}
	c.Stdout = w
	child, err := pg.Start(ctx, c)
	w.Close()
	if err != nil {
		return File{}, err
	}
	file, storeErr := store(dir, name, content, how, raw)
	if storeErr != nil {
		// The disk is full, say: nobody reads the pipe any longer.
		child.Kill()
		return File{}, storeErr
	}
	if err := child.Wait(); err != nil {
		return File{}, err
	}
	if file.RawSize == 0 {
		return File{}, fmt.Errorf("%s of %s wrote nothing", c.Path, tools.Version)
	}
	return file, nil
}
