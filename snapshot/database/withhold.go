package database

import (
	"slices"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/secret"
)

// withhold keeps PGPASSWORD from a server that it is not for: with --admin-dsn it
// is the administrator's, and app-config, which nobody may have reviewed, could
// name any host.
func (r *resolver) withhold(p *Plugin, c *client) {
	from, ok := c.from["password"]
	if r.PasswordOf == nil || !ok || from.Var != "PGPASSWORD" && !slices.Contains(from.Vars, "PGPASSWORD") || sameServer(*r.PasswordOf, c.target) {
		return
	}
	c.target.Password = secret.Text{}
	delete(c.from, "password")
	c.passfile(r.env)
	p.Server.Password, p.From = c.target.Password, c.from
	if p.Server.Password.IsZero() {
		p.Server.Lacks = "give app-config's login its password in another variable than PGPASSWORD, which is the one of --admin-dsn, or both in PGPASSFILE"
	}
	r.note("PGPASSWORD is for the server of --admin-dsn, and not sent to %s", c.target.Address())
}

func sameServer(a, b pg.Target) bool {
	return a.PortOr() == b.PortOr() && (a.Host == b.Host || a.Local() && b.Local())
}
