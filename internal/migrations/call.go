package migrations

import (
	"slices"

	"github.com/tdewolff/parse/v2/js"
)

// globalName is a name of JavaScript's own that is followed.
type globalName string

func (f *follower) callExpr(e *js.CallExpr, env *scope) (value, bool) {
	fn, threw := f.expr(e.X, env)
	if threw {
		return nil, true
	}
	if h := helper(e.X); h != "" && !carries(fn) {
		fn = globalName(h)
	}
	line := f.line
	args, threw := f.args(e.Args, env)
	if threw {
		return nil, true
	}
	f.line = line
	return f.call1(fn, args, nameOf(e.X))
}

func (f *follower) newExpr(e *js.NewExpr, env *scope) (value, bool) {
	fn, threw := f.expr(e.X, env)
	if threw {
		return nil, true
	}
	if e.Args == nil {
		return opaque{}, false
	}
	args, threw := f.args(*e.Args, env)
	if threw {
		return nil, true
	}
	if of, ok := fn.(*function); ok {
		fn = hidden{}
		args = append(args, of)
	}
	return f.stranger(args, "new "+nameOf(e.X), fn == value(hidden{})), false
}

func (f *follower) args(a js.Args, env *scope) ([]value, bool) {
	var out []value
	for _, arg := range a.List {
		v, threw := f.expr(arg.Value, env)
		if threw {
			return nil, true
		}
		if l, ok := v.(*list); ok && arg.Rest && !l.open {
			out = append(out, l.items...)
			continue
		}
		if arg.Rest {
			v = unsure(v)
		}
		out = append(out, v)
	}
	return out, false
}

// nameOf is what a called expression ends in.
func nameOf(e js.IExpr) string {
	switch e := e.(type) {
	case *js.Var:
		return string(e.Data)
	case *js.DotExpr:
		if l, ok := e.Y.(js.LiteralExpr); ok {
			return nameOf(e.X) + "." + string(l.Data)
		}
	case *js.CallExpr:
		return nameOf(e.X) + "()"
	case *js.GroupExpr:
		return nameOf(e.X)
	case *js.LiteralExpr:
		if e.TokenType == js.ThisToken || e.TokenType == js.ImportToken {
			return string(e.Data)
		}
	}
	return "…"
}

// call1 calls a value.
func (f *follower) call1(fn value, args []value, name string) (value, bool) {
	switch fn := fn.(type) {
	case *function:
		return f.invoke(fn, args, opaque{})
	case method:
		return f.method(fn, args, name)
	case globalName:
		return f.global(fn, args, name)
	case *database:
		q := &query{line: f.line}
		q.from(arg(args, 0))
		return q, false
	case hidden:
		return f.stranger(args, name, true), false
	}
	return f.stranger(args, name, false), false
}

func arg(args []value, i int) value {
	if i >= 0 && i < len(args) {
		return args[i]
	}
	return nothing{}
}

// stranger is a call of a function whose code is not here. What it is given may be
// called, any number of times; with the database in its hands it may do anything.
func (f *follower) stranger(args []value, name string, reaches bool) value {
	for _, a := range args {
		if carries(a) {
			reaches = true
		}
	}
	if reaches {
		f.doubt("%s may reach the database, and its code is not in this file", name)
	}
	results := &list{open: true}
	each := value(opaque{})
	if reaches {
		each = hidden{}
	}
	for _, a := range args {
		results.items = append(results.items, f.closures(a, each)...)
	}
	if carries(results) {
		return results
	}
	if reaches {
		return hidden{}
	}
	return opaque{}
}

// closures calls the functions in a value, as somebody else may.
func (f *follower) closures(a, each value) []value {
	switch a := a.(type) {
	case *function:
		f.forget(a.env)
		f.maybe++
		defer func() { f.maybe-- }()
		given := make([]value, max(len(a.params.List), 1))
		for i := range given {
			given[i] = each
		}
		if v, threw := f.invoke(a, given, each); !threw {
			return []value{v}
		}
	case *list:
		var out []value
		for _, item := range a.items {
			if isFunction(item) {
				out = append(out, f.closures(item, each)...)
			}
		}
		return out
	case *object:
		var out []value
		for _, name := range a.names() {
			if item := a.fields[name]; isFunction(item) {
				out = append(out, f.closures(item, each)...)
			}
		}
		return out
	}
	return nil
}

// invoke follows a function of the file.
func (f *follower) invoke(fn *function, args []value, this value) (value, bool) {
	if f.depth++; !f.step() {
		f.depth--
		return hidden{}, false
	}
	defer func() { f.depth-- }()
	if fn.arrow {
		this = fn.self
	}
	outer, line := f.call, f.line
	f.call = &frame{this: this, async: fn.async, ended: outer != nil && outer.ended}
	defer func() { f.call, f.line = outer, line }()
	if len(fn.bound) > 0 {
		args = append(slices.Clone(fn.bound), args...)
	}
	env := fn.env.inner(true)
	env.vars["arguments"] = &cell{v: &list{items: args}, maybe: f.maybe}
	for i, p := range fn.params.List {
		f.bindElement(p, arg(args, i), env, env)
	}
	if fn.params.Rest != nil {
		f.bind(fn.params.Rest, &list{items: args[min(len(fn.params.List), len(args)):]}, env, env)
	}
	how := f.block(fn.body.List, env)
	if how == throws {
		return nil, true
	}
	got := f.call.returns
	if how == goesOn && len(got) > 0 {
		got = append(got, nothing{})
	}
	if len(got) == 0 {
		return nothing{}, false
	}
	v := got[0]
	for _, other := range got[1:] {
		v = f.oneOf(v, other)
	}
	return v, false
}

// method calls a function of a value that is known.
func (f *follower) method(m method, args []value, name string) (value, bool) {
	switch m.name {
	case "then", "catch", "finally":
		if !isFunction(m.of) {
			return f.then(m, args)
		}
	case "bind", "call", "apply":
		if inner, ok := m.of.(method); ok {
			return f.bound(inner, m.name, args, name)
		}
	}
	switch of := m.of.(type) {
	case *function:
		switch m.name {
		case "bind":
			return of.bind(args), false
		case "call":
			return f.invoke(of, args[min(1, len(args)):], arg(args, 0))
		case "apply":
			if l, ok := arg(args, 1).(*list); ok && !l.open {
				return f.invoke(of, l.items, arg(args, 0))
			}
		}
		return f.stranger(append(args, of), name, true), false
	case string:
		return f.ofText(of, m.name, args), false
	case pattern:
		return of.call(f, m.name, args), false
	case *list:
		return f.ofList(of, m.name, args, name)
	case globalName:
		return f.ofGlobal(of, m.name, args, name)
	case *database:
		return f.ofDatabase(of, m.name, args, name)
	case *schema:
		return of.call(f, m.name, args)
	case *table:
		return of.call(f, m.name, args), false
	case *column:
		return of.call(f, m.name, args), false
	case *query:
		return of.call(f, m.name, args), false
	case *raw:
		return f.ofRaw(of, m.name, args), false
	}
	return f.stranger(args, name, carries(m.of)), false
}

// bind is fn.bind(this, …).
func (fn *function) bind(args []value) value {
	out := *fn
	if len(args) > 0 && !fn.arrow {
		out.arrow, out.self = true, args[0]
	}
	out.bound = append(slices.Clone(fn.bound), args[min(1, len(args)):]...)
	return &out
}

// bound is table.string.bind(table), .call(table, …).
func (f *follower) bound(m method, how string, args []value, name string) (value, bool) {
	rest := args[min(1, len(args)):]
	switch {
	case how == "bind" && len(rest) == 0:
		return m, false
	case how == "call":
		return f.method(m, rest, name)
	case how == "apply":
		if l, ok := arg(args, 1).(*list); ok && !l.open {
			return f.method(m, l.items, name)
		}
	}
	return f.stranger(args, name, true), false
}

// then is a step of a chain of promises.
func (f *follower) then(m method, args []value) (value, bool) {
	v, threw := f.wait(m.of)
	if threw && m.name == "then" && len(args) < 2 {
		return nil, true
	}
	out := v
	for i, a := range args {
		fn, ok := a.(*function)
		if !ok {
			if carries(a) {
				f.doubt("a function that is not in this file is given to %s", m.name)
			}
			continue
		}
		surely := i == 0 && (m.name == "then" && !threw || m.name == "catch" && threw || m.name == "finally")
		if !surely {
			f.maybe++
		}
		got, bad := f.invoke(fn, []value{opaqueOr(v)}, opaque{})
		if !bad {
			got, bad = f.wait(got)
		}
		if !surely {
			f.maybe--
		}
		switch {
		case bad && surely:
			return rejected{}, false
		case surely && m.name != "finally":
			out = got
		case m.name != "finally":
			out = opaque{}
		}
	}
	return out, false
}

func opaqueOr(v value) value {
	if v == nil {
		return opaque{}
	}
	return v
}
