package migrations

import (
	"math"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

func (f *follower) unary(e *js.UnaryExpr, env *scope) (value, bool) {
	v, threw := f.expr(e.X, env)
	if threw {
		return nil, true
	}
	switch e.Op {
	case js.AwaitToken:
		return f.wait(v)
	case js.NotToken:
		switch truthy(v) {
		case yes:
			return false, false
		case no:
			return true, false
		}
	case js.VoidToken:
		f.unawaited(v)
		return nothing{}, false
	case js.NegToken:
		if n, ok := v.(float64); ok {
			return -n, false
		}
	case js.TypeofToken:
		switch v := v.(type) {
		case string:
			return "string", false
		case float64:
			return "number", false
		case bool:
			return "boolean", false
		case nothing:
			if v.null {
				return "object", false
			}
			return "undefined", false
		case *function, method:
			return "function", false
		}
	case js.PreIncrToken, js.PostIncrToken, js.PreDecrToken, js.PostDecrToken:
		old := v
		if n, ok := v.(float64); ok {
			if e.Op == js.PreIncrToken || e.Op == js.PostIncrToken {
				v = n + 1
			} else {
				v = n - 1
			}
		} else {
			v = opaque{}
		}
		f.write(e.X, v, env)
		if e.Op == js.PostIncrToken || e.Op == js.PostDecrToken {
			return old, false
		}
		return v, false
	case js.DeleteToken:
		f.write(e.X, nothing{}, env)
	}
	return opaque{}, false
}

func (f *follower) binary(e *js.BinaryExpr, env *scope) (value, bool) {
	if assigns(e.Op) {
		return f.assignment(e, env)
	}
	a, threw := f.expr(e.X, env)
	if threw {
		return nil, true
	}
	switch e.Op {
	case js.AndToken, js.OrToken, js.NullishToken:
		return f.shortcut(e.Op, a, func() (value, bool) { return f.expr(e.Y, env) })
	}
	b, threw := f.expr(e.Y, env)
	if threw {
		return nil, true
	}
	return operate(e.Op, a, b), false
}

// shortcut is a && b, a || b, a ?? b.
func (f *follower) shortcut(op js.TokenType, a value, b func() (value, bool)) (value, bool) {
	t := truthy(a)
	switch {
	case op == js.NullishToken && t != perhaps:
		t = yes
		if _, ok := a.(nothing); ok {
			t = no
		}
	case op == js.AndToken && t == yes:
		t = no
	case op == js.AndToken && t == no:
		t = yes
	}
	switch t {
	case yes:
		return a, false
	case no:
		return b()
	}
	f.maybe++
	defer func() { f.maybe-- }()
	v, threw := b()
	if threw {
		f.call.ended = true
		return a, false
	}
	return f.oneOf(a, v), false
}

func operate(op js.TokenType, a, b value) value {
	of := func(t truth, not bool) value {
		if t == perhaps {
			return opaque{}
		}
		return (t == yes) != not
	}
	loose := func() truth {
		if _, ok := a.(nothing); ok {
			if _, ok := b.(nothing); ok {
				return yes
			}
		}
		return same(a, b)
	}
	switch op {
	case js.EqEqEqToken:
		return of(same(a, b), false)
	case js.NotEqEqToken:
		return of(same(a, b), true)
	case js.EqEqToken:
		return of(loose(), false)
	case js.NotEqToken:
		return of(loose(), true)
	case js.AddToken:
		x, isX := a.(float64)
		y, isY := b.(float64)
		if isX && isY {
			return x + y
		}
		_, textX := a.(string)
		_, textY := b.(string)
		if textX || textY {
			return text(a) + text(b)
		}
		return opaque{}
	}
	x, isX := a.(float64)
	y, isY := b.(float64)
	if !isX || !isY {
		return opaque{}
	}
	switch op {
	case js.SubToken:
		return x - y
	case js.MulToken:
		return x * y
	case js.DivToken:
		return x / y
	case js.ModToken:
		return math.Mod(x, y)
	case js.LtToken:
		return x < y
	case js.LtEqToken:
		return x <= y
	case js.GtToken:
		return x > y
	case js.GtEqToken:
		return x >= y
	}
	return opaque{}
}

func (f *follower) assignment(e *js.BinaryExpr, env *scope) (value, bool) {
	if e.Op == js.EqToken {
		v, threw := f.expr(e.Y, env)
		if threw {
			return nil, true
		}
		f.write(e.X, v, env)
		return v, false
	}
	old, threw := f.expr(e.X, env)
	if threw {
		return nil, true
	}
	var v value
	switch e.Op {
	case js.AndEqToken, js.OrEqToken, js.NullishEqToken:
		op := map[js.TokenType]js.TokenType{js.AndEqToken: js.AndToken, js.OrEqToken: js.OrToken, js.NullishEqToken: js.NullishToken}[e.Op]
		v, threw = f.shortcut(op, old, func() (value, bool) { return f.expr(e.Y, env) })
	default:
		v, threw = f.expr(e.Y, env)
		if e.Op == js.AddEqToken && !threw {
			v = operate(js.AddToken, old, v)
		} else {
			v = unsure(v)
		}
	}
	if threw {
		return nil, true
	}
	f.write(e.X, v, env)
	return v, false
}

// write is an assignment to a variable, a property or a pattern.
func (f *follower) write(to js.IExpr, v value, env *scope) {
	switch to := to.(type) {
	case *js.Var:
		f.assign(string(to.Data), v, env)
	case *js.GroupExpr:
		f.write(to.X, v, env)
	case *js.DotExpr:
		of, _ := f.expr(to.X, env)
		f.writeField(of, f.propertyOf(to.Y), v)
	case *js.IndexExpr:
		of, _ := f.expr(to.X, env)
		key, _ := f.expr(to.Y, env)
		name, ok := key.(string)
		if !ok {
			name = hole
		}
		f.writeField(of, name, v)
	case *js.ArrayExpr:
		for i, item := range to.List {
			if item.Value != nil {
				f.write(item.Value, f.item(v, i), env)
			}
		}
	case *js.ObjectExpr:
		for _, p := range to.List {
			if p.Value != nil {
				f.write(p.Value, unsure(v), env)
			}
		}
	}
}

func (f *follower) writeField(of value, name string, v value) {
	switch of := of.(type) {
	case *object:
		if strings.Contains(name, hole) {
			of.open = true
			name = hole
			if !carries(v) && !isFunction(v) {
				return
			}
		}
		if old, ok := of.fields[name]; ok && f.maybe > 0 {
			v = either(old, v)
		}
		of.fields[name] = v
	case *list:
		of.items, of.open = append(of.items, v), true
	default:
		if carries(of) && !isFunction(v) {
			return
		}
		if carries(v) || carries(of) {
			f.doubt("the database is kept in a value that is not followed")
		}
	}
}

func (f *follower) export(s *js.ExportStmt, env *scope) flow {
	var v value
	switch d := s.Decl.(type) {
	case nil:
	case *js.VarDecl:
		if how := f.declare(d, env); how != goesOn {
			return how
		}
		for _, e := range d.List {
			if name, ok := e.Binding.(*js.Var); ok && env.find(string(name.Data)) != nil {
				f.es[string(name.Data)] = env.find(string(name.Data)).v
			}
		}
	case *js.FuncDecl:
		v = f.function(d, env)
		if d.Name != nil {
			f.es[string(d.Name.Data)] = v
		}
	default:
		v, _ = f.expr(s.Decl, env)
	}
	if s.Default {
		f.es["default"] = v
	}
	for _, a := range s.List {
		from, as := string(a.Name), string(a.Binding)
		if from == "" {
			from = as
		}
		if c := env.find(from); c != nil && s.Module == nil {
			f.es[as] = c.v
		} else {
			f.es[as] = opaque{}
		}
	}
	return goesOn
}
