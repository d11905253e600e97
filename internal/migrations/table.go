package migrations

import (
	"strings"
)

type (
	// table is what the function of createTable and alterTable is given.
	table struct {
		schema *schema
		name   string
		fresh  bool
		cols   []*column
	}
	// column is a column that it describes, or a key.
	column struct {
		table *table
		name  string
		line  int
		// a key alone: table.foreign, table.unique
		key                               bool
		alter, required, hasDefault, fill bool
		unique, index, primary, check     bool
		foreign                           string // the table that it refers to
		refers                            bool
	}
)

// isType tells the methods that add a column.
func isType(name string) bool {
	switch name {
	case "increments", "bigIncrements", "smallIncrements", "tinyIncrements", "mediumIncrements", "bigincrements",
		"integer", "int", "tinyint", "smallint", "mediumint", "bigint", "bigInteger",
		"text", "string", "float", "double", "real", "decimal", "numeric", "boolean", "bool",
		"date", "dateTime", "datetime", "time", "timestamp", "binary", "enum", "enu",
		"json", "jsonb", "uuid", "geometry", "geography", "point", "specificType", "tinytext",
		"mediumtext", "longtext", "year", "interval":
		return true
	}
	return false
}

func (t *table) op(f *follower, o Op) {
	o.Table, o.Line = t.name, f.line
	// What is said of a table while it is created is part of that.
	if !t.fresh {
		t.schema.add(f, o)
	}
}

func (t *table) column(f *follower, name string) *column {
	c := &column{table: t, name: name, line: f.line}
	t.cols = append(t.cols, c)
	return c
}

// call is a method of a table's description.
func (t *table) call(f *follower, name string, args []value) value {
	if isType(name) {
		c := t.column(f, named(arg(args, 0)))
		if strings.HasSuffix(strings.ToLower(name), "increments") {
			c.fill, c.primary = true, true
			if o, ok := arg(args, 1).(*object); ok && truthy(o.field("primaryKey")) == no {
				c.primary = false
			}
		}
		if kind, ok := arg(args, 1).(string); ok && name == "specificType" {
			c.specific(kind)
		} else if name == "specificType" {
			t.schema.doubt(f, "the type of a column is known only when it runs")
		}
		return c
	}
	key := &column{table: t, key: true, line: f.line, name: keyName(args)}
	if key.rule(name) {
		t.cols = append(t.cols, key)
		return key
	}
	switch name {
	case "timestamps":
		for _, col := range []string{"created_at", "updated_at"} {
			c := t.column(f, col)
			c.required, c.hasDefault = truthy(arg(args, 1)) == yes, truthy(arg(args, 1)) != no
		}
	case "foreign":
		key.refers = true
		t.cols = append(t.cols, key)
		return key
	case "dropColumn", "dropColumns":
		for _, a := range flat(args) {
			t.op(f, Op{Kind: kindDrop, Effect: DropColumn, Name: named(a)})
		}
	case "dropTimestamps":
		t.op(f, Op{Kind: kindDrop, Effect: DropColumn, Name: "created_at"})
		t.op(f, Op{Kind: kindDrop, Effect: DropColumn, Name: "updated_at"})
	case "dropForeign", "dropUnique", "dropPrimary", "dropChecks":
		t.op(f, Op{Kind: kindDrop, Effect: DropRule, Name: keyName(args)})
	case "dropIndex":
		t.op(f, Op{Kind: kindDrop, Effect: DropIndex, Name: keyName(args)})
	case "renameColumn":
		t.op(f, Op{Kind: kindAlter, Effect: RenameColumn, Name: named(arg(args, 0)), To: named(arg(args, 1))})
	case "setNullable":
		t.op(f, Op{Kind: kindAlter, Effect: Loosen, Name: named(arg(args, 0))})
	case "dropNullable":
		t.op(f, Op{Kind: kindAlter, Effect: NotNull, Name: named(arg(args, 0))})
	case "inherits":
		t.op(f, Op{Kind: kindAlter, Effect: settings})
	case "comment", "engine", "charset", "collate", "queryContext":
	default:
		return f.stranger(args, "table."+name, true)
	}
	return t
}

// keyName is the name that a key or index is given: ('column', 'name'), with
// { indexName: … } in newer code.
func keyName(args []value) string {
	switch second := arg(args, 1).(type) {
	case string:
		return named(second)
	case *object:
		for _, k := range []string{"indexName", "constraintName"} {
			if n := named(second.field(k)); n != "" {
				return n
			}
		}
	}
	if s, ok := arg(args, 0).(string); ok && len(args) == 1 {
		return named(s)
	}
	return ""
}

// flat are the arguments with their lists unfolded.
func flat(args []value) []value {
	var out []value
	for _, a := range args {
		if l, ok := a.(*list); ok {
			out = append(out, l.items...)
			if l.open {
				out = append(out, opaque{})
			}
		} else {
			out = append(out, a)
		}
	}
	return out
}

// specific reads the words of table.specificType.
func (c *column) specific(kind string) {
	words := " " + strings.ToLower(strings.Join(strings.Fields(kind), " ")) + " "
	c.required = c.required || strings.Contains(words, " not null ")
	c.hasDefault = c.hasDefault || strings.Contains(words, " default ")
	c.fill = c.fill || strings.Contains(words, " generated ") || strings.Contains(words, "serial ") || defaultVaries(words)
	c.unique = c.unique || strings.Contains(words, " unique ")
	c.primary = c.primary || strings.Contains(words, " primary key ")
	c.check = c.check || strings.Contains(words, " check ")
	c.refers = c.refers || strings.Contains(words, " references ")
}

// defaultVaries reports whether a default calls something that may differ by row:
// PostgreSQL fills the column of every row then.
func defaultVaries(words string) bool {
	_, after, ok := strings.Cut(words, " default ")
	return ok && strings.Contains(after, "(") && !strings.HasPrefix(after, "now()") && !strings.HasPrefix(after, "'")
}

// rule reports whether a method gives a column, or several, a rule or an index, and
// notes it.
func (c *column) rule(method string) bool {
	switch method {
	case "primary":
		c.primary = true
	case "unique":
		c.unique = true
	case "index":
		c.index = true
	case "check", "checkPositive", "checkNegative", "checkIn", "checkNotIn", "checkBetween", "checkLength", "checkRegex":
		c.check = true
	default:
		return false
	}
	return true
}

// call is a method of a column's description.
func (c *column) call(f *follower, name string, args []value) value {
	if c.rule(name) {
		return c
	}
	switch name {
	case "notNullable", "notNull":
		c.required = true
	case "nullable":
		c.required = truthy(arg(args, 0)) == no && len(args) > 0
	case "defaultTo":
		c.hasDefault = true
		switch v := arg(args, 0).(type) {
		case *raw:
			c.fill = c.fill || strings.Contains(v.sql, "(") && !strings.HasPrefix(strings.ToLower(v.sql), "now()")
		case nothing:
			c.hasDefault = false
		}
	case "alter":
		c.alter = true
	case "references":
		c.refers = true
		if s, ok := arg(args, 0).(string); ok && strings.Contains(s, ".") {
			c.foreign = named(s[:strings.LastIndexByte(s, '.')])
		}
	case "inTable", "on":
		c.refers, c.foreign = true, named(arg(args, 0))
	case "unsigned", "comment", "onDelete", "onUpdate", "first", "after", "collate", "withKeyName", "deferrable", "queryContext", "zerofill":
	default:
		return f.stranger(args, "column."+name, true)
	}
	return c
}

// finish turns the columns into steps, once all is said of them.
func (t *table) finish(f *follower) {
	line := f.line
	defer func() { f.line = line }()
	for _, c := range t.cols {
		f.line = c.line
		if t.fresh && c.foreign != "" {
			// The only thing of a new table that others notice: its keys hold locks there.
			t.schema.add(f, Op{Kind: kindAdd, Effect: ForeignKey, Table: t.name, To: c.foreign, Name: c.name, Line: c.line})
		}
		for _, o := range c.steps() {
			t.op(f, o)
		}
	}
}

// steps are what a description of a column comes to, in a table that is there:
// the same for a call of knex and for ADD COLUMN.
func (c *column) steps() []Op {
	var out []Op
	add := func(kind Kind, effect Effect) { out = append(out, Op{Kind: kind, Effect: effect, Name: c.name}) }
	switch {
	case c.key:
	case c.alter:
		// column.alter(): knex sets type, nullability and default anew.
		add(kindAlter, ColumnType)
		if c.required {
			out = append(out, Op{Kind: kindAlter, Effect: NotNull, Name: c.name, Default: c.hasDefault})
		}
	case c.fill:
		add(kindAdd, AddFilled)
		add(kindAlter, settings)
	default:
		add(kindAdd, AddColumn)
		if c.required && !c.hasDefault {
			add(kindAlter, AddRequired)
		}
	}
	if c.primary || c.unique {
		add(kindAlter, Unique)
		add(Index, Build)
	}
	if c.index {
		add(Index, Build)
	}
	if c.check {
		add(kindAlter, Check)
	}
	if c.refers {
		out = append(out, Op{Kind: kindAlter, Effect: ForeignKey, Name: c.name, To: c.foreign})
	}
	return out
}
