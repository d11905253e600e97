package snapshot

import (
	"context"
	"strconv"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
)

// ErrPooler is said of a connection that does not end at the server.
const poolerText = "a connection pooler stands between portalctl and %s"

// identify asks a server who it is. pooled reports that the connection goes
// through a pooler: the process that answers is not the one that the
// connection was given as its own.
func identify(ctx context.Context, t pg.Target, databaseName string) (s Server, pooled bool, err error) {
	conn, err := t.Connect(ctx, databaseName)
	if err != nil {
		return Server{}, false, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	s = Server{ID: t.Address(), Host: t.Host, Port: t.PortOr(), User: t.User, SSLMode: t.SSLMode}
	var pid uint32
	err = conn.QueryRow(ctx, `SELECT current_setting('server_version'), current_setting('server_version_num')::int, pg_backend_pid(), coalesce(host(inet_server_addr()), ''), pg_is_in_recovery()`).
		Scan(&s.Version, &s.VersionNum, &pid, &s.Address, &s.Standby)
	if err != nil {
		return Server{}, false, fault.Wrap(pg.Cause(err), fault.Pos{}, "%s does not say what it is", t.Address())
	}
	var id int64
	if err := conn.QueryRow(ctx, "SELECT system_identifier FROM pg_control_system()").Scan(&id); err == nil {
		s.SystemIdentifier = strconv.FormatUint(uint64(id), 10)
	}
	return s, pid != conn.PgConn().PID(), nil
}

// major is the server's major version.
func (s Server) major() int { return s.VersionNum / 10000 }

// same reports whether two servers are the same cluster: by the system
// identifier where both have it, else by host and port.
func (s Server) same(other Server) bool {
	if s.SystemIdentifier != "" && other.SystemIdentifier != "" {
		return s.SystemIdentifier == other.SystemIdentifier
	}
	return s.Host == other.Host && s.Port == other.Port
}
