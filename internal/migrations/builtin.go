package migrations

import (
	"regexp"
	"strings"
)

// member is a property of a value.
func (f *follower) member(of value, name string) value {
	switch v := of.(type) {
	case *object:
		if strings.Contains(name, hole) {
			return unsure(v)
		}
		if h, ok := v.fields[hole]; ok && v.fields[name] == nil {
			return h
		}
		return v.field(name)
	case string:
		if name == "length" && !strings.Contains(v, hole) {
			return float64(len(v))
		}
		if name == "length" {
			return opaque{}
		}
		return method{v, name}
	case *list:
		if name == "length" {
			if v.open || v.either {
				return opaque{}
			}
			return float64(len(v.items))
		}
		return method{v, name}
	case *database:
		switch name {
		case "schema":
			return &schema{}
		case "client":
			return client()
		case "fn", "isTransaction", "userParams", "name", "version":
			return opaque{}
		}
		return method{v, name}
	case *schema, *table, *column, *query, *raw, *function, method, globalName, pattern, rejected:
		return method{v, name}
	case hidden:
		return hidden{}
	}
	if name == "then" || name == "catch" || name == "finally" {
		return method{opaqueOr(of), name}
	}
	return opaque{}
}

// client is knex.client of a backend that is connected to PostgreSQL: what
// migrations ask to tell databases apart.
func client() value {
	return &object{open: true, fields: map[string]value{
		"config":     &object{open: true, fields: map[string]value{"client": "pg"}},
		"driverName": "pg", "dialect": "postgresql",
	}}
}

// ofText calls a method of a text.
func (f *follower) ofText(s, name string, args []value) value {
	a, isText := arg(args, 0).(string)
	known := !strings.Contains(s, hole) && (isText || len(args) == 0) && !strings.Contains(a, hole)
	switch name {
	case "toString", "valueOf":
		return s
	case "concat":
		for _, more := range args {
			s += text(more)
		}
		return s
	case "trim", "trimStart", "trimEnd":
		return strings.TrimSpace(s)
	case "toLowerCase", "toLocaleLowerCase":
		return strings.ToLower(s)
	case "toUpperCase", "toLocaleUpperCase":
		return strings.ToUpper(s)
	case "replace", "replaceAll":
		to, ok := arg(args, 1).(string)
		if known && ok && !strings.Contains(to, "$") {
			n := 1
			if name == "replaceAll" {
				n = strings.Count(s, a)
			}
			if f.room(len(s) + n*len(to)) {
				return strings.Replace(s, a, to, n)
			}
		}
		f.closures(arg(args, 1), opaque{})
		return hole
	case "repeat", "slice", "substring", "substr", "padStart", "padEnd", "normalize", "charAt", "at":
		if f.ofClient(s) {
			break
		}
		return hole
	case "split":
		if known && isText {
			l := &list{}
			for _, part := range strings.Split(s, a) {
				l.items = append(l.items, part)
			}
			return l
		}
	case "includes":
		if known && isText {
			return strings.Contains(s, a)
		}
	case "startsWith":
		if known && isText && len(args) == 1 {
			return strings.HasPrefix(s, a)
		}
	case "endsWith":
		if known && isText && len(args) == 1 {
			return strings.HasSuffix(s, a)
		}
	case "indexOf":
		if known && isText && len(args) == 1 {
			return float64(strings.Index(s, a))
		}
	case "match", "search":
		if p, ok := arg(args, 0).(pattern); ok {
			return p.call(f, "test", []value{s})
		}
	}
	if f.ofClient(s) {
		f.doubt("the database is told apart in a way that is not followed: %s", name)
	}
	return unsure(&list{items: args})
}

// ofClient tells the texts by which migrations know the database: a condition over
// them that is not followed would let the code for others count.
func (*follower) ofClient(s string) bool {
	return s == "pg" || s == "postgresql"
}

// call is a method of a regular expression.
func (p pattern) call(f *follower, name string, args []value) value {
	s, ok := arg(args, 0).(string)
	if name == "test" && ok && !strings.Contains(s, hole) {
		source := p.text
		if strings.Contains(p.flags, "i") {
			source = "(?i)" + source
		}
		if re, err := regexp.Compile(source); err == nil {
			return re.MatchString(s)
		}
		if f.ofClient(s) {
			f.doubt("the database is told apart by a pattern that is not followed")
		}
	}
	return opaque{}
}

// global calls a function of JavaScript's own.
func (f *follower) global(g globalName, args []value, name string) (value, bool) {
	if v, threw, ok := f.helped(g, args); ok {
		return v, threw
	}
	switch g {
	case "eval":
		return f.stranger(args, name, true), false
	case "require":
		return module(arg(args, 0)), false
	}
	return f.stranger(args, name, false), false
}

// module is what another file shows. The portal's own may hold a connection, as
// those do that are for databases or for starting programs.
func module(name value) value {
	s, ok := name.(string)
	if !ok || strings.Contains(s, hole) || strings.HasPrefix(s, ".") || strings.HasPrefix(s, "/") {
		return hidden{}
	}
	switch strings.TrimPrefix(s, "node:") {
	case "knex", "pg", "pg-promise", "postgres", "sequelize", "typeorm", "child_process", "vm", "worker_threads", "module":
		return hidden{}
	}
	return opaque{}
}

func (f *follower) ofGlobal(g globalName, name string, args []value, called string) (value, bool) {
	first := arg(args, 0)
	switch string(g) + "." + name {
	case "Promise.all", "Promise.allSettled", "Promise.race", "Promise.any":
		l, ok := first.(*list)
		if !ok {
			break
		}
		if l.open {
			f.maybe++
			defer func() { f.maybe-- }()
		}
		for _, i := range l.items {
			if _, threw := f.wait(i); threw && !l.open && name == "all" {
				return rejected{}, false
			}
		}
		return &list{open: true}, false
	case "Promise.resolve":
		return f.wait(first)
	case "Promise.reject":
		return rejected{}, false
	case "Object.keys", "Object.values", "Object.entries":
		if o, ok := first.(*object); ok && !o.open && len(o.fields) > 0 {
			return fieldsOf(o, name), false
		}
	case "Object.freeze", "Array.from":
		if len(args) == 1 {
			return first, false
		}
	case "Object.defineProperty":
		return f.define(args), false
	case "Object.assign":
		if o, ok := first.(*object); ok {
			o.open = true
			for _, a := range args[1:] {
				if more, ok := a.(*object); ok {
					for k, v := range more.fields {
						f.writeField(o, k, v)
					}
				} else if carries(a) {
					o.fields[hole] = hidden{}
				}
			}
			return o, false
		}
	case "Array.isArray":
		_, ok := first.(*list)
		if ok || first == value(nothing{}) {
			return ok, false
		}
		return opaque{}, false
	}
	return f.stranger(args, called, false), false
}

// fieldsOf is a list of an object's fields, as Object's method of that name gives
// it. What is done for each of them is the same in any order.
func fieldsOf(o *object, name string) *list {
	l := &list{}
	for _, k := range o.names() {
		switch name {
		case "keys":
			l.items = append(l.items, k)
		case "values":
			l.items = append(l.items, o.fields[k])
		default:
			l.items = append(l.items, &list{items: []value{k, o.fields[k]}})
		}
	}
	return l
}

// define is Object.defineProperty(exports, 'up', { value: … }), as compilers write.
func (f *follower) define(args []value) value {
	o, ok := arg(args, 0).(*object)
	name, named := arg(args, 1).(string)
	d, described := arg(args, 2).(*object)
	if ok && named && described {
		switch get := d.fields["get"].(type) {
		case *function:
			if v, threw := f.invoke(get, nil, o); !threw {
				o.fields[name] = v
			}
		default:
			o.fields[name] = d.field("value")
		}
	}
	return arg(args, 0)
}
