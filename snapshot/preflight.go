package snapshot

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/pg"
)

// Problem is what stands in the way of a snapshot or of the way back, or what
// should be known.
type Problem struct {
	// Kind is a word for programs: migrated-past, migrations-behind,
	// migrations-unknown, migrations-locked, invalid-index, locked, unreadable,
	// client-older, space, pooler, rights, extension, not-found, unknown-database,
	// unsupported, writers, deployed.
	Kind string `json:"kind"`
	// Subject is the database, plugin or server.
	Subject string `json:"subject,omitempty"`
	Message string `json:"message"`
	// Next says what to do.
	Next string `json:"next,omitempty"`
}

// problem is a Problem with a message that is put together.
func problem(kind, subject, next, format string, args ...any) Problem {
	return Problem{Kind: kind, Subject: subject, Message: fmt.Sprintf(format, args...), Next: next}
}

// text is the problem in one line.
func (p Problem) text() string {
	if p.Subject == "" {
		return p.Message
	}
	return p.Subject + ": " + p.Message
}

// maxNamed bounds how many names one sentence lists.
const maxNamed = 5

// readable finds what a dump as the transaction's user would stumble over.
func readable(ctx context.Context, tx pgx.Tx, d *Database) (problems []Problem, err error) {
	add := func(kind, next, format string, args ...any) {
		problems = append(problems, problem(kind, d.Title(), next, format, args...))
	}
	for _, look := range []struct{ kind, next, message, query string }{
		{"unreadable", "GRANT pg_read_all_data to the user, or name another user with --dsn", "the user may not read %s",
			`SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'S', 'm') AND ` + userSchemas(d.Schema) + ` AND ` + notOfExtension("pg_class", "c") + `
 AND NOT (has_schema_privilege(n.oid, 'USAGE') AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'SELECT') ELSE has_table_privilege(c.oid, 'SELECT') END) ORDER BY 1`},
		{"unreadable", "Name a user with BYPASSRLS with --dsn", "row-level security hides rows of %s",
			`SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND ` + userSchemas(d.Schema) + ` AND row_security_active(c.oid) ORDER BY 1`},
		{"invalid-index", "A migration with CREATE INDEX CONCURRENTLY has died: DROP INDEX it, and let the deployed release make it again", "INVALID index %s",
			`SELECT i.oid::regclass::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT x.indisvalid AND ` + userSchemas(d.Schema) + ` ORDER BY 1`},
	} {
		names, err := pg.Texts(ctx, tx, look.query)
		if err != nil {
			return nil, err
		}
		if len(names) > 0 {
			add(look.kind, look.next, look.message, english.Some(names, maxNamed))
		}
	}
	for _, m := range d.Migrations {
		if m.Locked {
			add("migrations-locked", fmt.Sprintf("If no backend is booting, a boot has died: look at the database, then UPDATE %s SET is_locked = 0",
				pg.Ident(m.Schema, m.Table+"_lock")), "a migration holds the lock of %s.%s", m.Schema, m.Table)
		}
	}
	if d.LargeObjects > 0 {
		unread, err := unreadableLargeObjects(ctx, tx)
		if err != nil {
			return nil, err
		}
		if unread > 0 {
			add("unreadable", "pg_read_all_data does not include large objects: name their owner or a superuser with --dsn", "%d of %d large objects may not be read", unread, d.LargeObjects)
		}
		if d.Schema != "" {
			add("unreadable", "Use pluginDivisionMode database, or dump the database by hand", "the database has %d large objects, which belong to no schema", d.LargeObjects)
		}
	}
	return problems, nil
}

// locked finds tables that another session has for itself: reading them, and
// even looking at their indexes, would wait.
func locked(ctx context.Context, tx pgx.Tx, d *Database) ([]Problem, error) {
	locks, err := pg.Texts(ctx, tx, `SELECT DISTINCT l.relation::regclass::text || ' (process ' || l.pid || coalesce(', ' || nullif(a.application_name, ''), '') || coalesce(', since ' || to_char(a.xact_start, 'HH24:MI:SS'), '') || ')'
 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_stat_activity a ON a.pid = l.pid
 WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.mode = 'AccessExclusiveLock' AND l.granted AND c.relkind IN ('r', 'p', 'S', 'm')
 AND l.pid <> pg_backend_pid() AND `+userSchemas(d.Schema)+` ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	if len(locks) == 0 {
		return nil, nil
	}
	return []Problem{problem("locked", d.Title(), "Wait until the session is done, or end it with pg_terminate_backend",
		"another session has locked %s", english.Some(locks, maxNamed))}, nil
}

// unreadableLargeObjects counts the large objects that the user may not read:
// neither owner, nor superuser, nor granted to them or to all.
func unreadableLargeObjects(ctx context.Context, tx pgx.Tx) (n int64, err error) {
	err = tx.QueryRow(ctx, `SELECT count(*) FROM pg_largeobject_metadata l
 WHERE NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AND NOT pg_has_role(l.lomowner, 'USAGE') AND current_setting('lo_compat_privileges') = 'off'
 AND NOT EXISTS (SELECT FROM aclexplode(l.lomacl) a WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')))`).Scan(&n)
	return n, err
}

// wayBack finds what a restore as the administrator would stumble over. tx is a
// transaction of theirs in the database.
func wayBack(ctx context.Context, tx pgx.Tx, d *Database, who string) (problems []Problem, err error) {
	add := func(kind, next, format string, args ...any) {
		problems = append(problems, problem(kind, d.Title(), next, format, args...))
	}
	const admin = "Name an administrator's connection with --admin-dsn"
	var super, createdb, member, create bool
	err = tx.QueryRow(ctx, `SELECT r.rolsuper, r.rolcreatedb, pg_has_role($1::name, 'MEMBER'), has_database_privilege(current_database(), 'CREATE')
 FROM pg_roles r WHERE r.rolname = current_user`, d.Properties.Owner).Scan(&super, &createdb, &member, &create)
	if err != nil {
		return nil, err
	}
	switch {
	case super:
	case d.Schema != "" && !create:
		add("rights", admin, "a restore would not work: %s may not create schemas", who)
	case d.Schema == "" && !createdb:
		add("rights", admin, "a restore would not work: %s may not create databases", who)
	}
	if !super && d.Schema == "" && !member {
		add("rights", admin, "a restore would not work: %s is not a member of the owner %s, and may not rename the database", who, d.Properties.Owner)
	}
	for _, e := range d.Properties.Extensions {
		if e.Name == "plpgsql" {
			continue // every new database has it
		}
		var available, usable bool
		err := tx.QueryRow(ctx, `SELECT count(*) > 0, coalesce(bool_or(NOT superuser OR trusted), false) FROM pg_available_extension_versions WHERE name = $1`, e.Name).
			Scan(&available, &usable)
		if err != nil {
			return nil, err
		}
		switch {
		case !available:
			add("extension", "Install the extension's package on the server", "a restore would not work: the server no longer has the extension %s, which a restore creates again", e.Name)
		case !usable && !super && d.Schema == "":
			add("extension", admin, "a restore would not work: %s may not create the extension %s", who, e.Name)
		}
	}
	return problems, nil
}

// sessions counts the other clients of a database.
func sessions(ctx context.Context, tx pgx.Tx) (n int, err error) {
	err = tx.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND coalesce(application_name, '') <> '`+pg.AppName+`'
  AND coalesce(backend_type, CASE WHEN usesysid IS NOT NULL THEN 'client backend' END) = 'client backend'`).Scan(&n)
	return n, err
}

// dataDirectory is where a server keeps its data, "" where it may not say.
func dataDirectory(ctx context.Context, tx pgx.Tx) string {
	var dir string
	if tx.QueryRow(ctx, "SELECT setting FROM pg_settings WHERE name = 'data_directory'").Scan(&dir) != nil {
		return ""
	}
	return dir
}
