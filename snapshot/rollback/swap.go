package rollback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/ui"
)

// swapTime is how long a swap may take from the block to the commit. Renames
// take milliseconds; the server itself waits five seconds for sessions to go.
const swapTime = 2 * time.Minute

// swap gives all restored databases of a server their names in one transaction.
//
// An interruption waits until it is over: between the block and the commit a
// live database takes no connections, and that must not be how it stays.
func (r *run) swap(ctx context.Context, server int) error {
	var targets []*Target
	for _, t := range r.made {
		if t.Server == server {
			targets = append(targets, t)
		}
	}
	if len(targets) == 0 {
		return nil
	}
	if err := reached(ctx, "before the swap"); err != nil {
		return err
	}
	r.Progress(Event{Target: r.Plan.Servers[server].ID, Stage: "swap"})
	conn := r.conns[server]
	held, cancel := context.WithTimeout(context.WithoutCancel(ctx), swapTime)
	defer cancel()
	rows, err := liveDatabases(held, conn)
	if err != nil {
		return stageError(ctx, err, "the databases cannot be listed")
	}
	oids := map[string]uint32{}
	for _, row := range rows {
		oids[row.Name] = row.OID
	}
	err = r.block(held, conn, targets, oids)
	if err == nil {
		err = r.rename(held, conn, targets, oids)
		if err != nil && r.swapped(held, server, targets, oids) {
			err = nil
		}
	}
	if err != nil {
		// They cost the time of a whole restore: the next one uses them.
		for _, t := range targets {
			r.kept[t] = true
		}
		return r.unblock(held, server, targets, oids, err)
	}
	for _, t := range targets {
		r.note(t, oids[t.Database] != 0)
	}
	r.made = slices.DeleteFunc(r.made, func(t *Target) bool { return slices.Contains(targets, t) })
	return reached(held, "swapped")
}

// block lets nobody in and ends the sessions that are there. ALLOW_CONNECTIONS
// rather than a connection limit, which does not hold superusers back.
func (r *run) block(ctx context.Context, conn *pgx.Conn, targets []*Target, oids map[string]uint32) error {
	for _, t := range targets {
		if oids[t.Database] == 0 {
			continue
		}
		if _, err := conn.Exec(ctx, "ALTER DATABASE "+pg.Ident(t.Database)+" ALLOW_CONNECTIONS false"); err != nil {
			return err
		}
	}
	if err := reached(ctx, "blocked"); err != nil {
		return err
	}
	var names []string
	for _, t := range targets {
		names = append(names, t.Database)
		if _, err := conn.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = $1 AND "+r.toEnd()+
			" OR datname = $2 AND "+clientSession+" AND "+mayEnd, t.Database, besideName(t.Database, r.stamp)); err != nil {
			return err
		}
	}
	if err := reached(ctx, "terminated"); err != nil {
		return err
	}
	// Who came after the check of the beginning is ended with --terminate only,
	// and who may not be ended is named here instead of failing the renames.
	alive, err := r.waitForSessions(ctx, conn, names, true)
	if err != nil {
		return err
	}
	if len(alive) > 0 {
		return fault.Wrap(errSessions, fault.Pos{}, "%s", sessionsText(alive))
	}
	return nil
}

// toEnd is true of the sessions that are ended before a swap: with --terminate
// all that may be, without it those of an earlier run of ours alone.
func (r *run) toEnd() string {
	if r.Terminate {
		return clientSession + " AND " + mayEnd
	}
	return clientSession + " AND " + mayEnd + " AND application_name IN ('" + pg.AppName + "', 'portalctl-rollback')"
}

// swapSQL are the statements of the one transaction.
func (t *Target) swapSQL(stamp string, exists bool) []string {
	var out []string
	if exists {
		failed := failedName(t.Database, stamp)
		out = append(out, "ALTER DATABASE "+pg.Ident(t.Database)+" RENAME TO "+pg.Ident(failed),
			"ALTER DATABASE "+pg.Ident(failed)+" ALLOW_CONNECTIONS true",
			"COMMENT ON DATABASE "+pg.Ident(failed)+" IS "+pg.Literal(replacedMark(t)))
	}
	out = append(out, "ALTER DATABASE "+pg.Ident(besideName(t.Database, stamp))+" RENAME TO "+pg.Ident(t.Database))
	return append(out, propertySQL(t.was.Properties, t.Database)...)
}

func (r *run) rename(ctx context.Context, conn *pgx.Conn, targets []*Target, oids map[string]uint32) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx)
	for _, t := range targets {
		for _, sql := range t.swapSQL(r.stamp, oids[t.Database] != 0) {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return fault.Wrap(pg.Cause(err), fault.Pos{}, "%s", strings.SplitN(sql, " SET ", 2)[0])
			}
		}
		if err := reached(ctx, "renamed "+t.Name()); err != nil {
			return err
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	return reached(ctx, "committed")
}

// swapped asks the server whether the transaction was committed, when its
// answer did not arrive. The number of a database stays when it is renamed.
func (r *run) swapped(ctx context.Context, server int, targets []*Target, oids map[string]uint32) bool {
	conn, err := r.Connections[server].Connect(ctx, "")
	if err != nil {
		return false
	}
	defer conn.Close(ctx)
	rows, err := liveDatabases(ctx, conn)
	if err != nil {
		return false
	}
	for _, row := range rows {
		if row.Name == targets[0].Database {
			return row.OID == oids[besideName(row.Name, r.stamp)]
		}
	}
	return false
}

// unblock opens the live databases again after cause.
func (r *run) unblock(ctx context.Context, server int, targets []*Target, oids map[string]uint32, cause error) error {
	text := "the names could not be swapped, the live databases are the old ones"
	conn, err := r.connection(ctx, server)
	if err != nil {
		return fault.Wrap(pg.Cause(cause), fault.Pos{}, "the server went away during the swap").
			WithNext("When it is up again run portalctl snapshot restore once more: it finds what is half done and finishes or undoes it")
	}
	for _, t := range targets {
		if oids[t.Database] == 0 {
			continue
		}
		if _, err := conn.Exec(ctx, "ALTER DATABASE "+pg.Ident(t.Database)+" ALLOW_CONNECTIONS true"); err != nil {
			text += ", and " + t.Database + " takes no connections: ALTER DATABASE " + pg.Ident(t.Database) + " ALLOW_CONNECTIONS true"
		}
	}
	why := pg.Cause(cause)
	if errors.Is(cause, errSessions) {
		why = cause // it names them
	}
	return fault.Wrap(why, fault.Pos{}, "%s", text).
		WithNext("Stop what connects to the databases, then run the command again: what was restored is kept beside, and used")
}

// note records a target as restored.
func (r *run) note(t *Target, existed bool) {
	done := Restored{Name: t.Name(), Plugins: t.Plugins, Milliseconds: r.took[t].Milliseconds()}
	done.Rows = t.Rows
	if existed {
		done.Failed = t.failed(r.stamp)
		login := ""
		if t.Server >= 0 {
			c := r.Connections[t.Server]
			login = fmt.Sprintf(" -h %s -p %d -U %s", ui.ShellQuote(c.Host), c.PortOr(), ui.ShellQuote(c.User))
		}
		r.result.Drop = append(r.result.Drop, t.dropCommand(r.stamp, login))
	}
	r.result.Restored = append(r.result.Restored, done)
}

// failed is what the target's old state is called after a restore.
func (t *Target) failed(stamp string) string {
	switch t.Kind {
	case kindSchema:
		return t.Database + "." + failedName(t.Schema, stamp)
	case kindSQLite:
		return fileFailed(t.Path, stamp)
	}
	return failedName(t.Database, stamp)
}

// dropCommand removes the old state, when nobody needs it any more. login are
// psql's options for the server, "" where the environment has them.
func (t *Target) dropCommand(stamp, login string) string {
	switch t.Kind {
	case kindSchema:
		return "psql" + login + " -d " + ui.ShellQuote(databaseArgument(t.Database)) + " -c " + ui.ShellQuote("DROP SCHEMA "+pg.Ident(failedName(t.Schema, stamp))+" CASCADE")
	case kindSQLite:
		name := fileFailed(t.Path, stamp)
		out := "rm -f " + ui.ShellQuote(name)
		for _, side := range sides {
			out += " " + ui.ShellQuote(name+side)
		}
		return out
	}
	return "psql" + login + " -d postgres -c " + ui.ShellQuote("DROP DATABASE "+pg.Ident(failedName(t.Database, stamp)))
}
