package migrations

import (
	"github.com/tdewolff/parse/v2/js"
)

// loop follows a loop: turn by turn over a list that is known, else its body once,
// with all that it changes not known.
func (f *follower) loop(s js.IStmt, env *scope) flow {
	env = env.inner(false)
	var body js.IStmt
	var cond js.IExpr // what is asked before the first turn, nil for nothing
	var head func()   // what a turn begins with
	switch s := s.(type) {
	case *js.ForOfStmt:
		v, threw := f.expr(s.Value, env)
		if threw {
			return throws
		}
		if l, ok := v.(*list); ok && !l.open && len(l.items) <= maxTurns {
			return f.turns(l.items, s.Init, s.Body, env)
		}
		each := anyOf(v)
		body, head = s.Body, func() { f.head(s.Init, each, env) }
	case *js.ForInStmt:
		if _, threw := f.expr(s.Value, env); threw {
			return throws
		}
		body, head = s.Body, func() { f.head(s.Init, opaque{}, env) }
	case *js.ForStmt:
		if items, ok := f.counted(s, env); ok {
			return f.turns(items, s.Init, s.Body, env)
		}
		if d, ok := s.Init.(*js.VarDecl); ok {
			f.declare(d, env)
		} else if s.Init != nil {
			f.expr(s.Init, env)
		}
		body, cond = s.Body, s.Cond
	case *js.WhileStmt:
		body, cond = s.Body, s.Cond
	case *js.DoWhileStmt:
		body = s.Body
	}
	f.forget(env)
	if cond != nil {
		v, threw := f.expr(cond, env)
		if threw {
			return throws
		}
		if truthy(v) == no {
			return goesOn
		}
		f.forget(env) // what it changed itself
	}
	before := len(f.call.returns)
	f.maybe++
	if head != nil {
		head()
	}
	how := f.body(body, env)
	if w, ok := s.(*js.DoWhileStmt); ok {
		f.expr(w.Cond, env)
	}
	if fs, ok := s.(*js.ForStmt); ok && fs.Post != nil {
		f.expr(fs.Post, env)
	}
	f.maybe--
	if len(f.call.returns) > before {
		return f.mayEnd(before, how)
	}
	return goesOn
}

// turns follows the body for each of the items.
func (f *follower) turns(items []value, init js.IExpr, body *js.BlockStmt, env *scope) flow {
	for _, item := range items {
		inner := env.inner(false)
		f.head(init, item, inner)
		switch how := f.body(body, inner); how {
		case breaks:
			return goesOn
		case returns, throws:
			return how
		}
		if f.spent {
			return goesOn
		}
	}
	return goesOn
}

// head gives a loop's variable its value.
func (f *follower) head(init js.IExpr, v value, env *scope) {
	switch init := init.(type) {
	case *js.VarDecl:
		for _, e := range init.List {
			f.bind(e.Binding, v, env, env)
		}
	case *js.Var:
		f.assign(string(init.Data), v, env)
	}
}

// counted are the values of i in "for (let i = 0; i < N; i++)" over a known N.
func (f *follower) counted(s *js.ForStmt, env *scope) ([]value, bool) {
	d, ok := s.Init.(*js.VarDecl)
	if !ok || len(d.List) != 1 || d.List[0].Default == nil || d.TokenType == js.VarToken {
		return nil, false
	}
	name, ok := d.List[0].Binding.(*js.Var)
	cond, isBinary := s.Cond.(*js.BinaryExpr)
	post, isUnary := s.Post.(*js.UnaryExpr)
	if !ok || !isBinary || !isUnary || (cond.Op != js.LtToken && cond.Op != js.LtEqToken) ||
		(post.Op != js.PostIncrToken && post.Op != js.PreIncrToken) || !isVar(cond.X, name.Data) || !isVar(post.X, name.Data) {
		return nil, false
	}
	// A loop that changes its own bounds is not counted.
	if _, ok := changed(s.Body)[string(name.Data)]; ok {
		return nil, false
	}
	if v, ok := cond.Y.(*js.Var); ok {
		if _, changes := changed(s.Body)[string(v.Data)]; changes {
			return nil, false
		}
	}
	from, _ := f.expr(d.List[0].Default, env)
	to, _ := f.expr(cond.Y, env)
	a, okA := from.(float64)
	b, okB := to.(float64)
	if cond.Op == js.LtEqToken {
		b++
	}
	if dot, isDot := cond.Y.(*js.DotExpr); isDot {
		if root := rootOf(dot); root != "" {
			if _, changes := changed(s.Body)[root]; changes {
				return nil, false
			}
		}
	}
	if !okA || !okB || b-a > maxTurns {
		return nil, false
	}
	items := []value{}
	for i := a; i < b; i++ {
		items = append(items, i)
	}
	return items, true
}

func isVar(e js.IExpr, name []byte) bool {
	v, ok := e.(*js.Var)
	return ok && string(v.Data) == string(name)
}

// anyOf is an item of a value, whichever it is.
func anyOf(v value) value {
	l, ok := v.(*list)
	if !ok || len(l.items) == 0 {
		return unsure(v)
	}
	each := l.items[0]
	for _, item := range l.items[1:] {
		each = either(each, item)
	}
	return each
}

// forget makes all that the file ever changes not known: what a piece of code that
// may run again or not at all calls, may change what is declared anywhere.
func (f *follower) forget(env *scope) {
	for name := range f.changes {
		if c := env.find(name); c != nil {
			switch v := c.v.(type) {
			case *list:
				v.open = true
				c.v = v
			case *object:
				c.v = unsure(v)
			case *function, *database, *schema, *table, *query, *column:
				c.v = either(c.v, nothing{})
			default:
				c.v = unsure(v)
			}
		}
	}
}

// changed are the names that a piece of code assigns to, or changes the values of:
// x = 1, x++, x.y = 1, x.push(1).
func changed(n js.INode) map[string]bool {
	w := &writes{names: map[string]bool{}}
	js.Walk(w, n)
	return w.names
}

type writes struct{ names map[string]bool }

// mutates tells the methods that change what they are called on.
func mutates(name string) bool {
	switch name {
	case "push", "pop", "shift", "unshift", "splice", "sort", "reverse", "fill", "set", "add", "delete", "clear":
		return true
	}
	return false
}

func (w *writes) Enter(n js.INode) js.IVisitor {
	switch n := n.(type) {
	case *js.BinaryExpr:
		if assigns(n.Op) {
			w.target(n.X)
		}
	case *js.UnaryExpr:
		switch n.Op {
		case js.PreIncrToken, js.PreDecrToken, js.PostIncrToken, js.PostDecrToken, js.DeleteToken:
			w.target(n.X)
		}
	case *js.CallExpr:
		if dot, ok := n.X.(*js.DotExpr); ok {
			if y, ok := dot.Y.(js.LiteralExpr); ok && mutates(string(y.Data)) {
				w.target(dot.X)
			}
		}
	}
	return w
}

func (*writes) Exit(js.INode) {}

func (w *writes) target(e js.IExpr) {
	switch e := e.(type) {
	case *js.ArrayExpr:
		for _, i := range e.List {
			w.target(i.Value)
		}
	case *js.ObjectExpr:
		for _, p := range e.List {
			w.target(p.Value)
		}
	default:
		if root := rootOf(e); root != "" {
			w.names[root] = true
		}
	}
}

// rootOf is the variable that a chain of members begins with, "" for none.
func rootOf(e js.IExpr) string {
	for {
		switch x := e.(type) {
		case *js.DotExpr:
			e = x.X
		case *js.IndexExpr:
			e = x.X
		case *js.GroupExpr:
			e = x.X
		case *js.Var:
			return string(x.Data)
		default:
			return ""
		}
	}
}

// assigns are the operators that write: x = 1, x += 1, x ??= 1.
func assigns(op js.TokenType) bool {
	switch op {
	case js.EqToken, js.AddEqToken, js.SubEqToken, js.MulEqToken, js.DivEqToken, js.ModEqToken, js.ExpEqToken, js.LtLtEqToken, js.GtGtEqToken,
		js.GtGtGtEqToken, js.BitAndEqToken, js.BitOrEqToken, js.BitXorEqToken, js.AndEqToken, js.OrEqToken, js.NullishEqToken:
		return true
	}
	return false
}
