package database

import "github.com/portalctl/portalctl/internal/pg"

// Server is one server as one user sees it, and what to ask it.
type Server struct {
	Target pg.Target
	// SchemasIn is the database whose schemas are to be listed, "" in database
	// mode.
	SchemasIn string
}

// Listing is what a server has: all names of pg_database in Databases
// (templates left out), or in schema mode the schemas of Server.SchemasIn in
// Schemas.
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
)

// Found is one line of the table: a plugin's database, and whether it is there.
type Found struct {
	Plugin Plugin
	State  State
}

// Compare puts the layout and the servers' listings side by side, ordered by
// plugin ID. A name that starts with the prefix and belongs to no plugin is
// Unknown, with the rest of the name as its plugin ID: it may be another
// deployment's, or a plugin's that is no longer installed. Names are compared
// as starts_with does; LIKE would take the prefix's "_" for any character.
func (l *Layout) Compare([]Listing) []Found { return nil }
