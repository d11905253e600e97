// Package rollback is the way back to a snapshot: the plan that anyone can
// follow (ROLLBACK.md, rollback.sh) and the same plan executed (Restore).
//
// # How a database comes back
//
// Nothing is restored over a live database. Each one is restored beside, into
// NAME__restoring_TIME made from template0, analysed, and compared with the row
// counts and the schema hash that the snapshot recorded. Then connections are
// blocked, sessions ended, and one transaction renames every live database to
// NAME__failed_TIME, every restored one to its name, and gives it the owner,
// privileges and settings that the old one had. Before its commit all live
// databases are the old ones, after it all are the new ones.
//
// In schema mode (one database, a schema for each plugin) the same is one
// transaction from end to end: the live schema is renamed to
// NAME__failed_TIME, the dump is restored under the name that is now free, it
// is compared, and only then committed. A schema cannot be restored beside,
// since a dump names its schema in every statement.
//
// A SQLite file is decoded beside the live one, checked, and takes its name by
// one rename; the live file has got a second name before.
//
// Only what the upgrade migrated comes back: a database whose migration tables
// are still as the snapshot has them keeps all its rows.
package rollback

import (
	"slices"
	"strings"
	"time"

	"github.com/portalctl/portalctl/snapshot"
)

// Schema is the form of a plan in JSON; docs/json.md documents it.
const Schema = "portalctl.rollback/v1"

// Plan is all that a rollback would do.
type Plan struct {
	Schema   string            `json:"schema"`
	Snapshot string            `json:"snapshot"`
	Taken    time.Time         `json:"taken"`
	Portal   string            `json:"portal,omitempty"`
	Release  string            `json:"release,omitempty"`
	Commit   string            `json:"commit,omitempty"`
	Image    string            `json:"image,omitempty"`
	Servers  []snapshot.Server `json:"servers"`
	// Targets are the databases that come back, largest first.
	Targets []*Target `json:"targets"`
	// Kept are the databases that stay as they are.
	Kept []*Target `json:"kept"`
	// Compared says what the targets were chosen by: "live" (the server as it
	// is now), "release" (the migrations of the release to come), "" (nothing:
	// the snapshot was just taken and rollback.sh finds out when it runs).
	Compared string `json:"compared"`
	// Leftovers are what an interrupted restore left behind.
	Leftovers []Leftover `json:"leftovers"`
	// Unknown are the databases, schemas and files that look like the portal's
	// and are not in the snapshot: they have no way back.
	Unknown []string `json:"unknown"`
	Steps   []Step   `json:"steps"`
	// Forecast is what the release to come was expected to migrate when the snapshot
	// was taken, nil where that was not known.
	Forecast *snapshot.Forecast `json:"forecast,omitempty"`
	Notes    []string           `json:"notes"`

	// prefix and schemaPrefix are what the portal's names begin with.
	prefix, schemaPrefix string
}

// Kinds of targets.
const (
	kindDatabase = "database"
	kindSchema   = "schema"
	kindSQLite   = "sqlite"
)

// Target is one database, schema or file of the snapshot.
type Target struct {
	Kind    string   `json:"kind"`
	Plugins []string `json:"plugins"`
	// Server is an index of Plan.Servers, -1 for a file.
	Server   int    `json:"server"`
	Database string `json:"database,omitempty"`
	Schema   string `json:"schema,omitempty"`
	// Path is a SQLite file.
	Path string `json:"path,omitempty"`
	// Bytes is the size of the live data when the snapshot was taken, Rows the
	// rows of all tables.
	Bytes int64         `json:"bytes"`
	Rows  int64         `json:"rows"`
	Dump  snapshot.File `json:"dump"`
	// was is what the manifest says of it.
	was *snapshot.Database

	// Changes are how the migrations differ from the snapshot's, empty when
	// they do not.
	Changes []Change `json:"changes"`
	// Loss is what a restore takes away.
	Loss Loss `json:"loss"`
	// Expected is how long restoring and comparing take, in milliseconds.
	Expected expected `json:"expected"`
}

// Change is what differs in one migration table. knex compares names only.
type Change struct {
	Table   string   `json:"table"`
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
}

// expected are durations in milliseconds, 0 where nothing was measured.
type expected struct {
	Dump    int64 `json:"dump"`
	Restore int64 `json:"restore"`
	Compare int64 `json:"compare"`
	// Measured says what Restore comes from: "rehearsal", or "estimate" from
	// sizes.
	Measured string `json:"measured"`
}

// Name is the target for people: the database, database.schema or the file.
func (t *Target) Name() string { return t.was.Title() }

// plugins is the list of plugins for a sentence.
func (t *Target) plugins() string {
	if len(t.Plugins) == 0 {
		return "no plugin known"
	}
	return strings.Join(t.Plugins, ", ")
}

// databases are the distinct databases of the targets of one server, as
// sessions are counted and ended.
func databases(targets []*Target, server int) []string {
	var out []string
	for _, t := range targets {
		if t.Kind != kindSQLite && t.Server == server && !slices.Contains(out, t.Database) {
			out = append(out, t.Database)
		}
	}
	slices.Sort(out)
	return out
}

// compareMigrations lists how now differs from then.
func compareMigrations(then, now []snapshot.Migration) []Change {
	was, is := map[string][]string{}, map[string][]string{}
	var names []string
	for i, m := range slices.Concat(then, now) {
		into := is
		if i < len(then) {
			into = was
		}
		into[m.Title()] = append([]string{}, m.Names()...)
		names = append(names, m.Title())
	}
	slices.Sort(names)
	out := []Change{}
	for _, name := range slices.Compact(names) {
		c := Change{Table: name, Added: without(is[name], was[name]), Removed: without(was[name], is[name])}
		if len(c.Added)+len(c.Removed) > 0 || (was[name] == nil) != (is[name] == nil) {
			out = append(out, c)
		}
	}
	return out
}

func without(a, b []string) []string {
	var out []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

// all are the targets of the snapshot, those that come back first.
func (p *Plan) all() []*Target { return append(slices.Clone(p.Targets), p.Kept...) }

// mark is the comment of a database that is being restored beside: what a
// later run knows it by.
func mark(t *Target) string {
	return "portalctl: restored beside " + t.Database + ", not in use yet"
}

// wholeMark is the comment after the comparison: the dump that it came from is
// named, since only the same one may be used again.
func wholeMark(t *Target) string { return mark(t) + "; compared with " + t.Dump.SHA256 }

// replacedMark is the comment of a database that a restore has replaced.
func replacedMark(t *Target) string {
	return "portalctl: replaced " + t.Database + ", kept until it is dropped by hand"
}

// Deploy is which code belongs to the data of the snapshot, as an order.
func (p *Plan) Deploy() string {
	var parts []string
	if p.Commit != "" {
		parts = append(parts, "commit "+p.Commit)
	}
	if p.Image != "" {
		parts = append(parts, "image "+p.Image)
	}
	if p.Release != "" {
		parts = append(parts, "Backstage "+p.Release)
	}
	if len(parts) == 0 {
		return "Deploy what ran when the snapshot was taken"
	}
	return "Deploy " + strings.Join(parts, ", ")
}

// owner is the role that the database or schema belongs to.
func (t *Target) owner() string {
	switch {
	case t.Kind == kindSchema:
		return t.was.SchemaOwner
	case t.was.Properties != nil:
		return t.was.Properties.Owner
	}
	return ""
}

// Empty reports whether a restore would do nothing at all.
func (p *Plan) Empty() bool {
	return len(p.Targets) == 0 && !slices.ContainsFunc(p.Leftovers, func(l Leftover) bool { return l.Kind != leftFailed })
}

// ServerOf names the server of a target, "this machine" for a file.
func (p *Plan) ServerOf(t *Target) string {
	if t.Server < 0 {
		return "this machine"
	}
	return p.Servers[t.Server].ID
}

// Migrated says how a target's migrations differ from the snapshot, in a cell
// of a table; where nothing was compared, it does not claim that they do not.
func (p *Plan) Migrated(t *Target) string {
	if p.Compared == "" {
		return "not looked at"
	}
	return t.changeSummary()
}

// Size and Duration are cells of a table for people.
func (t *Target) Size() string     { return snapshot.Bytes(t.Bytes) }
func (t *Target) Duration() string { return about(t.Expected.Restore) }
