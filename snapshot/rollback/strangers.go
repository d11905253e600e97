package rollback

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/pg"
)

// A stranger is a database (or schema, or file) that looks like one of the
// portal's and is not in the snapshot: of a plugin that was installed later, or
// loaded at run time, or left out with --skip. If the upgrade migrated it, there
// is no way back for it, and whoever goes back has to know.

// strangerQuery finds the strangers of a server: names, from one database.
type strangerQuery struct {
	database string // "" for the maintenance database
	sql      string
}

// strangers are the queries for a server: databases that begin with the
// portal's prefix and belong to an owner of its databases, and in schema mode
// the schemas of its database that belong to an owner of its schemas.
func (p *Plan) strangers(server int) []strangerQuery {
	here := slices.DeleteFunc(p.all(), func(t *Target) bool { return t.Kind == kindSQLite || t.Server != server })
	var names, owners []string
	for _, t := range here {
		if t.Kind == kindDatabase {
			names, owners = append(names, pg.Literal(t.Database)), append(owners, pg.Literal(t.owner()))
		}
	}
	const ours = `'__(restoring|failed)_[0-9]{8}_[0-9]{6}$'`
	var out []strangerQuery
	if len(names) > 0 && p.prefix != "" {
		out = append(out, strangerQuery{"", fmt.Sprintf(`SELECT datname::text FROM pg_catalog.pg_database
 WHERE NOT datistemplate AND left(datname, %d) = %s AND datname NOT IN (%s) AND datname !~ %s
   AND pg_catalog.pg_get_userbyid(datdba) IN (%s) ORDER BY 1`,
			len([]rune(p.prefix)), pg.Literal(p.prefix), list(names), ours, list(owners))})
	}
	for _, group := range schemaGroups(here) {
		database := group[0].Database
		names, owners = nil, nil
		for _, t := range group {
			names, owners = append(names, pg.Literal(t.Schema)), append(owners, pg.Literal(t.owner()))
		}
		out = append(out, strangerQuery{database, fmt.Sprintf(`SELECT %s || nspname FROM pg_catalog.pg_namespace
 WHERE left(nspname, %d) = %s AND nspname NOT IN (%s) AND nspname !~ %s AND nspname !~ '^(pg_|information_schema$|public$)'
   AND pg_catalog.pg_get_userbyid(nspowner) IN (%s) ORDER BY 1`,
			pg.Literal(database+"."), len([]rune(p.schemaPrefix)), pg.Literal(p.schemaPrefix), list(names), ours, list(owners))})
	}
	return out
}

func list(literals []string) string {
	slices.Sort(literals)
	return strings.Join(slices.Compact(literals), ", ")
}

// lookForStrangers names what has no way back. A database that cannot be
// connected to is one that Look has said so of.
func (p *Plan) lookForStrangers(ctx context.Context, i int, server pg.Target) error {
	for _, q := range p.strangers(i) {
		conn, err := server.Connect(ctx, q.database)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			continue
		}
		names, err := pg.Texts(ctx, conn, q.sql)
		_ = conn.Close(context.WithoutCancel(ctx))
		if err != nil {
			return queryError(err, server)
		}
		p.Unknown = append(p.Unknown, names...)
	}
	return nil
}

// strangeFiles are the SQLite files beside those of the snapshot.
func (p *Plan) strangeFiles(all []*Target) {
	known, folders := map[string]bool{}, []string{}
	for _, t := range all {
		if t.Kind == kindSQLite {
			known[t.Path] = true
			folders = append(folders, filepath.Dir(t.Path))
		}
	}
	slices.Sort(folders)
	for _, folder := range slices.Compact(folders) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue
		}
		for _, e := range entries {
			path := filepath.Join(folder, e.Name())
			if e.Type().IsRegular() && filepath.Ext(path) == ".sqlite" && !known[path] {
				p.Unknown = append(p.Unknown, path)
			}
		}
	}
}

// UnknownText says of all strangers that they have no way back, "" without any.
func (p *Plan) UnknownText() string {
	if len(p.Unknown) == 0 {
		return ""
	}
	return "Not in the snapshot, so it cannot be brought back if it was migrated: " + strings.Join(p.Unknown, ", ")
}
