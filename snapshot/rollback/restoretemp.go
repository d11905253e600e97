package rollback

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
)

// undoTime is how long cleaning up after an error may take.
const undoTime = time.Minute

// beside restores a target's dump into a database of its own and compares it.
func (r *run) beside(ctx context.Context, t *Target) error {
	began := time.Now()
	name := besideName(t.Database, r.stamp)
	r.Progress(Event{Target: t.Name(), Stage: "create"})
	r.made = append(r.made, t)
	if err := r.fill(ctx, t, name); err != nil {
		return err
	}
	if err := reached(ctx, "restored "+t.Name()); err != nil {
		return err
	}
	if err := r.examine(ctx, t, name); err != nil {
		return err
	}
	// Whatever comes now, this need not be done again.
	r.comment(ctx, t, name, wholeMark(t))
	r.took[t] = time.Since(began)
	return reached(ctx, "compared "+t.Name())
}

// fill makes a database from a target's dump, or takes the one that an earlier
// restore has made from the same.
func (r *run) fill(ctx context.Context, t *Target, name string) error {
	conn := r.conns[t.Server]
	if old := r.whole[t]; old != "" {
		// Names have the time in seconds: a restore that follows at once makes the
		// name that is there.
		if old == name {
			return nil
		}
		if _, err := conn.Exec(context.WithoutCancel(ctx), "ALTER DATABASE "+pg.Ident(old)+" RENAME TO "+pg.Ident(name)); err != nil {
			return stageError(ctx, err, "%s, which an earlier restore has left, could not be used", old)
		}
		return nil
	}
	// Short, and not to be left half-way: an interruption waits for it.
	if _, err := conn.Exec(context.WithoutCancel(ctx), createSQL(t.was.Properties, name)); err != nil {
		return fault.Wrap(pg.Cause(err), fault.Pos{}, "%s could not be created", name)
	}
	r.comment(ctx, t, name, mark(t))
	if err := reached(ctx, "created "+t.Name()); err != nil {
		return err
	}
	return r.pgRestore(ctx, t, name)
}

// comment marks a database for people who look at the server; names are what we go
// by.
func (r *run) comment(ctx context.Context, t *Target, name, text string) {
	_, _ = r.conns[t.Server].Exec(context.WithoutCancel(ctx), "COMMENT ON DATABASE "+pg.Ident(name)+" IS "+pg.Literal(text))
}

// pgRestore runs pg_restore with the dump on its stdin: decoded on the way, it
// is never on disk as a whole.
func (r *run) pgRestore(ctx context.Context, t *Target, database string) error {
	access, err := r.access(t.Server)
	if err != nil {
		return err
	}
	dump, err := r.openDump(ctx, t)
	if err != nil {
		return err
	}
	defer dump.close()
	err = pg.Run(ctx, pg.Command{
		Path: r.tools.Path("pg_restore"), Access: access, Env: r.roleEnv(t.Server), Stdin: dump,
		Args: []string{"--exit-on-error", "--no-password", "-d", pg.Conninfo(database)},
	})
	return dump.restored(err, "Nothing live was changed. Read the server's message: a full disk, a role or an extension that is missing")
}

// examine analyses a restored database and compares it with the snapshot.
func (r *run) examine(ctx context.Context, t *Target, name string) error {
	conn, err := r.Connections[t.Server].Connect(ctx, name)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	r.Progress(Event{Target: t.Name(), Stage: "analyze"})
	if _, err := conn.Exec(ctx, "ANALYZE"); err != nil {
		return stageError(ctx, err, "%s could not be analysed", name)
	}
	if err := reached(ctx, "analyzed "+t.Name()); err != nil {
		return err
	}
	r.Progress(Event{Target: t.Name(), Stage: "compare"})
	if _, err := conn.Exec(ctx, t.checkSQL(), pgx.QueryExecModeSimpleProtocol); err != nil {
		return stageError(ctx, err, "%s is not what the snapshot recorded", t.Name())
	}
	return nil
}

const nextVerify = "Nothing live was changed. Check the snapshot with: portalctl snapshot verify --rehearse"

func stageError(ctx context.Context, err error, format string, args ...any) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fault.Wrap(pg.Cause(err), fault.Pos{}, format, args...).
		WithNext(nextVerify)
}

// access is what a child needs to reach a server.
func (r *run) access(server int) (pg.Access, error) { return r.private.Access(r.Connections[server]) }

// roleEnv makes a child act as the role that Backstage would set.
func (r *run) roleEnv(server int) []string {
	if role := r.Connections[server].Role; role != "" {
		return []string{"PGOPTIONS=-c role=" + role}
	}
	return nil
}

// undo drops what stands beside and has not been swapped. It works after ctx
// has ended, and with a connection of its own when the first one broke.
func (r *run) undo(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	var errs []error
	for _, t := range r.made {
		if r.kept[t] {
			continue
		}
		name := besideName(t.Database, r.stamp)
		if err := r.drop(ctx, t.Server, name); err != nil {
			errs = append(errs, fault.Wrap(pg.Cause(err), fault.Pos{}, "%s is left behind", name).
				WithNext("The next portalctl snapshot restore drops it"))
		}
	}
	return errors.Join(errs...)
}

// connection is the run's own to a server, made anew where that one broke.
func (r *run) connection(ctx context.Context, server int) (_ *pgx.Conn, err error) {
	if r.conns[server].IsClosed() {
		fresh, err := r.Connections[server].Connect(ctx, "")
		if err != nil {
			return nil, err
		}
		r.conns[server] = fresh
	}
	return r.conns[server], nil
}

func (r *run) drop(ctx context.Context, server int, name string) error {
	conn, err := r.connection(ctx, server)
	if err != nil {
		return err
	}
	force := ""
	if r.Plan.Servers[server].VersionNum >= 130000 {
		force = " WITH (FORCE)"
	} else if _, err := conn.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = $1", name); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, fmt.Sprintf("DROP DATABASE IF EXISTS %s%s", pg.Ident(name), force))
	return err
}

// clean removes what an interrupted restore left: databases that were restored
// beside and never used, and live databases that take no connections.
func (r *run) clean(ctx context.Context) error {
	for _, l := range r.Leftovers {
		var err error
		switch l.Kind {
		case leftBeside:
			if t := r.targetOf(l); t != nil && r.whole[t] == "" {
				r.whole[t] = l.Name
				continue
			}
			if l.Server < 0 {
				err = removeFile(l.Name)
			} else {
				err = r.drop(ctx, l.Server, l.Name)
			}
		case leftBlocked:
			_, err = r.conns[l.Server].Exec(ctx, "ALTER DATABASE "+pg.Ident(l.Name)+" ALLOW_CONNECTIONS true")
		default:
			continue
		}
		if err != nil {
			return stageError(ctx, err, "%s, left by an interrupted restore, could not be dealt with", l.Name)
		}
		r.result.Removed = append(r.result.Removed, l.Name)
	}
	return reached(ctx, "cleaned")
}

// targetOf is the target that a whole database beside was restored for.
func (r *run) targetOf(l Leftover) *Target {
	for _, t := range r.Targets {
		if l.Whole && t.Kind == kindDatabase && t.Server == l.Server && t.Database == l.For {
			return t
		}
	}
	return nil
}
