package rollback

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"text/template"
	"time"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/ui"
	"github.com/portalctl/portalctl/snapshot"
)

//go:embed rollback.sh.tmpl
var scriptText string

var scriptTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("rollback.sh").Delims("<%", "%>").Funcs(template.FuncMap{
		"q": scriptQuote, "ident": pg.Ident, "literal": pg.Literal, "conninfo": pg.Conninfo, "line": oneLine,
	}).Parse(scriptText))
})

// scriptTools are the programs that rollback.sh runs for every portal, and
// sqliteTools those for SQLite files; its step 0 checks them.
var (
	scriptTools = []string{"zstd", "cat", "cut", "date", "dirname", "mkdir", "mktemp", "mv", "rm", "sed", "sleep"}
	sqliteTools = []string{"cp", "ln", "ls"}
)

// scriptServer is a server with its number, and the queries for what has no way back.
type scriptServer struct {
	N int
	snapshot.Server
	Unknown []scriptQuery
}

// scriptQuery is a query and the database that it is put to.
type scriptQuery struct{ Database, SQL string }

// scriptTarget is a target with its number and what the script has of it beside.
type scriptTarget struct {
	N, ServerN int
	*Target
	Title, PluginIDs, Expected, Role string
	OID                              uint32
	// Beside, Failed and SchemaFailed are the names that a rollback gives, with a NUL,
	// which no name can hold, for the time.
	Beside, Failed, SchemaFailed                                     string
	Mark, ReplacedMark, RowLines, RowSQL                             string
	MigrationLines, MigrationSQL, CompareSQL, CreateSQL, PropertySQL string
}

// scriptQuote quotes a text for the script, which puts the time in.
func scriptQuote(s string) string {
	return strings.ReplaceAll(ui.ShellQuote(s), "\x00", `'"$stamp"'`)
}

// script is rollback.sh for the plan. It holds every target of the snapshot,
// not the changed ones only: it finds out itself when it runs, which may be
// long after the plan was made.
func (p *Plan) script() (string, error) {
	var servers []scriptServer
	var variables, numbers, admins []string
	for i, s := range p.Servers {
		s.PasswordVariable, s.SSLMode = shellName(s.PasswordVariable), cmp.Or(s.SSLMode, "prefer")
		one := scriptServer{N: i + 1, Server: s}
		if s.AdminUser != "" {
			admins = append(admins, oneLine(s.ID+" ("+s.AdminUser+")"))
		}
		for _, q := range p.strangers(i) {
			one.Unknown = append(one.Unknown, scriptQuery{cmp.Or(q.database, "postgres"), q.sql})
		}
		servers = append(servers, one)
		if s.PasswordVariable != "" {
			variables = append(variables, s.PasswordVariable)
		}
		numbers = append(numbers, strconv.Itoa(i+1))
	}
	var targets []scriptTarget
	var all []string
	major, sqlite := 0, false
	for i, t := range p.all() {
		targets = append(targets, p.scriptTarget(i+1, t))
		all = append(all, strconv.Itoa(i+1))
		if t.Kind == kindSQLite {
			sqlite = true
		} else {
			major = max(major, p.Servers[t.Server].VersionNum/10000)
		}
	}
	tools := append([]string{}, scriptTools...)
	hint := "zstd"
	if sqlite {
		tools = append(tools, sqliteTools...)
	}
	if major > 0 {
		tools = append([]string{"psql", "pg_restore"}, tools...)
		hint = fmt.Sprintf("the PostgreSQL client %d or newer, and zstd", major)
	}
	sort.Strings(variables)
	// A comment or a name of the database may hold any line. One that ends a
	// here-document would make commands of what follows.
	var texts strings.Builder
	for _, t := range targets {
		for _, text := range []string{t.MigrationLines, t.MigrationSQL, t.CompareSQL, t.PropertySQL, t.RowLines, t.RowSQL} {
			texts.WriteString(text + "\n")
		}
	}
	for _, s := range servers {
		for _, q := range s.Unknown {
			texts.WriteString(q.SQL + "\n")
		}
	}
	end := unlike("PORTALCTL_END", texts.String())
	var b strings.Builder
	err := scriptTemplate().Execute(&b, map[string]any{
		"End":      end,
		"Snapshot": p.Snapshot, "Taken": p.Taken.UTC().Format(time.RFC3339),
		"PasswordVariables": slices.Compact(variables), "Servers": servers, "ServerNumbers": strings.Join(numbers, " "),
		"Targets": targets, "All": strings.Join(all, " "), "Tools": strings.Join(tools, " "), "ToolHint": hint,
		"PostgreSQL": major > 0, "Several": len(servers) > 1, "SQLite": sqlite, "Admins": slices.Compact(admins), "Major": major, "Deploy": "  " + p.Deploy(),
	})
	return b.String(), err
}

func (p *Plan) scriptTarget(n int, t *Target) scriptTarget {
	out := scriptTarget{N: n, ServerN: t.Server + 1, Target: t, Title: t.Name() + " (" + t.plugins() + ")", PluginIDs: strings.Join(t.Plugins, ","), Expected: about(t.Expected.Restore), Role: t.was.Role, OID: t.was.OID,
		Mark: mark(t), ReplacedMark: replacedMark(t), MigrationLines: t.migrationLines()}
	if t.Kind == kindSQLite {
		out.Beside, out.Failed = t.Path+snapshot.BesideSuffix+"\x00", t.Path+snapshot.FailedSuffix+"\x00"
		out.RowLines, out.RowSQL = t.fileRows()
		return out
	}
	out.Beside, out.Failed = stampedName(t.Database, snapshot.BesideSuffix), stampedName(t.Database, snapshot.FailedSuffix)
	out.MigrationSQL = migrationQueriesSQL(t.Schema)
	out.CompareSQL = t.checkSQL()
	if t.Kind == kindSchema {
		out.SchemaFailed = stampedName(t.Schema, snapshot.FailedSuffix)
		out.PropertySQL = t.analyzeSQL() + "\n"
		return out
	}
	out.CreateSQL = createSQL(t.was.Properties, out.Beside)
	out.PropertySQL = statements(propertySQL(t.was.Properties, t.Database))
	return out
}

// stampedName is fitName with a NUL, which no name can hold, for the stamp of
// fifteen.
func stampedName(live, suffix string) string {
	const stamp = "00000000_000000"
	return strings.TrimSuffix(fitName(live, suffix+stamp), stamp) + "\x00"
}

func statements(list []string) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(s + ";\n")
	}
	return b.String()
}

// migrationLines are the snapshot's migrations as rollback.sh prints the live
// ones: a line for the table, which may be empty, and "schema.table|name" for
// each migration.
func (t *Target) migrationLines() string {
	var b strings.Builder
	for _, m := range t.was.Migrations {
		fmt.Fprintf(&b, "%s.%s\n", m.Schema, m.Table)
		for _, name := range m.Names() {
			fmt.Fprintf(&b, "%s.%s|%s\n", m.Schema, m.Table, name)
		}
	}
	return b.String()
}

// fileRows are the rows of a SQLite file's tables, and the statements that print
// the same of a file: the names of its tables, and how many rows each has.
func (t *Target) fileRows() (lines, query string) {
	tables := slices.Clone(t.was.Tables)
	sorting.By(tables, func(a, b snapshot.Table) int { return strings.Compare(a.Name, b.Name) })
	var l, q strings.Builder
	q.WriteString(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name;` + "\n")
	for _, table := range tables {
		l.WriteString(table.Name + "\n")
	}
	for _, table := range tables {
		fmt.Fprintf(&l, "%d\n", table.Rows)
		fmt.Fprintf(&q, "SELECT count(*) FROM %s;\n", pg.Ident(table.Name))
	}
	return l.String(), q.String()
}

// unlike makes word longer until no line of text is it.
func unlike(word, text string) string {
	for slices.Contains(strings.Split(text, "\n"), word) {
		word += "_"
	}
	return word
}

// shellName is a variable's name if sh can have it.
func shellName(name string) string {
	for i, c := range name {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return ""
		}
	}
	return name
}

// oneLine is a text for a comment, where a line break would start a command.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return '?'
		}
		return r
	}, text)
}
