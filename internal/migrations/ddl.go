package migrations

import (
	"slices"
)

// create reads what follows CREATE.
func (r *reading) create() {
	replaces := r.take("or", "replace")
	temp := false
	for r.peek().is("global", "local", "temp", "temporary", "unlogged") {
		temp = r.next().is("temp", "temporary") || temp
	}
	unique := r.take("unique")
	if r.peek().hole && !r.peek().identifies() || r.peek().hole && !unique {
		// CREATE ${unique} INDEX: a word that is known only when it runs.
		if r.at+1 < len(r.list) && r.list[r.at+1].is("index") {
			r.next()
		}
	}
	t := r.next()
	maybe := r.take("if", "not", "exists")
	switch {
	case t.is("table"):
		r.createTable(temp, maybe)
	case t.is("index"):
		r.createIndex(unique)
	case t.is("view"), t.is("materialized"), t.is("recursive"):
		r.take("view")
		r.take("if", "not", "exists")
		name, _ := r.name()
		if replaces {
			r.add(Op{Kind: kindAlter, Effect: settings, Table: name})
		} else if !temp {
			r.add(Op{Kind: kindAdd, Effect: createOther, Table: name})
		}
		r.functions()
	case t.is("sequence", "type", "schema", "extension", "domain", "collation", "statistics", "aggregate", "role", "user", "function", "procedure"):
		name, _ := r.name()
		if replaces {
			r.add(Op{Kind: kindAlter, Effect: settings, Name: name})
		} else if !temp {
			r.add(Op{Kind: kindAdd, Effect: createOther, Name: name})
		}
		if t.is("schema") && r.list[len(r.list)-1].text == ")" {
			r.doubt("CREATE SCHEMA with what is in it is not followed")
		}
	case t.is("trigger", "rule", "policy", "constraint", "event"):
		// What the running release writes goes another way from then on.
		r.add(Op{Kind: kindAlter, Effect: settings, Table: r.after("on")})
	default:
		r.doubt("CREATE " + shown(t.text) + " is not known")
	}
}

// after is the name behind a word of the statement, "" for none.
func (r *reading) after(word string) string {
	for i, t := range r.list {
		if t.word == word {
			r.at = i + 1
			r.take("only")
			name, _ := r.name()
			return name
		}
	}
	return ""
}

func (r *reading) createTable(temp, maybe bool) {
	name, ok := r.name()
	if !ok {
		r.doubt("which table is created is known only when it runs")
		return
	}
	if temp {
		r.ops = append(r.ops, Op{Effect: CreateTable, Table: name, Line: r.line, Kind: temporary})
	} else {
		r.add(Op{Kind: kindAdd, Effect: CreateTable, Table: name, Maybe: maybe})
	}
	if words := r.words(); slices.Contains(words, "as") && slices.Contains(words, "select") {
		if !temp {
			r.add(Op{Kind: kindAdd, Effect: insert, Table: name})
		} else if read := r.after("from"); read != "" {
			r.add(Op{Effect: ReadAll, Table: read})
		}
		r.functions()
	}
	for i, t := range r.list {
		if t.is("references") && !temp {
			r.at = i + 1
			to, _ := r.name()
			r.add(Op{Kind: kindAdd, Effect: ForeignKey, Table: name, To: to})
		}
		if t.hole && !r.named(i) {
			r.doubt("a part of CREATE TABLE is known only when it runs")
		}
	}
}

// temporary is the kind of a table that only the migration sees. It stays inside
// of the package.
const temporary Kind = "temporary"

func (r *reading) createIndex(unique bool) {
	o := Op{Kind: Index, Effect: Build}
	if r.take("concurrently") {
		o = Op{Kind: IndexConcurrently, Effect: BuildLater}
	}
	r.take("if", "not", "exists")
	if !r.peek().is("on") {
		o.Name, _ = r.name()
	}
	if !r.take("on") {
		r.doubt("which table an index is for is known only when it runs")
	}
	r.take("only")
	o.Table, _ = r.name()
	r.add(o)
	if unique {
		r.add(Op{Kind: kindAlter, Effect: Unique, Table: o.Table, Name: o.Name})
	}
}

// drop reads what follows DROP.
func (r *reading) drop() {
	t := r.next()
	o := Op{Kind: kindDrop, Effect: dropOther}
	switch {
	case t.is("materialized"), t.is("table"), t.is("view"), t.is("foreign"):
		r.take("view")
		r.take("table")
		o.Effect = DropTable
	case t.is("index"):
		o.Effect = DropIndex
		if r.take("concurrently") {
			o.Effect = DropLater
		}
	case t.is("trigger", "rule", "policy"):
		o.Kind, o.Effect = kindDrop, DropRule
		o.Table = r.after("on")
		r.add(o)
		return
	case t.is("constraint", "sequence", "type", "schema", "extension", "domain", "function", "procedure", "statistics", "collation", "aggregate", "role", "user", "database", "owned", "operator", "cast", "event"):
	default:
		r.doubt("DROP " + shown(t.text) + " is not known")
		return
	}
	r.take("if", "exists")
	for {
		name, _ := r.name()
		one := o
		if o.Effect == DropTable {
			one.Table = name
		} else {
			one.Name = name
		}
		r.add(one)
		if r.peek().text != "," {
			return
		}
		r.next()
	}
}
