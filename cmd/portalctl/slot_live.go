package main

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/slot"
	"github.com/portalctl/portalctl/snapshot"
	"github.com/portalctl/portalctl/snapshot/database"
)

// A liveDatabase is one of the portal's, and how to log in.
type liveDatabase struct {
	snapshot.Database
	server pg.Target
}

// liveDatabases are those that the plugins of the checkout would connect to, and those of
// a snapshot, whose servers are known by then.
func liveDatabases(ctx context.Context, o snapshotOptions, e env, co *checkout, w *wayBack) ([]liveDatabase, error) {
	packages, err := co.registry(e, false)
	if err != nil {
		return nil, err
	}
	layout, err := snapshotLayout(ctx, o, e, co, &snapshot.Code{Lock: co.lock}, packages)
	if err != nil {
		return nil, err
	}
	var list []liveDatabase
	var problem error
	add := func(d snapshot.Database, server pg.Target) {
		if !slices.ContainsFunc(list, func(have liveDatabase) bool { return have.Title() == d.Title() && have.Server == d.Server }) {
			list = append(list, liveDatabase{d, server})
		}
	}
	for _, p := range layout.Plugins {
		problem = cmp.Or(problem, p.Problem)
		if p.Problem == nil && p.Kind != "" {
			d := snapshot.Database{Kind: p.Kind, Name: p.Database, Schema: p.Schema, Path: p.Path}
			if p.Kind == database.Postgres {
				d.Server = p.Server.Address()
			}
			add(d, p.Server)
		}
	}
	if w == nil {
		if len(list) == 0 && problem != nil {
			return nil, problem
		}
		return list, nil
	}
	for _, d := range w.snap.Manifest.Databases {
		i := slices.IndexFunc(w.plan.Servers, func(s snapshot.Server) bool { return s.ID == d.Server })
		switch {
		case slices.ContainsFunc(list, func(have liveDatabase) bool { return have.Title() == d.Title() }):
			// The server may have another address by now.
		case i >= 0 && i < len(w.servers):
			add(d, w.servers[i])
		case d.Kind == snapshot.KindSQLite:
			add(d, pg.Target{})
		}
	}
	return list, nil
}

// readLive asks all of them what knex has run. One that cannot be read is told so; an
// error is that none could be.
func readLive(ctx context.Context, list []liveDatabase) ([]slot.Database, error) {
	out, failed := make([]slot.Database, len(list)), make([]error, len(list))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, d := range list {
		g.Go(func() error {
			out[i].Name = d.Title()
			tables, there, err := snapshot.ReadMigrations(gctx, d.Database, d.server)
			if gctx.Err() != nil {
				return gctx.Err()
			}
			if err != nil {
				failed[i], out[i].Unread = err, harmless(err.Error())
			}
			out[i].Absent = !there && err == nil
			for _, m := range tables {
				out[i].Tables = append(out[i].Tables, liveTable(m))
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New("the portal has no database that can be looked at").WithNext("Check app-config, --config and the server")
	}
	if !slices.Contains(failed, nil) {
		return nil, failed[0]
	}
	return out, nil
}

func liveTable(m snapshot.Migration) slot.Table {
	t := slot.Table{Name: slot.TableName(m.Schema, m.Table), Locked: m.Locked, Migrations: []string{}}
	for _, r := range m.Rows {
		t.Migrations = append(t.Migrations, r.Name)
	}
	return t
}
