package migrations

import (
	"strings"
)

type (
	// database is knex, or the transaction that stands in for it.
	database struct{}
	// schema is knex.schema: a chain of steps that run when it is waited for.
	schema struct {
		once
		ops    []Op
		doubts []Doubt
	}
	// raw is knex.raw: a statement when it is waited for, a piece of one elsewhere.
	raw struct {
		once
		sql  string
		ops  []Op // of batchInsert, which has no SQL
		line int
	}
)

// named is a table's or column's name, "" where it is known only when it runs.
func named(v value) string {
	s, ok := v.(string)
	if !ok || strings.Contains(s, hole) {
		return ""
	}
	// knex takes "schema.table" and "table as t".
	s, _, _ = strings.Cut(strings.TrimSpace(s), " ")
	if i := strings.LastIndexByte(s, '.'); i >= 0 {
		s = s[i+1:]
	}
	return strings.Trim(s, `"`)
}

// ofDatabase calls a method of knex.
func (f *follower) ofDatabase(d *database, name string, args []value, called string) (value, bool) {
	switch name {
	case "raw":
		return &raw{sql: bind(arg(args, 0), arg(args, 1)), line: f.line}, false
	case "transaction":
		fn, ok := arg(args, 0).(*function)
		if !ok {
			if len(args) > 0 && carries(args[0]) {
				break
			}
			return d, false // const trx = await knex.transaction()
		}
		got, threw := f.invoke(fn, []value{d}, opaque{})
		if !threw {
			got, threw = f.wait(got)
		}
		return got, threw
	case "batchInsert":
		return &raw{line: f.line, ops: []Op{{Kind: kindAdd, Effect: insert, Table: named(arg(args, 0)), Line: f.line}}}, false
	case "ref", "commit", "rollback", "savepoint", "isCompleted", "on", "once", "removeListener", "toString":
		return opaque{}, false
	case "withUserParams":
		return d, false
	case "withSchema", "queryBuilder":
		return &query{line: f.line}, false
	case "destroy", "initialize", "migrate", "seed":
	default:
		q := &query{line: f.line}
		if q.knows(name) {
			return q.call(f, name, args), false
		}
	}
	return f.stranger(args, called, true), false
}

// run emits the steps of a chain.
func (s *schema) run(f *follower) {
	if !s.first() {
		return
	}
	f.replay(s.ops, s.doubts)
}

// replay has steps and doubts that waited to be run come now, each at its line.
func (f *follower) replay(ops []Op, doubts []Doubt) {
	line := f.line
	for _, o := range ops {
		f.line = o.Line
		f.emit(o)
	}
	for _, d := range doubts {
		f.line = d.Line
		f.doubt("%s", d.Why)
	}
	f.line = line
}

func (s *schema) doubt(f *follower, why string) {
	s.doubts = append(s.doubts, Doubt{Line: f.line, Why: why})
}

func (s *schema) add(f *follower, o Op) {
	if o.Line == 0 {
		o.Line = f.line
	}
	s.ops = append(s.ops, o)
}

// call is a method of knex.schema.
func (s *schema) call(f *follower, name string, args []value) (value, bool) {
	on := named(arg(args, 0))
	if s.ran {
		f.doubt("a chain of steps goes on after it was run, and would run again")
	}
	switch name {
	case "createTable", "createTableIfNotExists", "createTableLike":
		s.add(f, Op{Kind: kindAdd, Effect: CreateTable, Table: on, Maybe: name == "createTableIfNotExists"})
		s.columns(f, on, true, arg(args, len(args)-1))
	case "alterTable", "table":
		s.columns(f, on, false, arg(args, len(args)-1))
	case "dropTable", "dropTableIfExists":
		s.add(f, Op{Kind: kindDrop, Effect: DropTable, Table: on})
	case "renameTable":
		s.add(f, Op{Kind: kindAlter, Effect: Rename, Table: on, To: named(arg(args, 1))})
	case "createView", "createMaterializedView":
		s.add(f, Op{Kind: kindAdd, Effect: createOther, Table: on})
	case "createViewOrReplace", "alterView", "renameView":
		s.add(f, Op{Kind: kindAlter, Effect: settings, Table: on})
	case "refreshMaterializedView":
		s.add(f, Op{Kind: kindRewrite, Effect: Update, Table: on})
	case "dropView", "dropViewIfExists", "dropMaterializedView", "dropMaterializedViewIfExists":
		s.add(f, Op{Kind: kindDrop, Effect: DropTable, Table: on})
	case "createSchema", "createSchemaIfNotExists", "createExtension", "createExtensionIfNotExists":
		s.add(f, Op{Kind: kindAdd, Effect: createOther, Name: on})
	case "dropSchema", "dropSchemaIfExists", "dropExtension", "dropExtensionIfExists":
		s.add(f, Op{Kind: kindDrop, Effect: dropOther, Name: on})
	case "raw":
		ops, doubts := readSQL(bind(arg(args, 0), arg(args, 1)), f.line)
		s.ops, s.doubts = append(s.ops, ops...), append(s.doubts, doubts...)
	case "withSchema", "timeout", "queryContext", "transacting", "debug", "connection", "on":
	case "hasTable", "hasColumn", "toSQL", "toString", "toQuery", "clone", "generateDdlCommands":
		return opaque{}, false
	default:
		return f.stranger(args, "knex.schema."+name, true), false
	}
	return s, false
}

// columns follows the function that createTable and alterTable are given.
func (s *schema) columns(f *follower, name string, fresh bool, fn value) {
	t := &table{schema: s, name: name, fresh: fresh}
	of, ok := fn.(*function)
	if !ok {
		s.doubt(f, "the function that describes the table is not in this file")
		return
	}
	if _, threw := f.invoke(of, []value{t}, t); threw {
		s.doubt(f, "the function that describes the table throws")
	}
	t.finish(f)
}

// ofRaw is a method of knex.raw.
func (f *follower) ofRaw(r *raw, name string, args []value) value {
	switch name {
	case "wrap", "timeout", "transacting", "queryContext", "connection", "on", "debug", "options", "returning":
		return r
	case "toString", "toSQL", "toQuery":
		return opaque{}
	}
	return f.stranger(args, "knex.raw()."+name, true)
}

func (r *raw) run(f *follower) {
	if !r.first() {
		return
	}
	ops, doubts := r.ops, []Doubt(nil)
	if r.ops == nil {
		ops, doubts = readSQL(r.sql, r.line)
	}
	f.replay(ops, doubts)
}

// bind puts the names among a statement's bindings into its text: ?? and :name:.
// Values stay what they are, placeholders.
func bind(sql, bindings value) string {
	s, ok := sql.(string)
	if !ok {
		return hole
	}
	var items []value
	switch b := bindings.(type) {
	case *list:
		if !b.open {
			items = b.items
		}
	case *object:
		return bindNamed(s, b)
	case nothing:
		return s
	default:
		items = []value{b}
	}
	var out strings.Builder
	n := 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '?':
			out.WriteByte('?')
			i++
		case s[i] == '?' && i+1 < len(s) && s[i+1] == '?':
			out.WriteString(identifier(arg(items, n)))
			n++
			i++
		case s[i] == '?':
			out.WriteString(placeholder(arg(items, n)))
			n++
		default:
			out.WriteByte(s[i])
		}
	}
	return out.String()
}

// placeholder is a value among the bindings: SQL of knex.raw is put into the text.
func placeholder(v value) string {
	if r, ok := v.(*raw); ok {
		return r.sql
	}
	return "?"
}

// identifier is a name among the bindings as knex writes it.
func identifier(v value) string {
	name, ok := v.(string)
	if !ok || strings.Contains(name, hole) {
		return `"` + hole + `"`
	}
	return `"` + strings.ReplaceAll(strings.ReplaceAll(name, `"`, `""`), ".", `"."`) + `"`
}

func bindNamed(s string, o *object) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != ':' || i+1 == len(s) || !letter(s[i+1]) || i > 0 && s[i-1] == ':' {
			out.WriteByte(s[i])
			continue
		}
		end := i + 1
		for end < len(s) && (letter(s[end]) || s[end] >= '0' && s[end] <= '9') {
			end++
		}
		v, known := o.fields[s[i+1:end]]
		switch {
		case end < len(s) && s[end] == ':' && (known || o.open):
			out.WriteString(identifier(v))
			i = end
			continue
		case known:
			out.WriteString(placeholder(v))
		default:
			out.WriteString(s[i:end])
		}
		i = end - 1
	}
	return out.String()
}

func letter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
