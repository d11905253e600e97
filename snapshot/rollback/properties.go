package rollback

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/snapshot"
)

// listSettings are the settings whose value is a list of quoted names: each is
// a literal of its own in SET (pg_dump's variableIsGucListQuote).
var listSettings = []string{"local_preload_libraries", "search_path", "session_preload_libraries",
	"shared_preload_libraries", "temp_tablespaces", "unix_socket_directories"}

// What a database has beside its content: pg_dump writes it only with -C, so a
// database that was restored beside and renamed lacks it.

// createSQL makes an empty database like the one in the snapshot. template0 has
// nothing that the dump brings again, and takes any encoding.
func createSQL(p *snapshot.Properties, name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE DATABASE %s TEMPLATE template0", pg.Ident(name))
	if p.Owner != "" {
		b.WriteString(" OWNER " + pg.Ident(p.Owner))
	}
	if p.Encoding != "" {
		b.WriteString(" ENCODING " + pg.Literal(p.Encoding))
	}
	switch p.Provider {
	case "i":
		b.WriteString(" LOCALE_PROVIDER icu ICU_LOCALE " + pg.Literal(p.Locale))
	case "b": // since PostgreSQL 17
		b.WriteString(" LOCALE_PROVIDER builtin BUILTIN_LOCALE " + pg.Literal(p.Locale))
	}
	if p.Collate != "" {
		b.WriteString(" LC_COLLATE " + pg.Literal(p.Collate))
	}
	if p.CType != "" {
		b.WriteString(" LC_CTYPE " + pg.Literal(p.CType))
	}
	if p.Tablespace != "" && p.Tablespace != "pg_default" {
		b.WriteString(" TABLESPACE " + pg.Ident(p.Tablespace))
	}
	return b.String()
}

// applySQL gives the database name the properties. All of it may stand in the
// transaction that renames, so that no session ever sees a live database
// without them. The owner is right from CREATE DATABASE on.
func propertySQL(p *snapshot.Properties, name string) []string {
	db := pg.Ident(name)
	out := aclSQL("DATABASE", db, p.Owner, p.ACL)
	if p.ConnectionLimit >= 0 {
		out = append(out, fmt.Sprintf("ALTER DATABASE %s CONNECTION LIMIT %d", db, p.ConnectionLimit))
	}
	for _, s := range p.Settings {
		target := "ALTER DATABASE " + db
		if s.Role != "" {
			target = "ALTER ROLE " + pg.Ident(s.Role) + " IN DATABASE " + db
		}
		out = append(out, fmt.Sprintf("%s SET %s TO %s", target, settingName(s.Name), settingValue(s)))
	}
	comment := "NULL"
	if p.Comment != "" {
		comment = pg.Literal(p.Comment)
	}
	// The database beside carries a mark of ours as its comment.
	return append(out, fmt.Sprintf("COMMENT ON DATABASE %s IS %s", db, comment))
}

// settingOfAnother is a role for which the database has a setting of its own and
// that is not who: only a superuser or CREATEROLE may repeat that.
func (t *Target) settingOfAnother(who string) string {
	if t.was.Properties == nil {
		return ""
	}
	for _, s := range t.was.Properties.Settings {
		if s.Role != "" && s.Role != who {
			return s.Role
		}
	}
	return ""
}

// settingName quotes each part of a name such as "auto_explain.log_nested".
func settingName(name string) string {
	parts := strings.Split(name, ".")
	for i := range parts {
		parts[i] = pg.Ident(parts[i])
	}
	return strings.Join(parts, ".")
}

func settingValue(s snapshot.Setting) string {
	if !slices.Contains(listSettings, strings.ToLower(s.Name)) {
		return pg.Literal(s.Value)
	}
	items := splitNames(s.Value)
	if len(items) == 0 {
		return "''"
	}
	for i := range items {
		items[i] = pg.Literal(items[i])
	}
	return strings.Join(items, ", ")
}

// splitNames splits a list of names at commas; a name in double quotes may hold
// a comma (PostgreSQL's SplitGUCList).
func splitNames(list string) []string {
	var out []string
	var b strings.Builder
	quoted, any := false, false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '"' && quoted && i+1 < len(list) && list[i+1] == '"':
			b.WriteByte('"')
			i++
		case c == '"':
			quoted, any = !quoted, true
		case c == ',' && !quoted:
			out = append(out, b.String())
			b.Reset()
		case c == ' ' && !quoted:
		default:
			any = true
			b.WriteByte(c)
		}
	}
	if any || len(out) > 0 {
		out = append(out, b.String())
	}
	return out
}
