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

// ResultSchema is the form of a restore's report in JSON.
const ResultSchema = "portalctl.restore/v1"

// Options are what Restore needs beside the plan.
type Options struct {
	// Dir is the snapshot's folder.
	Dir string
	// Connections are how to log in to Plan.Servers, in that order.
	Connections []pg.Target
	// Terminate ends sessions that are alive. Without it they are a refusal.
	Terminate bool
	// Began names what is made; it must be later than any leftover's.
	Began time.Time
	// Progress hears of every stage, and of the bytes of a dump that are
	// restored. nil for nobody.
	Progress func(Event)
}

// Event is how far a restore has come.
type Event struct {
	Target string
	Stage  string
	// Done and Total are bytes of the dump's file, in stage "restore".
	Done, Total int64
}

// Result is what a restore did.
type Result struct {
	Schema   string     `json:"schema"`
	Snapshot string     `json:"snapshot"`
	Restored []Restored `json:"restored"`
	Kept     []string   `json:"kept"`
	// Removed are the leftovers of an interrupted restore that are gone now.
	Removed []string `json:"removed"`
	// Unknown names what is not in the snapshot and has no way back, "" for
	// nothing.
	Unknown string `json:"unknown,omitempty"`
	Deploy  string `json:"deploy"`
	// Drop are the commands that remove the failed state, for later.
	Drop []string `json:"drop"`
}

// Restored is one target that came back.
type Restored struct {
	Name    string   `json:"name"`
	Plugins []string `json:"plugins"`
	// Failed is what the state before is called now, "" when there was none.
	Failed string `json:"failed"`
	Rows   int64  `json:"rows"`
	// Milliseconds is how long restoring beside and comparing took.
	Milliseconds int64 `json:"milliseconds"`
}

// errSessions: the new release still uses the databases.
var errSessions = errors.New("sessions are alive")

// errBusy: another restore is at work on the server.
var errBusy = errors.New("another restore is at work")

// run is one restore.
type run struct {
	*Plan
	Options
	stamp   string
	private pg.Private
	conns   []*pgx.Conn
	tools   *pg.Tools
	made    []*Target // whose database beside exists
	// whole are the databases beside that an earlier restore has left, restored
	// and compared; kept those that this one leaves, as its swap failed.
	whole  map[*Target]string
	kept   map[*Target]bool
	result *Result
	took   map[*Target]time.Duration
}

// Restore brings the plan's targets back. Whenever it ends, by itself, by ctx
// or by SIGKILL, every live database is either the old one or the new one; what
// it left beside is found and removed by the next Restore.
func (p *Plan) Restore(ctx context.Context, o Options) (_ *Result, err error) {
	r := &run{Plan: p, Options: o, stamp: stampText(o.Began), took: map[*Target]time.Duration{},
		whole: map[*Target]string{}, kept: map[*Target]bool{},
		result: &Result{Schema: ResultSchema, Snapshot: p.Snapshot, Restored: []Restored{}, Kept: []string{}, Removed: []string{}, Unknown: p.UnknownText(), Deploy: p.Deploy(), Drop: []string{}}}
	if r.Progress == nil {
		r.Progress = func(Event) {}
	}
	defer r.close()
	if err := r.checkDumps(ctx); err != nil {
		return nil, err
	}
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	if err := r.clean(ctx); err != nil {
		return nil, err
	}
	if err := r.restoreAll(ctx); err != nil {
		return r.partly(), errors.Join(err, r.undo(ctx))
	}
	for _, t := range p.Kept {
		r.result.Kept = append(r.result.Kept, t.Name())
	}
	return r.result, nil
}

// partly is the result when something was swapped before the error.
func (r *run) partly() *Result {
	if len(r.result.Restored) == 0 {
		return nil
	}
	return r.result
}

func (r *run) restoreAll(ctx context.Context) error {
	for _, t := range r.Targets {
		if t.Kind == kindDatabase {
			if err := r.beside(ctx, t); err != nil {
				return err
			}
		}
	}
	files, err := r.filesBeside(ctx)
	defer files.remove()
	if err != nil {
		return err
	}
	// From here on names change. Each server is one step, each database with
	// schemas one, each file one. Once the first is done an interruption waits:
	// half a rollback is worse than either state. What comes before an error
	// stays, and the next Restore does the rest.
	for i := range r.Plan.Servers {
		if err := r.swap(r.committed(ctx), i); err != nil {
			return err
		}
	}
	for _, group := range schemaGroups(r.Targets) {
		if err := r.swapSchemas(r.committed(ctx), group); err != nil {
			return err
		}
	}
	ctx = r.committed(ctx)
	return r.swapFiles(ctx, files)
}

// committed is ctx until something was swapped, and then one that does not end.
func (r *run) committed(ctx context.Context) context.Context {
	if len(r.result.Restored) > 0 {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// open connects to every server, keeps other restores out and refuses sessions.
func (r *run) open(ctx context.Context) error {
	major := 0
	for i, server := range r.Connections {
		names := databases(r.Targets, i)
		conn, err := server.Connect(ctx, "")
		if err != nil {
			return err
		}
		r.conns = append(r.conns, conn)
		if len(names) == 0 {
			continue
		}
		major = max(major, r.Plan.Servers[i].VersionNum/10000)
		if err := r.lock(ctx, conn, server); err != nil {
			return err
		}
		var standby bool
		if err := conn.QueryRow(ctx, "SELECT pg_is_in_recovery()").Scan(&standby); err != nil {
			return queryError(err, server)
		}
		if standby {
			return fault.New("%s is a standby, which nothing can be written to", server.Address()).
				WithNext("Give the primary server: with --config, --dsn or --admin-dsn")
		}
		if err := r.rights(ctx, conn, i); err != nil {
			return err
		}
		if err := r.refuseSessions(ctx, conn, names); err != nil {
			return err
		}
	}
	for _, t := range r.Targets {
		if t.Kind == kindSQLite {
			if err := refuseUsers(t.Path); err != nil {
				return err
			}
		}
	}
	if major == 0 {
		return nil
	}
	programs := []string{"pg_restore"}
	if len(schemaGroups(r.Targets)) > 0 {
		programs = append(programs, "psql")
	}
	var err error
	r.tools, err = pg.FindTools(ctx, "", major, programs...)
	return err
}

// lockKey is the advisory lock that one restore at a time holds on a server, in
// the maintenance database. It ends with the session, however that ends.
const lockKey = 0x706f7274616c // "portal"

func (r *run) lock(ctx context.Context, conn *pgx.Conn, server pg.Target) error {
	var free bool
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(lockKey)).Scan(&free); err != nil {
		return queryError(err, server)
	}
	if !free {
		return fault.Wrap(errBusy, fault.Pos{}, "%s", server.Address()).WithNext("Wait until it has ended, then look at what is left with: portalctl snapshot restore --dry-run")
	}
	return reached(ctx, "locked")
}

// rights refuses a role that could restore and then not rename, before time is
// spent on it.
func (r *run) rights(ctx context.Context, conn *pgx.Conn, server int) error {
	for _, t := range r.Targets {
		if t.Server != server || t.Kind == kindSQLite {
			continue
		}
		var super, createdb, createrole, owns bool
		var who string
		err := conn.QueryRow(ctx, `SELECT r.rolname::text, r.rolsuper, r.rolcreatedb, r.rolcreaterole,
       NOT EXISTS (SELECT FROM pg_catalog.pg_database d WHERE d.datname = $1 AND NOT pg_has_role(current_user, d.datdba, 'MEMBER'))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles o WHERE o.rolname = $2 AND NOT pg_has_role(current_user, o.oid, 'MEMBER'))
  FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`, t.Database, t.owner()).Scan(&who, &super, &createdb, &createrole, &owns)
		switch {
		case err != nil:
			return queryError(err, r.Connections[server])
		case super, t.Kind == kindSchema:
		case !createdb:
			return fault.New("%s may not create databases, which restoring %s beside needs", r.Connections[server], t.Name()).
				WithNext("ALTER ROLE … CREATEDB, or give --admin-dsn")
		case !owns:
			return fault.New("%s does not own %s and may not rename it", r.Connections[server], t.Name()).
				WithNext("GRANT it the owner's role, or give --admin-dsn")
		case !createrole && t.settingOfAnother(who) != "":
			return fault.New("%s may not repeat ALTER ROLE %s IN DATABASE %s SET …, which the database had", r.Connections[server], t.settingOfAnother(who), t.Name()).
				WithNext("Give --admin-dsn with a superuser")
		}
	}
	return nil
}

// goneWithin is how long a session may take to go before it counts as alive.
const goneWithin = 2 * time.Second

func (r *run) refuseSessions(ctx context.Context, conn *pgx.Conn, names []string) error {
	alive, err := r.waitForSessions(ctx, conn, names, !r.Terminate)
	if err != nil {
		return err
	}
	var firm []session
	for _, s := range alive {
		if !s.MayEnd {
			firm = append(firm, s)
		}
	}
	switch {
	case len(firm) > 0:
		// Met at the swap only, it would cost the whole restore.
		return fault.Wrap(errSessions, fault.Pos{}, "%s, which this role may not end", sessionsText(firm)).
			WithNext("Have them ended by their owner, or give --admin-dsn with a superuser and --terminate")
	case len(alive) > 0 && !r.Terminate:
		return fault.Wrap(errSessions, fault.Pos{}, "%s", sessionsText(alive)).
			WithNext("Stop every replica of the portal, or give --terminate to end the sessions")
	}
	return nil
}

// waitForSessions lists the sessions that are alive. A session that was just
// closed is listed until its process has ended, so with wait it looks again.
func (r *run) waitForSessions(ctx context.Context, conn *pgx.Conn, names []string, wait bool) ([]session, error) {
	for limit := time.Now().Add(goneWithin); ; time.Sleep(100 * time.Millisecond) {
		alive, err := liveSessions(ctx, conn, names)
		if err != nil {
			return nil, fault.Wrap(pg.Cause(err), fault.Pos{}, "the sessions cannot be listed")
		}
		if len(alive) == 0 || !wait || time.Now().After(limit) {
			return alive, nil
		}
	}
}

func sessionsText(alive []session) string {
	text := ""
	for i, s := range alive {
		if i == 5 {
			text += "; …"
			break
		}
		if i > 0 {
			text += "; "
		}
		text += s.String()
	}
	if len(alive) > 1 {
		return fmt.Sprintf("%d sessions still use the databases (%s)", len(alive), text)
	}
	return "one session still uses the databases (" + text + ")"
}

// close ends what is ours. The advisory locks go with the connections.
func (r *run) close() {
	for _, conn := range r.conns {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		_ = conn.Close(ctx)
		cancel()
	}
	_ = r.private.Close()
}
