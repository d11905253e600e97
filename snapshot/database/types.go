// Package database knows which databases a portal has: what the DatabaseManager
// of @backstage/backend-defaults would connect to for each plugin, from app-config
// and the installed plugins, and which of those the server has. The models are
// the versions 0.18.0, 0.16.0 and 0.11.1 (testdata/cases).
package database

import (
	"slices"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/portal/plugins"
)

// Mode is how plugins are kept apart (backend.database.pluginDivisionMode).
type Mode string

// The modes.
const (
	perDatabase Mode = "database"
	perSchema   Mode = "schema"
)

// The kinds of clients. Backstage also knows mysql; what is not known to be
// protected has a Problem.
const (
	Postgres = "pg"
	sqlite   = "sqlite"
)

// Layout is where all plugins of a portal keep their data.
type Layout struct {
	Mode         Mode
	Prefix       string // of database names; "backstage_plugin_" unless set
	SchemaPrefix string
	// Plugins are sorted by ID.
	Plugins []Plugin
	// NoDynamic says that app-config names a folder of dynamic plugins that is not here.
	NoDynamic bool
	// Notes are what a reader of the table should know, one sentence each.
	Notes []string
}

// Plugin is where one plugin keeps its data.
type Plugin struct {
	ID string
	// Installed are the packages that bring the plugin or extend it, none when
	// only app-config or the server knows the plugin.
	Installed []plugins.Package
	// Configured says that app-config has backend.database.plugin.<ID>.
	Configured bool
	// OnServer says that the plugin is only known because the server has a
	// database or schema of its name.
	OnServer bool

	// Kind is Postgres or sqlite; "" for a client that is not supported.
	Kind   string
	Client string // as app-config has it: pg, better-sqlite3, sqlite3, mysql2, …

	// Server, Database and Schema are set for Postgres. Schema is "" in
	// database mode. Server.Role is what Backstage sets with SET ROLE.
	Server   pg.Target
	Database string
	Schema   string
	// Path is set for SQLite: the file, absolute.
	Path string

	// EnsureExists says that Backstage creates the database when it is absent,
	// EnsureSchema the schema.
	EnsureExists, EnsureSchema bool
	SkipMigrations             bool

	// From says for host, port, user, password, database, role, ssl, path where
	// the value came from; a value that is a default is not in it.
	From map[string]appconfig.Origin

	// Unset are the variables that are not set and would say where the plugin's
	// data is: a default stands in for them, or a weaker layer's value. What the
	// login lacks is in Server.Lacks.
	Unset []appconfig.Unset

	// Problem is why the plugin's data cannot be protected as app-config
	// stands, with what to do about it; nil if it can.
	Problem error
}

// Migrates reports whether a package of the plugin is known to keep data: when
// its database is missing then, the wrong server or prefix is likely. false
// means not known.
func (p Plugin) Migrates() bool {
	return slices.ContainsFunc(p.Installed, func(pkg plugins.Package) bool { return portal.ShipsMigrations(pkg.Name) })
}

// options are what Resolve needs beside app-config.
type options struct {
	// Plugins are the installed packages.
	Plugins []plugins.Package
	// Cwd is the folder that the backend runs in, which SQLite paths are
	// relative to: packages/backend, as a rule.
	Cwd string
	// Env is the environment of the backend, each entry as in os.Environ: node-pg
	// reads PGHOST and the like for what app-config leaves out.
	Env []string
	// BackendDefaults is the installed version of @backstage/backend-defaults,
	// "" for the newest: older connectors merge connections otherwise.
	BackendDefaults string
	// Server replaces the server and the login that app-config has for every
	// plugin that uses PostgreSQL (--dsn); nil to take app-config's. It also
	// stands in for a login by a token of the cloud.
	Server *pg.Target
	// PasswordOf is the server that PGPASSWORD is for, nil for any: no other one
	// that app-config names gets it.
	PasswordOf *pg.Target
}
