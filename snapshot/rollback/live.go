package rollback

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/snapshot"
)

// Leftover is what an interrupted restore left behind.
type Leftover struct {
	// Name is the database, schema or file, For what it was restored for.
	Name string `json:"name"`
	For  string `json:"for"`
	// Kind is "beside" (restored, or half restored, never used: it is dropped),
	// "blocked" (a live database that takes no connections: it is opened again)
	// or "failed" (a database that an earlier restore replaced: it is kept).
	Kind   string `json:"kind"`
	Server int    `json:"server"`
	// Whole says of one beside that it was restored from this snapshot and
	// compared: the next restore swaps it and does not restore again.
	Whole bool `json:"whole"`
}

// Kinds of leftovers.
const (
	leftBeside  = "beside"
	leftBlocked = "blocked"
	leftFailed  = "failed"
)

// session is a connection to a database that comes back.
type session struct {
	Database    string `json:"database"`
	User        string `json:"user"`
	Application string `json:"application"`
	Address     string `json:"address"`
	State       string `json:"state"`
	// MayEnd says that the role that restores may end it.
	MayEnd bool `json:"mayEnd"`
}

func (s session) String() string {
	return fmt.Sprintf("%s: user %s, application %q, from %s, %s", s.Database, s.User, s.Application, s.Address, cmp.Or(s.State, "state unknown"))
}

// clientSession is true of the sessions of clients. Of other roles' sessions a
// role that is not a superuser sees the user and no backend_type; what has no user
// either is the server's own.
const clientSession = `pid <> pg_catalog.pg_backend_pid() AND coalesce(backend_type, CASE WHEN usesysid IS NOT NULL THEN 'client backend' END) = 'client backend'`

// mayEnd is true of the sessions that pg_terminate_backend would end for us; of
// another it is an error.
const mayEnd = `((SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) OR
  NOT coalesce((SELECT rolsuper FROM pg_catalog.pg_roles r WHERE r.oid = usesysid), false)
  AND (pg_catalog.pg_has_role(usesysid, 'USAGE') OR pg_catalog.pg_has_role('pg_signal_backend', 'USAGE')))`

// liveSessions are the client sessions in some databases, without our own and
// rollback.sh's: one that was closed may still be ending on the server.
func liveSessions(ctx context.Context, conn *pgx.Conn, names []string) ([]session, error) {
	return pg.Rows(ctx, conn, pgx.RowToStructByPos[session], `SELECT datname, coalesce(usename, ''), coalesce(application_name, ''),
       coalesce(host(client_addr), 'a local socket'), coalesce(state, ''), coalesce(`+mayEnd+`, false)
  FROM pg_catalog.pg_stat_activity
 WHERE datname = ANY($1) AND `+clientSession+`
   AND coalesce(application_name, '') NOT IN ($2, 'portalctl-rollback')
 ORDER BY datname, pid`, names, pg.AppName)
}

// row is a database as the catalog has it.
type row struct {
	Name       string
	OID        uint32
	AllowsConn bool
	Bytes      int64
	Comment    string
}

func liveDatabases(ctx context.Context, conn *pgx.Conn) ([]row, error) {
	return pg.Rows(ctx, conn, pgx.RowToStructByPos[row], `SELECT datname::text, oid, datallowconn,
       CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) ELSE 0 END,
       coalesce(shobj_description(oid, 'pg_database'), '')
  FROM pg_catalog.pg_database WHERE NOT datistemplate ORDER BY datname`)
}

// Look compares the snapshot's databases with the live servers: which were
// migrated (the others move from Targets to Kept), which rows a restore would
// take away, and what an interrupted restore left behind. It changes nothing.
// only are the databases or plugins to restore whatever their migrations say;
// "all" for all of them.
func (p *Plan) Look(ctx context.Context, servers []pg.Target, only []string) error {
	all := p.all()
	p.Targets, p.Kept, p.Leftovers, p.Unknown = nil, []*Target{}, []Leftover{}, []string{}
	p.Compared = "live"
	if err := unknownNames(all, only); err != nil {
		return err
	}
	for i := range p.Servers {
		if err := p.lookAt(ctx, i, servers[i], all, only); err != nil {
			return err
		}
		if err := p.lookForStrangers(ctx, i, servers[i]); err != nil {
			return err
		}
	}
	for _, t := range all {
		if t.Kind == kindSQLite {
			if err := p.lookAtFile(ctx, t, only); err != nil {
				return err
			}
		}
	}
	p.strangeFiles(all)
	// The longest restore comes first.
	slices.SortStableFunc(p.Targets, func(a, b *Target) int { return int(min(1, max(-1, b.Bytes-a.Bytes))) })
	if p.Targets == nil {
		p.Targets = []*Target{}
	}
	p.Steps = p.steps()
	return nil
}

func (p *Plan) lookAt(ctx context.Context, i int, server pg.Target, all []*Target, only []string) error {
	conn, err := server.Connect(ctx, "")
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := liveDatabases(ctx, conn)
	if err != nil {
		return queryError(err, server)
	}
	if err := p.sameServer(ctx, conn, i, rows, all); err != nil {
		return err
	}
	for _, t := range all {
		if t.Kind == kindSQLite || t.Server != i {
			continue
		}
		p.leftovers(t, rows)
		if err := p.lookAtDatabase(ctx, t, server, rows, only); err != nil {
			return err
		}
	}
	return nil
}

// leftovers finds what carries the target's name and one of our suffixes.
func (p *Plan) leftovers(t *Target, rows []row) {
	add := func(l Leftover) {
		if !slices.Contains(p.Leftovers, l) {
			p.Leftovers = append(p.Leftovers, l)
		}
	}
	for _, r := range rows {
		if belongsTo(r.Name, t.Database, snapshot.BesideSuffix) {
			add(Leftover{Name: r.Name, For: t.Database, Kind: leftBeside, Server: t.Server, Whole: t.Kind == kindDatabase && r.Comment == wholeMark(t)})
		}
		if belongsTo(r.Name, t.Database, snapshot.FailedSuffix) {
			add(Leftover{Name: r.Name, For: t.Database, Kind: leftFailed, Server: t.Server})
		}
		if r.Name == t.Database && !r.AllowsConn {
			add(Leftover{Name: r.Name, For: t.Database, Kind: leftBlocked, Server: t.Server})
		}
	}
}

func (p *Plan) lookAtDatabase(ctx context.Context, t *Target, server pg.Target, rows []row, only []string) error {
	t.Changes, t.Loss = []Change{}, Loss{Tables: []snapshot.RowDiff{}, Meaning: meaningOf(t.Plugins)}
	at := slices.IndexFunc(rows, func(r row) bool { return r.Name == t.Database })
	switch {
	case at < 0:
		t.Changes = append(t.Changes, Change{Table: "the database is not there"})
	case !rows[at].AllowsConn:
		// Left closed by an interrupted restore: it cannot be looked into, and
		// that restore had found that it changed.
		t.Changes = append(t.Changes, Change{Table: "the database takes no connections"})
	default:
		conn, err := server.Connect(ctx, t.Database)
		if err != nil {
			return err
		}
		defer conn.Close(context.WithoutCancel(ctx))
		now, err := snapshot.Migrations(ctx, conn, t.Schema)
		if err != nil {
			return queryError(err, server)
		}
		t.Changes = compareMigrations(t.was.Migrations, now)
		if p.wanted(t, only) {
			tables, err := snapshot.Tables(ctx, conn, t.Schema)
			if err != nil {
				return queryError(err, server)
			}
			t.counted(tables)
		}
	}
	p.place(t, only)
	return nil
}

// wanted reports whether a target comes back: it was migrated, or asked for.
func (p *Plan) wanted(t *Target, only []string) bool {
	if len(only) == 0 {
		return len(t.Changes) > 0
	}
	return slices.Contains(only, "all") || slices.Contains(only, t.Name()) ||
		slices.ContainsFunc(t.Plugins, func(id string) bool { return slices.Contains(only, id) })
}

func (p *Plan) place(t *Target, only []string) {
	estimate(t)
	if p.wanted(t, only) {
		p.Targets = append(p.Targets, t)
	} else {
		p.Kept = append(p.Kept, t)
	}
}

func unknownNames(all []*Target, only []string) error {
	for _, name := range only {
		known := name == "all" || slices.ContainsFunc(all, func(t *Target) bool {
			return t.Name() == name || slices.Contains(t.Plugins, name)
		})
		if !known {
			var names []string
			for _, t := range all {
				names = append(names, t.Name())
			}
			return fault.New("the snapshot has no database or plugin %q", name).WithNext("It has %s", strings.Join(names, ", "))
		}
	}
	return nil
}

func queryError(err error, server pg.Target) error {
	return fault.Wrap(pg.Cause(err), fault.Pos{}, "%s: a query failed", server)
}
