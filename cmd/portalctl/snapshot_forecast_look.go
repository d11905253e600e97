package main

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/migrations"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/portal/plugins"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/snapshot"
	"github.com/portalctl/portalctl/snapshot/database"
	"github.com/portalctl/portalctl/snapshot/forecast"
)

// look finds the databases, and asks the server what they have. A server that does
// not answer is no reason to fail: it is named in the report.
func (f forecasting) look(ctx context.Context, in *forecast.Input, from *checkout) error {
	layout, err := snapshotLayout(ctx, f.o.snapshotOptions, f.e, f.co, &snapshot.Code{Lock: from.lock}, f.registry)
	if err != nil {
		if ctx.Err() != nil || f.o.dsn != nil || len(f.o.config) > 0 {
			return err
		}
		in.Unknown = append(in.Unknown, forecast.Unknown{Package: "app-config", Why: "which databases there are: " + harmless(err.Error())})
		return nil
	}
	if layout.NoDynamic {
		in.Unknown = append(in.Unknown, forecast.Unknown{Package: "dynamic plugins", Why: "their folder is not here: which there are, and which version is to come, is not known",
			Settle: "Look whether those that come with the release are those that run now: then they bring no migration"})
	}
	in.Databases = make([]forecast.Database, len(layout.Plugins))
	files := false
	progress := f.e.Progress("Looking at the databases", -1)
	defer progress.Done()
	asked := servers{unanswered: map[string]bool{}}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, p := range layout.Plugins {
		d := &in.Databases[i]
		*d = forecast.Database{Plugin: p.ID, Title: (&snapshot.Database{Kind: p.Kind, Name: p.Database, Schema: p.Schema, Path: p.Path}).Title(),
			Skips: p.SkipMigrations}
		if p.Kind != database.Postgres {
			// A developer's app-config; production's is on PostgreSQL, or not ours to tell.
			d.Title, files = "", true
		}
		for _, pkg := range p.Installed {
			if pkg.IsDynamic() {
				in.Unknown = append(in.Unknown, ofDynamic(pkg))
			}
		}
		if p.Kind == database.Postgres && p.Problem == nil && (!f.o.offline || f.o.dsn != nil) {
			g.Go(func() error {
				asked.look(gctx, d, p)
				return gctx.Err()
			})
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	in.Unknown = append(in.Unknown, asked.unknown...)
	if files {
		in.Unknown = append(in.Unknown, forecast.Unknown{Package: "app-config",
			Why: "it has plugins on SQLite, and this is what their migrations do on PostgreSQL; name production's app-config with --config"})
	}
	for i, p := range layout.Plugins {
		if in.Databases[i].State != nil {
			in.Slow = forecast.Slowness(snapshot.Probe(ctx, p.Server, p.Database))
			break
		}
	}
	return ctx.Err()
}

// ofDynamic is what is not known of a dynamic plugin. No lock has it, so that only who
// deploys it knows which version is to come.
func ofDynamic(p plugins.Package) forecast.Unknown {
	u := forecast.Unknown{Package: p.Name, Why: "it is a dynamic plugin, which no lock has: which version is to come is not known"}
	version := "the version that is here"
	if p.Version != "" {
		version = p.Version + ", which is here"
	}
	u.Settle = "Look whether it stays at " + version + ": then it brings no migration"
	if found := migrations.Of(p.Name, p.Version, migrationFiles(repofile.Of(p.Dir).FS(p.Dir), ".")); len(found.Folders) == 0 {
		u.Near, u.Why = true, u.Why+"; "+version+", has no migrations"
	}
	return u
}

// servers are those that were asked.
type servers struct {
	mu         sync.Mutex
	unanswered map[string]bool
	unknown    []forecast.Unknown
}

// look asks about one database. One sentence is enough about a server that does
// not answer.
func (s *servers) look(ctx context.Context, d *forecast.Database, p database.Plugin) {
	at := p.Server.Address()
	s.mu.Lock()
	known := s.unanswered[at]
	s.mu.Unlock()
	if known {
		return
	}
	state, err := snapshot.ReadState(ctx, p.Server, p.Database, p.Schema)
	switch code := pg.Code(err); {
	case err == nil:
		d.State = state
	case code == "3D000":
		d.Unread = "it is not on " + at + ", and so what has run there is not known"
	case code == "42501" || code == "28000":
		d.Unread = harmless(err.Error())
	default:
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.unanswered[at] && ctx.Err() == nil {
			s.unanswered[at] = true
			s.unknown = append(s.unknown, forecast.Unknown{Package: at, Why: "sizes and what has run: " + harmless(err.Error())})
		}
	}
}
