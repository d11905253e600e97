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
		key                                         bool
		alter, required, nullable, hasDefault, fill bool
		unique, index, primary, typed, check        bool
		foreign                                     string // the table that it refers to
		refers                                      bool
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
		c.typed = true
		if strings.HasSuffix(strings.ToLower(name), "increments") {
			c.fill, c.primary = true, true
			if o, ok := arg(args, 1).(*object); ok && truthy(o.field("primaryKey")) == no {
				c.primary = false
			}
		}
		if kind, ok := arg(args, 1).(string); ok && name == "specificType" {
			c.specific(kind)
		} else if name == "specificType" {
			t.schema.doubts = append(t.schema.doubts, Doubt{Line: f.line, Why: "the type of a column is known only when it runs"})
		}
		return c
	}
	switch name {
	case "timestamps":
		for _, col := range []string{"created_at", "updated_at"} {
			c := t.column(f, col)
			c.typed = true
			c.required, c.hasDefault = truthy(arg(args, 1)) == yes, truthy(arg(args, 1)) != no
		}
	case "primary", "unique", "index", "foreign", "check", "checkPositive", "checkNegative", "checkIn", "checkNotIn", "checkBetween", "checkLength", "checkRegex":
		c := &column{table: t, key: true, line: f.line, name: keyName(args)}
		t.cols = append(t.cols, c)
		switch name {
		case "primary":
			c.primary = true
		case "unique":
			c.unique = true
		case "index":
			c.index = true
		case "foreign":
			c.refers = true
		default:
			c.check = true
		}
		return c
	case "dropColumn", "dropColumns":
		for _, a := range flat(args) {
			t.op(f, Op{Kind: Drop, Effect: DropColumn, Name: named(a)})
		}
	case "dropTimestamps":
		t.op(f, Op{Kind: Drop, Effect: DropColumn, Name: "created_at"})
		t.op(f, Op{Kind: Drop, Effect: DropColumn, Name: "updated_at"})
	case "dropForeign", "dropUnique", "dropPrimary", "dropChecks":
		t.op(f, Op{Kind: Drop, Effect: DropRule, Name: keyName(args)})
	case "dropIndex":
		t.op(f, Op{Kind: Drop, Effect: DropIndex, Name: keyName(args)})
	case "renameColumn":
		t.op(f, Op{Kind: Alter, Effect: RenameColumn, Name: named(arg(args, 0)), To: named(arg(args, 1))})
	case "setNullable":
		t.op(f, Op{Kind: Alter, Effect: Loosen, Name: named(arg(args, 0))})
	case "dropNullable":
		t.op(f, Op{Kind: Alter, Effect: NotNull, Name: named(arg(args, 0))})
	case "inherits":
		t.op(f, Op{Kind: Alter, Effect: Settings})
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

// call is a method of a column's description.
func (c *column) call(f *follower, name string, args []value) value {
	switch name {
	case "notNullable", "notNull":
		c.required, c.nullable = true, false
	case "nullable":
		c.required, c.nullable = truthy(arg(args, 0)) == no && len(args) > 0, true
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
	case "primary":
		c.primary = true
	case "unique":
		c.unique = true
	case "index":
		c.index = true
	case "references":
		c.refers = true
		if s, ok := arg(args, 0).(string); ok && strings.Contains(s, ".") {
			c.foreign = named(s[:strings.LastIndexByte(s, '.')])
		}
	case "inTable", "on":
		c.refers, c.foreign = true, named(arg(args, 0))
	case "checkPositive", "checkNegative", "checkIn", "checkNotIn", "checkBetween", "checkLength", "checkRegex", "check":
		c.check = true
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
			t.schema.add(f, Op{Kind: Add, Effect: ForeignKey, Table: t.name, To: c.foreign, Name: c.name, Line: c.line})
		}
		switch {
		case c.key:
		case c.alter:
			c.altered(f)
		case c.fill:
			t.op(f, Op{Kind: Add, Effect: AddFilled, Name: c.name})
			t.op(f, Op{Kind: Alter, Effect: Settings, Name: c.name})
		case c.required && !c.hasDefault && !t.fresh:
			t.op(f, Op{Kind: Add, Effect: AddColumn, Name: c.name})
			t.op(f, Op{Kind: Alter, Effect: AddRequired, Name: c.name})
		default:
			t.op(f, Op{Kind: Add, Effect: AddColumn, Name: c.name})
		}
		if c.primary || c.unique {
			t.op(f, Op{Kind: Alter, Effect: Unique, Name: c.name})
			t.op(f, Op{Kind: Index, Effect: Build, Name: c.name})
		}
		if c.index {
			t.op(f, Op{Kind: Index, Effect: Build, Name: c.name})
		}
		if c.check {
			t.op(f, Op{Kind: Alter, Effect: Check, Name: c.name})
		}
		if c.refers {
			t.op(f, Op{Kind: Alter, Effect: ForeignKey, Name: c.name, To: c.foreign})
		}
	}
}

// altered is column.alter(): knex sets type, nullability and default anew.
func (c *column) altered(f *follower) {
	c.table.op(f, Op{Kind: Alter, Effect: ColumnType, Name: c.name})
	if c.required {
		c.table.op(f, Op{Kind: Alter, Effect: NotNull, Name: c.name, Default: c.hasDefault})
	}
}
