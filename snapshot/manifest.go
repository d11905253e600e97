// Package snapshot takes a consistent copy of all databases of a Backstage
// portal, proves that it can be restored, and records what belongs to it: the
// commit that ran on them, the server, every table's rows and every migration.
//
// A snapshot is a folder:
//
//	manifest.json     what it is (Manifest); written last
//	SHA256SUMS        of every other file, as sha256sum -c reads it
//	*.dump.zst        a pg_dump -Fc of a database or schema, compressed
//	*.sqlite.zst      a copy of a SQLite file, compressed
//	*.globals.sql.zst the roles of a server, without passwords
//	verify.json       what the last verification found (Verification)
//
// While it is made its name ends in .partial. No file holds a secret of the
// connection; the dumps hold the portal's own.
package snapshot

import "time"

// Schema is the form of manifest.json; docs/json.md documents it.
const Schema = "portalctl.snapshot/v1"

// The files of a snapshot that are not dumps.
const (
	ManifestFile = "manifest.json"
	SumsFile     = "SHA256SUMS"
	VerifyFile   = "verify.json"
	// PlanSumsFile are the sums of what is added later: the rollback plan.
	PlanSumsFile = "PLAN.SHA256SUMS"
)

// Manifest says what a snapshot is.
type Manifest struct {
	Schema   string    `json:"schema"`
	Name     string    `json:"name"`
	Created  time.Time `json:"created"`
	Finished time.Time `json:"finished"`
	// Tool is the portalctl that made it, Client the pg_dump.
	Tool   string `json:"tool"`
	Client string `json:"client,omitempty"`
	Portal Portal `json:"portal"`
	// Deployed is the code that ran on these databases.
	Deployed Deployed `json:"deployed"`
	Servers  []Server `json:"servers"`
	// Databases are the units that can be restored one by one: a database, in
	// schema mode a schema, or a SQLite file. Largest first.
	Databases []Database `json:"databases"`
	// Forecast is what the release to come will migrate, as far as was known when
	// the snapshot was taken; nil where nothing was.
	Forecast *Forecast `json:"forecast,omitempty"`
	// Notes are what a reader should know, one sentence each.
	Notes []string `json:"notes"`
}

// Forecast is which databases a release will migrate at its first boot.
type Forecast struct {
	// To is the release.
	To        string             `json:"to"`
	Databases []ForecastDatabase `json:"databases"`
	// Unknown is how much could not be read: what it does may come on top.
	Unknown int `json:"unknown"`
}

// ForecastDatabase is a database that will be migrated.
type ForecastDatabase struct {
	// Name is Database.Title, or says which plugin's it is.
	Name       string   `json:"name"`
	Migrations []string `json:"migrations"`
	// PointOfNoReturn is the first of them after which the old code's queries fail,
	// "" for none.
	PointOfNoReturn string `json:"pointOfNoReturn,omitempty"`
}

// Portal names the portal.
type Portal struct {
	// Name is that of the root package.json.
	Name string `json:"name"`
	// Mode is "database" or "schema" (backend.database.pluginDivisionMode).
	Mode         string `json:"mode"`
	Prefix       string `json:"prefix"`
	SchemaPrefix string `json:"schemaPrefix,omitempty"`
}

// Deployed is the code that ran on the databases when they were copied.
type Deployed struct {
	// Commit is the full hash; "" without a git repository.
	Commit string `json:"commit,omitempty"`
	// Ref is what --deployed named, "HEAD" without it.
	Ref string `json:"ref,omitempty"`
	// How is Named ("named": the user said so) or Matched ("matched": every database's
	// migrations are HEAD's).
	How string `json:"how"`
	// Release is the Backstage release of backstage.json.
	Release string `json:"release,omitempty"`
	// Image is what --image gave.
	Image string `json:"image,omitempty"`
	// Files are the SHA-256 of package.json, yarn.lock and backstage.json of
	// the commit, in hex.
	Files map[string]string `json:"files"`
}

// The values of Deployed.How.
const (
	Named   = "named"
	Matched = "matched"
)

// Server is a PostgreSQL server.
type Server struct {
	// ID is what Database.Server refers to: host:port.
	ID   string `json:"id"`
	Host string `json:"host"`
	Port int    `json:"port"`
	User string `json:"user"`
	// SSLMode is libpq's.
	SSLMode string `json:"sslMode,omitempty"`
	// PasswordVariable is the environment variable that app-config takes the
	// password from, "" for none.
	PasswordVariable string `json:"passwordVariable,omitempty"`
	// Version is as the server says it, VersionNum its server_version_num.
	Version    string `json:"version"`
	VersionNum int    `json:"versionNum"`
	// SystemIdentifier is of pg_control_system(), in decimal; "" where it may
	// not be read. Then host, port and the databases' OIDs are the identity.
	SystemIdentifier string `json:"systemIdentifier,omitempty"`
	// Standby says that it was read-only, in recovery.
	Standby bool `json:"standby,omitempty"`
	// Address is inet_server_addr(), "" over a socket.
	Address string `json:"address,omitempty"`
	// Globals is the file of roles and tablespaces, nil where they could not be
	// read.
	Globals *File `json:"globals,omitempty"`
	// CA is the file of the certificates that the server's is checked against
	// (ssl.ca), nil for none. They are public.
	CA *File `json:"ca,omitempty"`
	// AdminUser is the role of --admin-dsn, which the way back needs; "" when
	// there was none.
	AdminUser string `json:"adminUser,omitempty"`
}

// The kinds of databases.
const (
	KindPostgres = "pg"
	KindSQLite   = "sqlite"
)

// Database is what is dumped and restored as one.
type Database struct {
	Kind string `json:"kind"`
	// Server is a Server.ID; "" for SQLite.
	Server string `json:"server,omitempty"`
	// Name is the database; Schema is set in schema mode.
	Name   string `json:"name,omitempty"`
	Schema string `json:"schema,omitempty"`
	// Path is the SQLite file.
	Path string `json:"path,omitempty"`
	// OID is the database's.
	OID uint32 `json:"oid,omitempty"`
	// Plugins are the IDs of those that keep data in it.
	Plugins []string `json:"plugins"`
	// Role is what Backstage sets with SET ROLE, "" for none.
	Role string `json:"role,omitempty"`
	// Size is in bytes, on the server: of the database, or of a schema's
	// relations.
	Size       int64       `json:"size"`
	Properties *Properties `json:"properties,omitempty"`
	// SchemaOwner and SchemaACL are of the schema in schema mode.
	SchemaOwner string   `json:"schemaOwner,omitempty"`
	SchemaACL   []string `json:"schemaACL,omitzero"`
	Tables      []Table  `json:"tables"`
	// Rows is the sum of Tables.
	Rows       int64       `json:"rows"`
	Migrations []Migration `json:"migrations"`
	// SchemaHash is what SchemaHashSQL gives, or for SQLite the SHA-256 of its
	// schema: of tables, columns, indexes, constraints and functions.
	SchemaHash string `json:"schemaHash"`
	// LargeObjects counts the database's large objects.
	LargeObjects int64 `json:"largeObjects,omitempty"`
	Dump         File  `json:"dump"`

	// data is the size of the tables without indexes, in bytes: about what
	// pg_dump writes before compression.
	data int64
}

// Title names the database for people: the database, database.schema, or the
// SQLite file.
func (d *Database) Title() string {
	switch {
	case d.Kind == KindSQLite:
		return d.Path
	case d.Schema != "":
		return d.Name + "." + d.Schema
	}
	return d.Name
}

// Properties are what a database has beside its content. pg_dump writes them
// only with -C, so that a database restored beside and renamed lacks them.
type Properties struct {
	Owner string `json:"owner"`
	// ACL are the items of pg_database.datacl, nil for the default: not the same
	// as an empty list, which nobody has a privilege by.
	ACL             []string    `json:"acl,omitzero"`
	ConnectionLimit int         `json:"connectionLimit"`
	Settings        []Setting   `json:"settings"`
	Comment         string      `json:"comment,omitempty"`
	Encoding        string      `json:"encoding"`
	Collate         string      `json:"collate"`
	CType           string      `json:"ctype"`
	Provider        string      `json:"provider,omitempty"` // c libc, i ICU, b builtin
	Locale          string      `json:"locale,omitempty"`   // of ICU or builtin
	Tablespace      string      `json:"tablespace"`
	Extensions      []Extension `json:"extensions"`
}

// Setting is one ALTER DATABASE … SET or, with a role, ALTER ROLE … IN DATABASE.
type Setting struct {
	Role  string `json:"role,omitempty"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Extension is an installed extension.
type Extension struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Schema  string `json:"schema"`
}

// Table is one table's rows, counted under the snapshot that was dumped.
type Table struct {
	Schema string `json:"schema,omitempty"` // "" for SQLite
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
}

// Migration is one knex migration table.
type Migration struct {
	Schema string `json:"schema,omitempty"`
	Table  string `json:"table"`
	// Locked says that its lock was held: a boot that died, or one at work.
	Locked bool `json:"locked,omitempty"`
	// Package and Version are what brings the migrations in the deployed
	// commit, "" if that is not known.
	Package string         `json:"package,omitempty"`
	Version string         `json:"version,omitempty"`
	Rows    []MigrationRow `json:"rows"`
}

// Title is the table for people: schema.table, or the table of a SQLite file.
func (m Migration) Title() string { return titleOf(m.Schema, m.Table) }

// Names are the migrations that ran, in their order.
func (m Migration) Names() []string {
	var out []string
	for _, r := range m.Rows {
		out = append(out, r.Name)
	}
	return out
}

// MigrationRow is one migration that ran. knex compares names only.
type MigrationRow struct {
	ID    int64     `json:"id"`
	Name  string    `json:"name"`
	Batch int64     `json:"batch"`
	Time  time.Time `json:"time"`
}

// File is a file of the snapshot.
type File struct {
	// Name is relative to the snapshot's folder.
	Name string `json:"name"`
	// Size is in bytes, as stored; SHA256 is of the stored bytes, in hex.
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	// RawSize is of what zstd -d gives, in bytes.
	RawSize int64 `json:"rawSize"`
	// Seconds is how long writing it took.
	Seconds float64 `json:"seconds"`
	// Taken is when the data was fixed: the moment of the exported snapshot.
	Taken time.Time `json:"taken"`
}

// Verification is verify.json: what the last verify found.
type Verification struct {
	Schema string `json:"schema"`
	// Manifest is the SHA-256 of manifest.json, in hex: the verification of
	// another snapshot does not count.
	Manifest string    `json:"manifest"`
	Started  time.Time `json:"started"`
	Seconds  float64   `json:"seconds"`
	// Decoded says that every dump was read to its end.
	Decoded bool `json:"decoded"`
	// Rehearsal is nil without --rehearse.
	Rehearsal *Rehearsal `json:"rehearsal,omitempty"`
	Problems  []string   `json:"problems"`
	// Sum is the SHA-256 of this document with an empty Sum.
	Sum string `json:"sum"`
}

// Rehearsal is a restore into another server, compared and dropped.
type Rehearsal struct {
	// Where is "local" (a cluster made for it) or the server's host:port.
	Where     string              `json:"where"`
	Started   time.Time           `json:"started,omitzero"`
	Version   string              `json:"version"`
	Seconds   float64             `json:"seconds"`
	Databases []RehearsedDatabase `json:"databases"`
}

// RehearsedDatabase is one database of a rehearsal.
type RehearsedDatabase struct {
	// Name is Database.Title.
	Name string `json:"name"`
	// Restore, Analyze and Compare are in seconds.
	Restore float64 `json:"restore"`
	Analyze float64 `json:"analyze"`
	Compare float64 `json:"compare"`
	// Same says that the schema hash and all row counts are the snapshot's.
	Same bool `json:"same"`
	// differences are what is not the same, one sentence each.
	Differences []string `json:"differences"`
}
