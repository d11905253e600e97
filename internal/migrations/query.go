package migrations

import (
	"strings"
)

// query is a query builder: knex('t').where(…).update(…).
type query struct {
	once
	table  string
	effect Effect // "" while it only reads
	line   int
	merges bool // an INSERT that writes over rows
	doubts []string
}

// readers are the methods, or how they begin, that change nothing by themselves.
var readers = []string{"where", "orWhere", "andWhere", "having", "orHaving", "andHaving", "join", "innerJoin", "leftJoin", "leftOuterJoin", "rightJoin",
	"rightOuterJoin", "outerJoin", "fullOuterJoin", "crossJoin", "select", "column", "distinct", "group", "order", "limit", "offset", "union", "intersect",
	"except", "count", "min", "max", "sum", "avg", "first", "pluck", "as", "clone", "returning", "forUpdate", "forShare", "forNoKeyUpdate", "forKeyShare",
	"skipLocked", "noWait", "transacting", "timeout", "options", "connection", "debug", "hintComment", "comment", "clear", "json", "using", "on", "andOn",
	"orOn", "queryContext", "rank", "denseRank", "rowNumber", "partitionBy", "withSchema", "not", "or", "and", "toSQL", "toString", "toQuery"}

func (*query) knows(name string) bool {
	switch name {
	case "from", "into", "table", "insert", "update", "increment", "decrement", "delete", "del", "truncate", "upsert", "onConflict", "merge", "ignore",
		"updateFrom", "with", "withRecursive", "withMaterialized", "withNotMaterialized", "modify", "stream", "pipe":
		return true
	}
	for _, r := range readers {
		if name == r || strings.HasPrefix(name, r) && name[len(r)] >= 'A' && name[len(r)] <= 'Z' {
			return true
		}
	}
	return name == "columns"
}

// from reads a table's name: 't', 't as x', { x: 't' }.
func (q *query) from(v value) {
	switch v := v.(type) {
	case string:
		q.table = named(v)
	case *object:
		for _, t := range v.fields {
			if len(v.fields) == 1 && !v.open {
				q.table = named(t)
			}
		}
	}
}

func (q *query) call(f *follower, name string, args []value) value {
	if !q.knows(name) {
		return f.stranger(args, "a query's "+name, true)
	}
	for _, a := range args {
		q.given(f, name, a)
	}
	switch name {
	case "from", "into", "table":
		q.from(arg(args, 0))
	case "insert":
		q.effect = insert
	case "update", "increment", "decrement", "upsert":
		q.effect = Update
	case "merge":
		q.merges = true
	case "delete", "del":
		q.effect = Delete
	case "truncate":
		q.effect = Truncate
	case "toSQL", "toString", "toQuery":
		return opaque{}
	case "stream", "pipe":
		q.run(f)
		return opaque{}
	case "clone":
		other := *q
		return &other
	}
	return q
}

// given looks at an argument. SQL that is written into a query is a piece of it,
// as a rule of its conditions; in WITH it may write.
func (q *query) given(f *follower, name string, a value) {
	switch a := a.(type) {
	case *function:
		given := &query{line: f.line}
		if name == "modify" {
			given = q
		}
		_, _ = f.invoke(a, []value{given}, given)
		if given != q && given.effect != "" {
			q.doubts = append(q.doubts, "a statement in "+name+" writes")
		}
	case *query:
		if a.effect != "" && a != q {
			q.doubts = append(q.doubts, "a statement in "+name+" writes")
		}
		a.ran = true
	case *raw:
		q.piece(a.sql)
	case *list:
		for _, i := range a.items {
			if r, ok := i.(*raw); ok {
				q.piece(r.sql)
			}
		}
	case *object:
		for _, field := range a.names() {
			switch i := a.fields[field].(type) {
			case *raw:
				q.piece(i.sql)
			case *query:
				i.ran = true
				if i.effect != "" {
					q.doubts = append(q.doubts, "a statement in "+name+" writes")
				}
			}
		}
	case string:
		if strings.HasSuffix(name, "Raw") {
			q.piece(a)
		}
	case hidden:
		q.doubts = append(q.doubts, "what "+name+" is given is not followed")
	}
}

// piece looks for statements that write in SQL that is part of another.
func (q *query) piece(sql string) {
	for _, t := range lex(sql) {
		switch t.word {
		case "insert", "update", "delete", "merge", "drop", "create", "alter", "truncate":
			q.doubts = append(q.doubts, "SQL in a query writes")
			return
		}
	}
	if why := callsUnknown(lex(sql)); why != "" {
		q.doubts = append(q.doubts, why)
	}
}

func (q *query) run(f *follower) {
	if !q.first() {
		return
	}
	line := f.line
	f.line = q.line
	defer func() { f.line = line }()
	kind := kindRewrite
	switch {
	case q.effect == "":
	case q.effect == insert && !q.merges:
		kind = kindAdd
		fallthrough
	default:
		effect := q.effect
		if q.merges {
			effect = Update
		}
		f.emit(Op{Kind: kind, Effect: effect, Table: q.table, Line: q.line})
	}
	for _, d := range q.doubts {
		f.doubt("%s", d)
	}
}
