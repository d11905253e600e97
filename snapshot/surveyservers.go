package snapshot

import (
	"context"
	"errors"
	"slices"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/snapshot/database"
)

// servers asks each server who it is and what it has.
func (s *Survey) servers(ctx context.Context) ([]database.Listing, error) {
	var out []database.Listing
	for _, server := range s.in.Layout.Servers() {
		t := server.Target
		who, pooled, err := identify(ctx, t, "")
		in := ""
		if pg.Code(err) == "3D000" || pg.Code(err) == "42501" || pg.Code(err) == "28000" {
			// No maintenance database for us: any of the plugins' will do.
			for _, p := range s.in.Layout.Plugins {
				if p.Problem == nil && p.Kind == database.Postgres && p.Server.Address() == t.Address() && p.Database != in && err != nil {
					in = p.Database
					who, pooled, err = identify(ctx, t, in)
				}
			}
		}
		if err != nil {
			return nil, err
		}
		for _, d := range s.in.Layout.Plugins {
			if v := d.From["password"].Var; d.Server.Address() == t.Address() && who.PasswordVariable == "" {
				who.PasswordVariable = v
			}
		}
		if !slices.ContainsFunc(s.Servers, func(o Server) bool { return o.ID == who.ID }) {
			s.Servers = append(s.Servers, who)
			if who.Standby {
				s.warn("standby", who.ID, "Name the primary with --dsn", "it is a standby: the plan would lead to a server that nothing can be restored on")
			}
			if pooled {
				s.refuse("pooler", who.ID, "Name the server itself with --dsn: a restore has to end sessions and rename databases, which a pooler hides", poolerText, who.ID)
			}
		}
		l := database.Listing{Server: server}
		if l.Databases, err = list(ctx, t, in, "SELECT datname::text FROM pg_database WHERE NOT datistemplate ORDER BY 1"); err != nil {
			return nil, err
		}
		if server.SchemasIn != "" && slices.Contains(l.Databases, server.SchemasIn) {
			if l.Schemas, err = list(ctx, t, server.SchemasIn, "SELECT nspname::text FROM pg_namespace ORDER BY 1"); err != nil {
				return nil, err
			}
		}
		out = append(out, l)
	}
	return out, nil
}

func list(ctx context.Context, t pg.Target, databaseName, query string) ([]string, error) {
	conn, err := t.Connect(ctx, databaseName)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	names, err := pg.Texts(ctx, conn, query)
	if err != nil {
		return nil, fault.Wrap(pg.Cause(err), fault.Pos{}, "%s does not list what it has", t.Address())
	}
	return names, nil
}

// client finds the programs for the newest server.
func (s *Survey) client(ctx context.Context) error {
	major := 0
	for _, server := range s.Servers {
		major = max(major, server.major())
	}
	if major == 0 {
		return nil
	}
	tools, err := pg.FindTools(ctx, s.in.PGBin, major, "pg_dump", "pg_restore", "pg_dumpall")
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, pg.ErrOldClient), errors.Is(err, pg.ErrNoTools):
		var f *fault.Error
		errors.As(err, &f)
		s.refuse("client-older", "", f.Next, "%s", f.What)
	case err != nil:
		return err
	}
	s.tools = tools
	return nil
}
