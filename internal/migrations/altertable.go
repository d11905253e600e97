package migrations

import (
	"strings"
)

// alter reads what follows ALTER.
func (r *reading) alter() {
	t := r.next()
	switch {
	case t.is("table"):
		r.take("if", "exists")
		r.take("only")
		name, ok := r.name()
		if !ok {
			r.doubt("which table is altered is known only when it runs")
		}
		if r.peek().text == "*" {
			r.next()
		}
		for {
			r.action(name)
			if r.peek().text != "," {
				break
			}
			r.next()
		}
		if r.at < len(r.list) {
			r.doubt("a part of ALTER TABLE is not known: " + shown(r.peek().text))
		}
	case t.is("index", "sequence", "type", "view", "materialized", "schema", "database", "role", "user", "function", "extension", "domain", "statistics", "default", "policy", "system", "trigger"):
		r.add(Op{Kind: kindAlter, Effect: settings})
	default:
		r.doubt("ALTER " + shown(t.text) + " is not known")
	}
}

// rest takes the tokens up to the next comma outside of parentheses.
func (r *reading) rest() []token {
	from := r.at
	for r.at < len(r.list) && r.peek().text != "," {
		if r.peek().text == "(" {
			r.parens()
			continue
		}
		if t := r.peek(); t.hole && r.at > 0 && !r.named(r.at) {
			r.doubt("a part of ALTER TABLE is known only when it runs")
		}
		r.next()
	}
	return r.list[from:r.at]
}

func has(list []token, words ...string) bool {
	for i := range list {
		ok := true
		for j, w := range words {
			ok = ok && i+j < len(list) && list[i+j].word == w
		}
		if ok {
			return true
		}
	}
	return false
}

// action is one of ALTER TABLE's.
func (r *reading) action(table string) {
	t := r.next()
	switch {
	case t.is("add"):
		r.added(table)
	case t.is("drop"):
		o := Op{Kind: kindDrop, Effect: DropColumn, Table: table}
		if r.take("constraint") {
			o.Effect = DropRule
		} else {
			r.take("column")
		}
		r.take("if", "exists")
		o.Name, _ = r.name()
		r.rest()
		r.add(o)
	case t.is("rename"):
		o := Op{Kind: kindAlter, Effect: RenameColumn, Table: table}
		if r.take("to") {
			o.Effect = Rename
			o.To, _ = r.name()
			r.add(o)
			return
		}
		if r.take("constraint") {
			o.Effect = settings
		} else {
			r.take("column")
		}
		o.Name, _ = r.name()
		r.take("to")
		o.To, _ = r.name()
		r.add(o)
	case t.is("alter"):
		r.alterColumn(table)
	case t.is("validate"):
		r.take("constraint")
		o := Op{Kind: kindAlter, Effect: Validate, Table: table}
		o.Name, _ = r.name()
		r.add(o)
	case t.is("set", "reset", "owner", "enable", "disable", "inherit", "no", "replica", "cluster", "force", "attach", "detach", "of", "not"):
		rest := r.rest()
		o := Op{Kind: kindAlter, Effect: settings, Table: table}
		if has(rest, "tablespace") || has(rest, "logged") || has(rest, "unlogged") || has(rest, "access", "method") {
			o.Effect = ColumnType // the table is written anew
		}
		r.add(o)
	default:
		r.doubt("ALTER TABLE … " + shown(t.text) + " is not known")
		r.rest()
	}
}

// added is ADD of a column or of a constraint.
func (r *reading) added(table string) {
	name := ""
	if r.take("constraint") {
		name, _ = r.name()
	}
	if r.peek().is("unique", "primary", "foreign", "check", "exclude") {
		what := r.next()
		rest := r.rest()
		o := Op{Kind: kindAlter, Effect: Unique, Table: table, Name: name}
		switch {
		case what.is("foreign"):
			o.Effect = ForeignKey
			for i, t := range rest {
				if t.is("references") {
					s := &tokens{list: rest, at: i + 1}
					o.To, _ = s.name()
				}
			}
		case what.is("check"):
			o.Effect = Check
		}
		if has(rest, "not", "valid") {
			o.Effect = NotValid
		}
		r.add(o)
		if o.Effect == Unique && !has(rest, "using", "index") {
			r.add(Op{Kind: Index, Effect: Build, Table: table, Name: name})
		}
		return
	}
	r.take("column")
	r.take("if", "not", "exists")
	name, ok := r.name()
	if !ok {
		r.doubt("which column is added is known only when it runs")
	}
	c := column{name: name}
	var words []string
	rest := r.rest()
	for _, t := range rest {
		if words = append(words, t.text); t.word != "" {
			words[len(words)-1] = t.word
		}
	}
	c.specific(strings.ReplaceAll(strings.Join(words, " "), " (", "("))
	for _, o := range c.steps() {
		o.Table = table
		r.add(o)
	}
}

func (r *reading) alterColumn(table string) {
	if r.take("constraint") {
		r.rest()
		r.add(Op{Kind: kindAlter, Effect: settings, Table: table})
		return
	}
	r.take("column")
	o := Op{Kind: kindAlter, Effect: settings, Table: table}
	o.Name, _ = r.name()
	rest := r.rest()
	switch {
	case len(rest) > 0 && rest[0].is("type"), has(rest, "set", "data", "type"), has(rest, "generated"):
		o.Effect = ColumnType
	case has(rest, "set", "not", "null"):
		o.Effect = NotNull
	case has(rest, "drop", "not", "null"), has(rest, "drop", "default"), has(rest, "set", "default"):
		o.Effect = Loosen
	case len(rest) == 0:
		r.doubt("what ALTER COLUMN does is known only when it runs")
	}
	r.add(o)
}
