package database

import (
	"cmp"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/sorting"
)

// Server is one server as one user sees it, and what to ask it.
type Server struct {
	Target pg.Target
	// SchemasIn is the database whose schemas are to be listed, "" in database
	// mode.
	SchemasIn string
}

// Listing is what a server has: all names of pg_database in Databases
// (templates left out), and where Server.SchemasIn is set that database's
// schemas in Schemas.
type Listing struct {
	Server    Server
	Databases []string
	Schemas   []string
}

// State is what a server's listing says of a plugin's database.
type State string

// The states.
const (
	Present State = "present" // expected and there
	Missing State = "missing" // expected and not there: the plugin has not run, or keeps no data
	Unknown State = "unknown" // there, but no installed plugin is known to use it
	unasked State = "unasked" // a plugin with a Problem, or on a server without a listing
)

// Found is one line of the table: a plugin's database, and whether it is there.
type Found struct {
	Plugin Plugin
	State  State
}

// Compare puts the layout and what is there side by side, ordered by plugin ID:
// the servers' listings, and for SQLite whether a file exists. A name that
// starts with the prefix and belongs to no plugin is Unknown, with the rest of
// the name as its plugin ID: it may be another deployment's, or a plugin's that
// is no longer installed. Names are compared as starts_with does; LIKE would
// take the prefix's "_" for any character.
func (l *Layout) Compare(listings []Listing, fileExists func(path string) bool) []Found {
	var out []Found
	used := map[string]bool{} // databases and schemas that plugins have
	for _, p := range l.Plugins {
		if p.Kind == Postgres {
			used[place(p.Server, p.Database, p.Schema)] = true
		}
		out = append(out, Found{Plugin: p, State: l.state(p, listings, fileExists)})
	}
	for _, li := range listings {
		names, prefix := li.Databases, l.Prefix
		if li.Server.SchemasIn != "" {
			names, prefix = li.Schemas, l.SchemaPrefix
		}
		for _, name := range names {
			p := Plugin{Kind: Postgres, Client: "pg", Server: li.Server.Target, Database: name, OnServer: true}
			if li.Server.SchemasIn != "" {
				p.Database, p.Schema = li.Server.SchemasIn, name
			}
			at := place(p.Server, p.Database, p.Schema)
			id, ok := strings.CutPrefix(name, prefix)
			if !ok || id == "" || used[at] || p.Schema != "" && systemSchema(name) {
				continue
			}
			used[at] = true
			p.ID = id
			out = append(out, Found{Plugin: p, State: Unknown})
		}
	}
	sorting.Stable(out, func(a, b Found) int { return cmp.Compare(a.Plugin.ID, b.Plugin.ID) })
	return out
}

func (l *Layout) state(p Plugin, listings []Listing, fileExists func(string) bool) State {
	if p.Problem != nil {
		return unasked
	}
	if p.Kind == sqlite {
		if fileExists != nil && fileExists(p.Path) {
			return Present
		}
		return Missing
	}
	state := unasked
	for _, li := range listings {
		if li.Server.Target.Address() != p.Server.Address() || p.Schema != "" && li.Server.SchemasIn != p.Database {
			continue
		}
		names, name := li.Databases, cut(p.Database)
		if p.Schema != "" {
			names, name = li.Schemas, p.Schema
		}
		if slices.Contains(names, name) {
			return Present
		}
		state = Missing
	}
	return state
}

func place(t pg.Target, database, schema string) string {
	return strings.Join([]string{t.Address(), cut(database), schema}, "\n")
}

// cut is what PostgreSQL makes of a longer name: it keeps the first 63 bytes.
func cut(name string) string {
	if len(name) <= maxName {
		return name
	}
	return strings.ToValidUTF8(name[:maxName], "")
}

// systemSchema reports whether a schema is PostgreSQL's own or, as public,
// belongs to no plugin.
func systemSchema(name string) bool {
	return name == "public" || name == "information_schema" || strings.HasPrefix(name, "pg_")
}
