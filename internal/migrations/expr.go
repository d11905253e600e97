package migrations

import (
	"github.com/tdewolff/parse/v2/js"
)

// expr is the value of an expression; threw says that it always throws.
func (f *follower) expr(e js.IExpr, env *scope) (v value, threw bool) {
	if f.depth++; !f.step() {
		f.depth--
		return hidden{}, false
	}
	defer func() {
		f.depth--
		f.weigh(v)
	}()
	switch e := e.(type) {
	case *js.LiteralExpr:
		return f.literal(e), false
	case *js.Var:
		f.at(e.Data)
		if c := env.find(string(e.Data)); c != nil {
			return c.v, false
		}
		return global(e.Data), false
	case *js.GroupExpr:
		return f.expr(e.X, env)
	case *js.TemplateExpr:
		return f.template(e, env)
	case *js.ArrayExpr:
		return f.array(e, env)
	case *js.ObjectExpr:
		return f.object(e, env)
	case *js.FuncDecl:
		return f.function(e, env), false
	case *js.ClassDecl:
		return f.class(e, env), false
	case *js.ArrowFunc:
		return &function{params: e.Params, body: &e.Body, env: env, async: e.Async, arrow: true, self: f.call.this}, false
	case *js.DotExpr:
		of, threw := f.expr(e.X, env)
		if threw {
			return nil, true
		}
		return f.member(of, f.propertyOf(e.Y)), false
	case *js.IndexExpr:
		return f.index(e, env)
	case *js.CallExpr:
		return f.callExpr(e, env)
	case *js.NewExpr:
		return f.newExpr(e, env)
	case *js.CondExpr:
		return f.conditional(e, env)
	case *js.UnaryExpr:
		return f.unary(e, env)
	case *js.BinaryExpr:
		return f.binary(e, env)
	case *js.CommaExpr:
		for _, x := range e.List {
			if v, threw = f.expr(x, env); threw {
				return nil, true
			}
		}
		return v, false
	case *js.YieldExpr:
		// Compiled async functions are generators whose yield is await.
		if e.X == nil {
			return nothing{}, false
		}
		v, threw := f.expr(e.X, env)
		if threw {
			return nil, true
		}
		return f.wait(v)
	}
	return opaque{}, false
}

func (f *follower) array(e *js.ArrayExpr, env *scope) (value, bool) {
	l := &list{}
	for _, i := range e.List {
		if i.Value == nil {
			l.items = append(l.items, nothing{})
			continue
		}
		v, threw := f.expr(i.Value, env)
		if threw {
			return nil, true
		}
		if !i.Spread {
			l.items = append(l.items, v)
			continue
		}
		if more, ok := v.(*list); ok {
			l.items, l.open = append(l.items, more.items...), l.open || more.open
			continue
		}
		l.items, l.open = append(l.items, unsure(v)), true
	}
	return l, false
}

func (f *follower) object(e *js.ObjectExpr, env *scope) (value, bool) {
	o := &object{fields: map[string]value{}}
	for _, p := range e.List {
		if m, ok := p.Value.(*js.MethodDecl); ok {
			if m.Get || m.Set || m.Name.Computed != nil {
				o.open = true
				continue
			}
			o.fields[propertyName(m.Name.Literal)] = &function{params: m.Params, body: &m.Body, env: env, async: m.Async || m.Generator, generates: m.Generator}
			continue
		}
		v, threw := f.expr(p.Value, env)
		if threw {
			return nil, true
		}
		switch {
		case p.Spread:
			from, ok := v.(*object)
			if !ok {
				if carries(v) {
					o.fields[hole] = hidden{}
				}
				o.open = true
				continue
			}
			for name, field := range from.fields {
				o.fields[name] = field
			}
			o.open = o.open || from.open
		case p.Name == nil:
			if name, ok := p.Value.(*js.Var); ok {
				o.fields[string(name.Data)] = v
			}
		case p.Name.Computed != nil:
			key, threw := f.expr(p.Name.Computed, env)
			if threw {
				return nil, true
			}
			if name, ok := key.(string); ok {
				o.fields[name] = v
			} else {
				o.open = true
			}
		default:
			o.fields[propertyName(p.Name.Literal)] = v
		}
	}
	return o, false
}

func (f *follower) function(d *js.FuncDecl, env *scope) *function {
	return &function{params: d.Params, body: &d.Body, env: env, async: d.Async || d.Generator, generates: d.Generator}
}

func (f *follower) conditional(e *js.CondExpr, env *scope) (value, bool) {
	v, threw := f.expr(e.Cond, env)
	if threw {
		return nil, true
	}
	switch truthy(v) {
	case yes:
		return f.expr(e.X, env)
	case no:
		return f.expr(e.Y, env)
	}
	f.maybe++
	defer func() { f.maybe-- }()
	a, threwA := f.expr(e.X, env)
	b, threwB := f.expr(e.Y, env)
	switch {
	case threwA && threwB:
		return nil, true
	case threwA:
		return b, false
	case threwB:
		return a, false
	}
	return f.oneOf(a, b), false
}

// oneOf is a value that is one of two. Two statements that wait to be run are both
// run where one of them may be.
func (f *follower) oneOf(a, b value) value {
	if waits(a) || waits(b) {
		return &list{items: []value{a, b}, open: true, either: true}
	}
	return either(a, b)
}

func (f *follower) index(e *js.IndexExpr, env *scope) (value, bool) {
	of, threw := f.expr(e.X, env)
	if threw {
		return nil, true
	}
	at, threw := f.expr(e.Y, env)
	if threw {
		return nil, true
	}
	switch at := at.(type) {
	case string:
		return f.member(of, at), false
	case float64:
		return f.item(of, int(at)), false
	}
	if l, ok := of.(*list); ok {
		return anyOf(l), false
	}
	return f.member(of, hole), false
}

// item is what stands at a place of a list.
func (f *follower) item(of value, i int) value {
	if l, ok := of.(*list); ok {
		switch {
		case i >= 0 && i < len(l.items) && !l.open:
			return l.items[i]
		case !l.open:
			return nothing{}
		}
		return anyOf(l)
	}
	return unsure(of)
}
