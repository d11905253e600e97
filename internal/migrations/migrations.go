// Package migrations knows what a plugin's database migrations do before they run.
// It reads the files that knex would load with a JavaScript parser and follows
// their up and down as they would run on PostgreSQL: the calls of knex, the SQL in
// texts, functions and loops of the same file. What it cannot follow it names
// ("unknown", with the line); it never runs anything.
package migrations

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"
)

// Kind is what a step does to the database, in the words of the report.
type Kind string

// The kinds. A step without one (ANALYZE) changes nothing that code can see.
const (
	kindAdd           Kind = "add"     // new tables, columns, rows: what was there stays as it was
	kindAlter         Kind = "alter"   // types, names, constraints, settings
	kindDrop          Kind = "drop"    // tables, columns, indexes, constraints
	kindRewrite       Kind = "rewrite" // UPDATE, DELETE and the like
	Index             Kind = "index"   // built while writers wait
	IndexConcurrently Kind = "index-concurrently"
	kindUnknown       Kind = "unknown"
)

// kinds is the order in which a migration's kinds are told.
var kinds = []Kind{kindAdd, kindAlter, kindDrop, kindRewrite, Index, IndexConcurrently, kindUnknown}

// Effect is a step more closely: what it costs and what it locks depends on it.
type Effect string

// The effects.
const (
	CreateTable  Effect = "create-table"
	createOther  Effect = "create-other"
	AddColumn    Effect = "add-column"
	AddFilled    Effect = "add-filled-column"   // every row is written: serial, generated, a default that differs by row
	AddRequired  Effect = "add-required-column" // NOT NULL without a default: an INSERT that lacks it fails
	insert       Effect = "insert"
	ColumnType   Effect = "type"
	NotNull      Effect = "not-null"
	Loosen       Effect = "loosen" // DROP NOT NULL, defaults
	Rename       Effect = "rename-table"
	RenameColumn Effect = "rename-column"
	ForeignKey   Effect = "foreign-key"
	NotValid     Effect = "not-valid" // a constraint that old rows are not checked against
	Validate     Effect = "validate"
	Unique       Effect = "unique"
	Check        Effect = "check"
	settings     Effect = "settings"
	DropTable    Effect = "drop-table"
	DropColumn   Effect = "drop-column"
	DropIndex    Effect = "drop-index"
	DropLater    Effect = "drop-index-concurrently"
	DropRule     Effect = "drop-constraint"
	dropOther    Effect = "drop-other"
	Update       Effect = "update"
	Delete       Effect = "delete"
	Truncate     Effect = "truncate"
	Build        Effect = "index"
	BuildLater   Effect = "index-concurrently"
	Analyze      Effect = "analyze"
	ReadAll      Effect = "read" // a query over a whole table
)

// Op is one step of a migration.
type Op struct {
	Kind   Kind
	Effect Effect
	// Table is the table that it is about, "" where that is only known when it runs.
	// Name is the column, index or constraint; To the new name, or the table that a
	// foreign key refers to.
	Table string `json:",omitempty"`
	Name  string `json:",omitempty"`
	To    string `json:",omitempty"`
	// Line is the first of the call, from 1.
	Line int
	// SQL is the statement where the code has one, "" for calls of knex.
	SQL string `json:",omitempty"`
	// Maybe says that it runs under a condition that is known only when it runs.
	Maybe bool `json:",omitempty"`
	// Default says of a column that is made NOT NULL that it has a default.
	Default bool `json:",omitempty"`
	// Fresh says that the migration itself has created the table: nobody waits for
	// it, and it is empty but for what the migration puts there.
	Fresh bool `json:",omitempty"`
}

// Doubt is a place that could not be followed. Line is 0 for the file.
type Doubt struct {
	Line int
	Why  string
}

// Down says what a migration has for the way back.
type Down string

// The values of Down.
const (
	downPresent Down = "present"
	Empty       Down = "empty" // it does nothing on PostgreSQL
	Throws      Down = "throws"
	// Absent says that there is none: knex refuses to run a folder with such a file.
	Absent Down = "absent"
	// downUnsure says that the code was not followed so far.
	downUnsure Down = "unknown"
)

// Migration is one file.
type Migration struct {
	// Name is what knex records: the base name. Dir is the folder in the package.
	Name, Dir string
	Ops       []Op    `json:",omitempty"`
	Doubts    []Doubt `json:",omitempty"`
	Down      Down
	// NoTransaction says that it runs outside of one: its steps are committed one by
	// one, and a boot that is killed in between leaves those that are done.
	NoTransaction bool `json:",omitempty"`
	// Manual is the SQL that the file's comment gives for running it by hand before.
	Manual string `json:",omitempty"`
	// Text is the SHA-256 of the file, in hex.
	Text string
}

// Does are the kinds of its steps, each once, in a fixed order; "unknown" if
// anything in it could not be followed.
func (m *Migration) Does() []Kind {
	var out []Kind
	for _, k := range kinds {
		has := k == kindUnknown && len(m.Doubts) > 0 || slices.ContainsFunc(m.Ops, func(o Op) bool { return o.does() == k })
		if has {
			out = append(out, k)
		}
	}
	return out
}

// noUp says that a file has nothing for knex to run.
const noUp = "it exports no up"

// runs reports whether knex could be meant to run a file: code that exports neither
// up nor down is not.
func (m *Migration) runs() bool {
	return m.Down != Absent || !slices.ContainsFunc(m.Doubts, func(d Doubt) bool { return d.Why == noUp })
}

// does is the step's kind as it is told. What a migration does to a table of its own
// is part of adding that: nobody had the rows, and nobody waits.
func (o Op) does() Kind {
	if o.Fresh && o.Kind != "" {
		return kindAdd
	}
	return o.Kind
}

// Tables are those that it touches, sorted.
func (m *Migration) Tables() []string {
	var out []string
	for _, o := range m.Ops {
		for _, t := range []string{o.Table, foreign(o)} {
			if t != "" {
				out = append(out, t)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// foreign is the table that a new constraint refers to.
func foreign(o Op) string {
	if o.Effect == ForeignKey || o.Effect == NotValid {
		return o.To
	}
	return ""
}

// extensions are what knex takes for a migration (FsMigrations of knex 3).
var extensions = []string{".co", ".coffee", ".eg", ".iced", ".js", ".cjs", ".litcoffee", ".ls", ".ts"}

// isFile reports whether knex would load a file of a folder of migrations.
func isFile(name string) bool {
	base := path.Base(name)
	return slices.Contains(extensions, path.Ext(base)) && !strings.HasSuffix(base, ".d.ts")
}

// maxFile is the largest file that is read, in bytes; the largest of Backstage's
// own has 14 kB.
const maxFile = 512 << 10

// read says what a migration does. It never fails: what cannot be read is in
// Doubts.
func read(dir, name string, src []byte) *Migration {
	sum := sha256.Sum256(src)
	m := &Migration{Name: name, Dir: dir, Down: downUnsure, Text: hex.EncodeToString(sum[:])}
	switch ext := path.Ext(name); {
	case len(src) > maxFile:
		m.doubt("it has more than %d kB", maxFile>>10)
	case ext == ".ts":
		m.doubt("it is TypeScript, which is not read")
	case ext != ".js" && ext != ".cjs":
		m.doubt("it is not JavaScript but %s", ext)
	default:
		m.follow(src)
		m.Manual = manual(string(src))
	}
	return m
}
