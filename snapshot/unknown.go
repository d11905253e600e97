package snapshot

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/snapshot/database"
)

// stray is a database with the portal's prefix that no plugin is known to use,
// and what tells whether it is the portal's all the same.
type stray struct {
	line  int // of Survey.Plugins
	found database.Found
}

// strays judges the databases that nobody is known to use. One that belongs to
// the portal's own role, or that a package of the lock has migrated, is the
// portal's data: a snapshot that exits 0 without it would be found short on the
// day it is needed. Others may be another deployment's and are named only.
func (s *Survey) strays(ctx context.Context, list []stray) error {
	for _, x := range list {
		line := &s.Plugins[x.line]
		d := Database{Kind: KindPostgres, Name: x.found.Plugin.Database, Schema: x.found.Plugin.Schema}
		target := x.found.Plugin.Server
		tx, done, err := begin(ctx, target, d.Name, lookTimeout)
		var owner string
		var mine bool
		if err == nil {
			if d.Schema == "" {
				err = tx.QueryRow(ctx, "SELECT pg_get_userbyid(datdba), pg_has_role(datdba, 'USAGE') AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) FROM pg_database WHERE datname = current_database()").Scan(&owner, &mine)
			} else {
				err = tx.QueryRow(ctx, "SELECT pg_get_userbyid(nspowner), pg_has_role(nspowner, 'USAGE') AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) FROM pg_namespace WHERE nspname = $1", d.Schema).Scan(&owner, &mine)
			}
			mine = mine || owner == target.User || target.Role != "" && owner == target.Role
			if err == nil {
				d.Migrations, err = Migrations(ctx, tx, d.Schema)
			}
			done()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		line.Owner = owner
		by := ""
		if err == nil {
			by = s.in.Code.migratedBy(ctx, d.Migrations)
		}
		switch {
		case by != "":
			s.refuse("unknown-database", line.Database, s.strayStep(line), "%s of this portal has migrated it, and no plugin of the backend is known to use it", by)
		case mine:
			s.refuse("unknown-database", line.Database, s.strayStep(line), "it has the portal's prefix and its owner %s, and no plugin of the backend is known to use it", owner)
		default:
			text := "no installed plugin is known to use it: another deployment's, or of a plugin that is gone. It is not copied"
			if owner != "" {
				text += "; its owner is " + owner
			}
			s.warn("unknown-database", line.Database, "If it is this portal's, install the plugin or name it in app-config; else leave it", "%s", text)
		}
	}
	return nil
}

// strayStep is what to do about a stray. A plugin may keep its data elsewhere
// now, in a file say: then its ID names that, and the database's name this.
func (s *Survey) strayStep(stray *Line) string {
	if slices.ContainsFunc(s.Plugins, func(l Line) bool { return l.Plugin == stray.Plugin && l.State != stray.State }) {
		return fmt.Sprintf("If %s keeps its data elsewhere now, leave this out with --skip %s, or drop it", stray.Plugin, stray.Database)
	}
	return fmt.Sprintf("If it is this portal's, name it in app-config as backend.database.plugin.%s; else leave it out with --skip %s", stray.Plugin, stray.Plugin)
}

// migratedBy is the package of the portal, with its version, whose migrations
// ran; "" when none is known. Packages that migrate the databases of many
// plugins say nothing about whose this one is.
func (c *Code) migratedBy(ctx context.Context, tables []Migration) string {
	if c.Lock == nil {
		return ""
	}
	names := slices.Collect(maps.Keys(c.Workspaces))
	for i := range c.Lock.Entries {
		name, _, ok := c.Lock.Entries[i].Package()
		if ok && (portal.ShipsMigrations(name) || c.hasMigrations(name)) && !slices.Contains(shared, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, m := range tables {
		if len(m.Rows) == 0 {
			continue
		}
		for _, name := range slices.Compact(names) {
			for _, f := range c.folders(ctx, name).folders {
				if _, n := compareNames(m, f); n > 0 {
					return strings.TrimSpace(f.Package + " " + f.Version)
				}
			}
		}
	}
	return ""
}
