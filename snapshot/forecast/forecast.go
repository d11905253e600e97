// Package forecast says before an upgrade which database migrations its first boot
// will run: what each does, on tables of which size, how long the boot will take,
// from which migration on the release that still runs fails, and which databases a
// rollback would have to restore.
//
//	packages and versions + their migrations + what the server has → New → Report
//
// It reads packages and, where a server is reachable, databases; it changes
// nothing.
package forecast

import (
	"context"

	"github.com/portalctl/portalctl/internal/migrations"
	"github.com/portalctl/portalctl/snapshot"
)

// Schema is the version of the JSON form of a Report, documented in
// docs/forecast.md.
const Schema = "portalctl.forecast/v1"

// Report is what the first boot of a release will do to the databases.
type Report struct {
	Schema string `json:"schema"`
	// From and To are the releases.
	From    string   `json:"from"`
	To      string   `json:"to"`
	Plugins []plugin `json:"plugins"`
	Boot    boot     `json:"boot"`
	// Locks are those that the release that is still running may wait for.
	Locks []lock `json:"locks"`
	// Beforehand is SQL that can be run before the upgrade to shorten the boot.
	Beforehand []statement `json:"beforehand"`
	// Restore are the databases that a rollback has to restore: knex of the old
	// release does not start on a database with migrations that it does not know.
	Restore []string `json:"restore"`
	// Read is how many packages were looked at.
	Read    int       `json:"read"`
	Unknown []Unknown `json:"unknown"`
}

// plugin is a folder of migrations that runs in a database.
type plugin struct {
	// Plugin is the ID; "*" for each plugin that uses the package.
	Plugin  string `json:"plugin"`
	Package string `json:"package"`
	From    string `json:"from"`
	To      string `json:"to"`
	// Read are the versions that were read where the registry lacks those above.
	ReadFrom string `json:"readFrom,omitempty"`
	ReadTo   string `json:"readTo,omitempty"`
	// Database is the database, or database.schema; "" where app-config does not
	// tell. Looked says that the server was asked what has run there.
	Database   string      `json:"database"`
	Looked     bool        `json:"looked"`
	Migrations []migration `json:"migrations"`
	// Edited are migrations that both versions have with another text: knex goes by
	// names, and runs none of them again.
	Edited []string `json:"edited,omitempty"`
	// Missing ran in the database, or are in the old version where no server was asked,
	// and are not in the new one. Invalid lack an up or a down. With either, knex
	// refuses to start.
	Missing []string `json:"missing,omitempty"`
	Invalid []string `json:"invalid,omitempty"`
}

// migration is one that will run.
type migration struct {
	Name string `json:"name"`
	// Does are the kinds of its steps; none where it does nothing on PostgreSQL.
	Does        []migrations.Kind `json:"does"`
	Down        migrations.Down   `json:"down"`
	Transaction bool              `json:"transaction"`
	Tables      []string          `json:"tables"`
	// Seconds is how long it is likely to run; 0 for no time worth telling, or where
	// the size of a table is not known.
	Seconds float64 `json:"seconds"`
	// PointOfNoReturn says that the old release's queries fail once it ran. Reasons
	// say why, or what may go wrong with it running.
	PointOfNoReturn bool     `json:"pointOfNoReturn"`
	Reasons         []string `json:"reasons,omitempty"`
	// Places are what could not be followed, "file:line: why".
	Places []string `json:"places,omitempty"`
}

// boot is how long the first boot takes because of migrations.
type boot struct {
	// Seconds is of the slowest backend: plugins migrate side by side, so it is that
	// of the database that takes longest. -1 where no size is known.
	Seconds float64 `json:"seconds"`
	// UpTo is what it may come to on a server that is as busy as it was at its
	// busiest when it was asked; 0 where nothing is known.
	UpTo  float64 `json:"upTo"`
	Basis string  `json:"basis"`
	// Startup is what a startup probe should allow before it kills the pod, in
	// seconds; 0 where nothing is known.
	Startup int `json:"startupSeconds"`
}

// lock is one that the running release may wait for.
type lock struct {
	Database  string `json:"database"`
	Migration string `json:"migration"`
	Table     string `json:"table"`
	// Blocks is "writes" or "reads and writes".
	Blocks  string  `json:"blocks"`
	Seconds float64 `json:"seconds"`
}

// statement is SQL to be run in a database before the upgrade.
type statement struct {
	Database  string `json:"database"`
	Migration string `json:"migration"`
	SQL       string `json:"sql"`
	// From is where it is from: "its comment" or "its code".
	From string `json:"from"`
	// Warning is what may go wrong for the release that is still running, "" for
	// nothing.
	Warning string `json:"warning,omitempty"`
}

// Unknown is something that was not read. What it may do is not in the report.
type Unknown struct {
	Package string `json:"package"`
	Why     string `json:"why"`

	// Near says that it was read, at another version, and has no migrations there.
	Near bool `json:"near,omitempty"`
	// Settle is what a person can find out elsewhere, and that would make it known; ""
	// where the forecast has to be asked again, in a better place or at a better time.
	Settle string `json:"settle,omitempty"`
}

// Package is a package of the backend.
type Package struct {
	Name string
	// Plugin is the ID of the plugin that it is, or extends; "*" for what every
	// plugin may use.
	Plugin string
	// From and To are its versions; the same where the upgrade does not move it.
	From, To string
	// Files are those of a workspace, by their path in it, before and after; nil for
	// what is published.
	Before, After map[string][]byte
	Own           bool
}

// Database is where a plugin keeps its data.
type Database struct {
	Plugin, Title, Server string
	// State is what the server has; nil where it was not asked. Unread is why not,
	// "" where nobody meant to.
	State  *snapshot.State
	Unread string
	// Skips says that app-config has the plugin's migrations switched off.
	Skips bool
}

// Input is all that a report is computed from.
type Input struct {
	From, To  string
	Packages  []Package
	Databases []Database
	// Versions answers for what is published; *migrations.Reader does.
	Versions Versions
	// Slow is how much slower the server is now than an idle one of the kind that
	// the estimate was made on.
	Slow Slow
	// MovedOnly leaves out the packages that the upgrade does not move, whatever the
	// server may lack of theirs.
	MovedOnly bool
	// Unknown is what is not known already.
	Unknown []Unknown
	// Progress, if set, is told how many packages are read.
	Progress func(done, total int)
}

// Versions answers for the migrations and the code of published versions.
type Versions interface {
	Read(ctx context.Context, name, version string) (*migrations.Package, error)
	Code(ctx context.Context, name, version string) ([]migrations.Code, error)
}
