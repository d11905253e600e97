package rollback

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/snapshot"
)

// sameServer refuses a server that the snapshot was not taken of. The cluster's
// system identifier decides, which survives a restart, a fail-over and a new
// address; where either side cannot be read, the numbers of the databases do:
// they are given once and stay when a database is renamed, so that a server on
// which a restore has already happened is still known by what it replaced.
// There is no flag to go on: restoring over another server is a migration, and
// needs its own decisions.
func (p *Plan) sameServer(ctx context.Context, conn *pgx.Conn, i int, rows []row, all []*Target) error {
	s := p.Servers[i]
	if s.SystemIdentifier != "" {
		var now string
		err := conn.QueryRow(ctx, "SELECT system_identifier::text FROM pg_catalog.pg_control_system()").Scan(&now)
		switch {
		case err == nil && now == s.SystemIdentifier:
			return nil
		case err == nil:
			return identityError(s, "its system identifier is "+now+", the snapshot's "+s.SystemIdentifier)
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
	wanted, found := 0, 0
	for _, t := range all {
		if t.Server != i || t.was.OID == 0 {
			continue
		}
		wanted++
		if slices.ContainsFunc(rows, func(r row) bool {
			return r.OID == t.was.OID && (r.Name == t.Database || belongsTo(r.Name, t.Database, snapshot.FailedSuffix))
		}) {
			found++
		}
	}
	if found*2 < wanted {
		return identityError(s, "its databases are not those that were dumped")
	}
	return nil
}

func identityError(s snapshot.Server, why string) error {
	return fault.New("%s is not the server that the snapshot was taken of: %s", s.ID, why).
		WithNext("Point app-config (or --admin-dsn) at the server of the snapshot. --yes does not override this")
}
