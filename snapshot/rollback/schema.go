package rollback

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
)

// schemaGroups are the targets that are schemas, by their database: those of
// one database come back in one transaction.
func schemaGroups(targets []*Target) [][]*Target {
	var out [][]*Target
	for _, t := range targets {
		if t.Kind != kindSchema {
			continue
		}
		i := slices.IndexFunc(out, func(g []*Target) bool { return g[0].Server == t.Server && g[0].Database == t.Database })
		if i < 0 {
			i, out = len(out), append(out, nil)
		}
		out[i] = append(out[i], t)
	}
	return out
}

// swapSchemas restores the schemas of one database in one transaction: psql
// reads the renames, then what pg_restore makes of each dump, then the
// comparison, then COMMIT. Whatever goes wrong before that last word, the
// server takes everything back, also when we are no longer there.
func (r *run) swapSchemas(ctx context.Context, group []*Target) error {
	began := time.Now()
	first := group[0]
	if err := r.endSessions(ctx, first); err != nil {
		return err
	}
	access, err := r.access(first.Server)
	if err != nil {
		return err
	}
	in, out := io.Pipe()
	psql, err := pg.Start(ctx, pg.Command{
		Path: r.tools.Path("psql"), Access: access, Env: r.roleEnv(first.Server), Stdin: in, Stdout: io.Discard,
		Args: []string{"-X", "-q", "-A", "-t", "--no-password", "-v", "ON_ERROR_STOP=1", "-d", pg.Conninfo(first.Database)},
	})
	if err != nil {
		return err
	}
	go func() {
		// A psql that has ended reads no more: the writer must not wait for it.
		<-psql.Done()
		in.Close()
	}()
	wrote := r.writeSchemas(ctx, out, group, access)
	out.Close()
	ended := psql.Wait()
	switch {
	case ctx.Err() != nil && ended != nil:
		return ctx.Err()
	case ended != nil:
		return fault.Wrap(ended, fault.Pos{}, "%s: nothing was changed, one transaction held it all", first.Database).
			WithNext("Read the server's message, then run the command again")
	case wrote != nil:
		return wrote
	}
	for _, t := range group {
		r.took[t] = time.Since(began)
		r.note(t, true)
	}
	return reached(context.WithoutCancel(ctx), "committed")
}

func (r *run) writeSchemas(ctx context.Context, w io.Writer, group []*Target, access pg.Access) error {
	say := func(sql string) error {
		_, err := io.WriteString(w, sql+"\n")
		return err
	}
	if err := say("BEGIN;"); err != nil {
		return err
	}
	for _, t := range group {
		if err := say(t.renameSchemaSQL(r.stamp)); err != nil {
			return err
		}
	}
	for _, t := range group {
		if err := r.scriptOf(ctx, w, t, access); err != nil {
			return err
		}
		if err := reached(ctx, "restored "+t.Name()); err != nil {
			return err
		}
	}
	for _, t := range group {
		r.Progress(Event{Target: t.Name(), Stage: "compare"})
		if err := say(t.checkSQL() + "\n" + t.analyzeSQL()); err != nil {
			return err
		}
	}
	if err := reached(ctx, "before the commit"); err != nil {
		return err
	}
	return say("COMMIT;")
}

// renameSchemaSQL moves the live schema away, if there is one.
func (t *Target) renameSchemaSQL(stamp string) string {
	return fmt.Sprintf("SELECT format('ALTER SCHEMA %%I RENAME TO %%I', nspname, %s) FROM pg_catalog.pg_namespace WHERE nspname = %s\n\\gexec",
		pg.Literal(failedName(t.Schema, stamp)), pg.Literal(t.Schema))
}

// analyzeSQL names the tables: ANALYZE alone would read the whole database.
func (t *Target) analyzeSQL() string {
	var names []string
	for _, table := range t.was.Tables {
		names = append(names, pg.Ident(table.Schema, table.Name))
	}
	if len(names) == 0 {
		return ""
	}
	return "ANALYZE " + strings.Join(names, ", ") + ";"
}

// scriptOf has pg_restore turn a dump into statements.
func (r *run) scriptOf(ctx context.Context, w io.Writer, t *Target, access pg.Access) error {
	dump, err := r.openDump(ctx, t)
	if err != nil {
		return err
	}
	defer dump.close()
	err = pg.Run(ctx, pg.Command{Path: r.tools.Path("pg_restore"), Access: access, Stdin: dump, Stdout: w,
		Args: []string{"--exit-on-error", "-f", "-"}})
	return dump.restored(err, nextVerify)
}

// endSessions ends the sessions in the target's database. In schema mode nobody
// can be kept out: the database is the other plugins' too, and ours.
func (r *run) endSessions(ctx context.Context, t *Target) error {
	if err := reached(ctx, "before the swap"); err != nil {
		return err
	}
	r.Progress(Event{Target: t.Database, Stage: "swap"})
	conn := r.conns[t.Server]
	if _, err := conn.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = $1 AND "+r.toEnd(), t.Database); err != nil {
		return stageError(ctx, err, "the sessions in %s could not be ended", t.Database)
	}
	alive, err := r.waitForSessions(ctx, conn, []string{t.Database}, true)
	if err != nil {
		return err
	}
	if len(alive) > 0 {
		return fault.Wrap(errSessions, fault.Pos{}, "%s; nothing was changed", sessionsText(alive)).
			WithNext("Stop what connects to the databases, then run the command again")
	}
	return reached(ctx, "terminated")
}
