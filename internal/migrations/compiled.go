package migrations

import (
	"github.com/tdewolff/parse/v2/js"
)

// helper is the name of the function that a compiler has put into the file, or takes
// from its library, and that a call goes to; "" for others. What these do is known,
// and their own code is not made to be followed.
func helper(e js.IExpr) string {
	name := ""
	switch e := e.(type) {
	case *js.GroupExpr:
		return helper(e.X)
	case *js.CommaExpr: // (0, tslib_1.__awaiter)(…)
		return helper(e.List[len(e.List)-1])
	case *js.Var:
		name = string(e.Data)
	case *js.DotExpr:
		if l, ok := e.Y.(js.LiteralExpr); ok {
			name = string(l.Data)
		}
	}
	switch name {
	case "__awaiter", "__generator", "_asyncToGenerator", "__export", "__toCommonJS":
		return name
	}
	return ""
}

// helped calls a compiler's function; ok is false for others, and where it is not
// called as compilers do.
func (f *follower) helped(g globalName, args []value) (v value, threw, ok bool) {
	switch g {
	case "__awaiter": // of TypeScript
		if fn, ok := arg(args, len(args)-1).(*function); ok {
			v, threw = f.invoke(fn, nil, arg(args, 0))
			if _, done := v.(generated); !done && !threw && !fn.generates {
				f.doubt("an async function was compiled in a way that is not followed")
			}
			return v, threw, true
		}
	case "__generator":
		if fn, ok := arg(args, 1).(*function); ok {
			return generated{}, f.states(fn), true
		}
	case "_asyncToGenerator": // of Babel
		if fn, ok := arg(args, len(args)-1).(*function); ok && fn.generates {
			return fn, false, true
		}
	case "__export": // of esbuild: the fields are there before the functions are
		to, isObject := arg(args, 0).(*object)
		all, known := arg(args, 1).(*object)
		if isObject && known && !all.open {
			for _, name := range all.names() {
				to.fields[name] = hidden{}
				if fn, ok := all.fields[name].(*function); ok {
					get := *fn
					get.getter = true
					to.fields[name] = &get
				}
			}
			return to, false, true
		}
	case "__toCommonJS":
		if of, ok := arg(args, 0).(*object); ok {
			return of, false, true
		}
	}
	return nil, false, false
}

// generated is what TypeScript's __generator gives: a function's steps, which have
// been followed.
type generated struct{}

// states follows an async function that was compiled for engines without generators:
// a switch whose cases each return what is to be done next, [4, x] to wait for x and
// [2, x] to return it. Jumps between the cases are not followed. It reports whether
// the function throws.
func (f *follower) states(fn *function) bool {
	if f.depth++; !f.step() {
		f.depth--
		return false
	}
	outer := f.call
	f.call = &frame{this: fn.self, ended: outer != nil && outer.ended}
	defer func() { f.depth--; f.call = outer }()
	env := fn.env.inner(true)
	for _, p := range fn.params.List {
		f.bindElement(p, opaque{}, env, env)
	}
	parts := [][]js.IStmt{fn.body.List}
	if len(fn.body.List) == 1 {
		if s, ok := fn.body.List[0].(*js.SwitchStmt); ok {
			parts = nil
			for _, c := range s.List {
				parts = append(parts, c.List)
			}
		}
	}
	for _, part := range parts {
		f.call.returns = nil
		how := f.block(part, env)
		got := f.call.returns
		if how == throws {
			return true
		}
		clear := how == goesOn && len(got) == 0 || how == returns && len(got) == 1
		done := false
		for _, v := range got {
			l, _ := v.(*list)
			if l == nil || len(l.items) == 0 || l.items[0] != value(2.0) && l.items[0] != value(4.0) {
				clear = false
				continue
			}
			if _, threw := f.wait(arg(l.items, 1)); threw {
				return true
			}
			done = done || l.items[0] == value(2.0)
		}
		if !clear {
			f.doubt("an async function was compiled to jumps that are not followed")
		} else if done {
			return false
		}
	}
	return false
}

// got is what stands under a name, where that is given by a function.
func (f *follower) got(v value) value {
	if fn, ok := v.(*function); ok && fn.getter {
		if v, threw := f.invoke(fn, nil, nothing{}); !threw {
			return v
		}
		return opaque{}
	}
	return v
}

// class is what can be reached without an instance; whatever needs one is not
// followed.
func (f *follower) class(d *js.ClassDecl, env *scope) value {
	o := &object{fields: map[string]value{}, open: true}
	if d.Name != nil {
		env.vars[string(d.Name.Data)] = &cell{v: o, maybe: f.maybe}
	}
	for _, e := range d.List {
		switch {
		case e.StaticBlock != nil:
			f.doubt("a static block of a class is not followed")
		case e.Method != nil && e.Method.Static && e.Method.Name.Computed == nil:
			fn := &function{params: e.Method.Params, body: &e.Method.Body, env: env, async: e.Method.Async || e.Method.Generator, getter: e.Method.Get}
			if !e.Method.Set {
				o.fields[propertyName(e.Method.Name.Literal)] = fn
			}
		case e.Method == nil && e.Static && e.Name.Private != nil, e.Method == nil && e.Static && e.Name.Computed == nil:
			var v value = nothing{}
			if e.Init != nil {
				v, _ = f.expr(e.Init, env)
			}
			name := propertyName(e.Name.Literal)
			if e.Name.Private != nil {
				name = string(e.Name.Private.Data)
			}
			o.fields[name] = v
		}
	}
	return o
}
