package migrations

import (
	"github.com/tdewolff/parse/v2/js"
)

// flow is what a statement does to the ones after it.
type flow int

const (
	goesOn flow = iota
	returns
	breaks
	continues
	throws
)

// block follows statements in their own scope.
func (f *follower) block(list []js.IStmt, env *scope) flow {
	for _, s := range list {
		if d, ok := s.(*js.FuncDecl); ok && d.Name != nil {
			env.vars[string(d.Name.Data)] = &cell{v: f.function(d, env), maybe: f.maybe}
		}
		if e, ok := s.(*js.ExportStmt); ok {
			if d, ok := e.Decl.(*js.FuncDecl); ok && d.Name != nil {
				env.vars[string(d.Name.Data)] = &cell{v: f.function(d, env), maybe: f.maybe}
			}
		}
	}
	for _, s := range list {
		if how := f.statement(s, env); how != goesOn {
			return how
		}
	}
	return goesOn
}

func (f *follower) body(s js.IStmt, env *scope) flow {
	if s == nil {
		return goesOn
	}
	if b, ok := s.(*js.BlockStmt); ok {
		return f.block(b.List, env.inner(false))
	}
	return f.block([]js.IStmt{s}, env.inner(false))
}

// perhapsBody follows what may not run.
func (f *follower) perhapsBody(s js.IStmt, env *scope) flow {
	f.maybe++
	defer func() { f.maybe-- }()
	return f.body(s, env)
}

func (f *follower) statement(s js.IStmt, env *scope) flow {
	if !f.step() {
		return returns
	}
	switch s := s.(type) {
	case *js.BlockStmt:
		return f.body(s, env)
	case *js.ExprStmt:
		v, threw := f.expr(s.Value, env)
		if threw {
			return throws
		}
		f.unawaited(v)
	case *js.VarDecl:
		return f.declare(s, env)
	case *js.IfStmt:
		return f.ifElse(s, env)
	case *js.ReturnStmt:
		var v value = nothing{}
		if s.Value != nil {
			var threw bool
			if v, threw = f.expr(s.Value, env); threw {
				return throws
			}
		}
		if f.call.async {
			var threw bool
			if v, threw = f.wait(v); threw {
				return throws
			}
		}
		f.call.returns = append(f.call.returns, v)
		return returns
	case *js.ThrowStmt:
		f.expr(s.Value, env)
		return throws
	case *js.BranchStmt:
		if s.Type == js.BreakToken {
			return breaks
		}
		return continues
	case *js.ForStmt, *js.ForOfStmt, *js.ForInStmt, *js.WhileStmt, *js.DoWhileStmt:
		return f.loop(s, env)
	case *js.TryStmt:
		return f.try(s, env)
	case *js.SwitchStmt:
		return f.choose(s, env)
	case *js.LabelledStmt:
		how := f.statement(s.Value, env)
		if how == breaks || how == continues {
			how = goesOn
		}
		return how
	case *js.ExportStmt:
		return f.export(s, env)
	case *js.ImportStmt:
		from := module(unquote(s.Module))
		for _, a := range s.List {
			env.vars[string(a.Binding)] = &cell{v: from, maybe: f.maybe}
		}
		if len(s.Default) > 0 {
			env.vars[string(s.Default)] = &cell{v: from, maybe: f.maybe}
		}
	case *js.ClassDecl:
		if s.Name != nil {
			f.class(s, env)
		}
	case *js.WithStmt:
		f.doubt("it uses with")
	}
	return goesOn
}

// ifElse takes the branch that PostgreSQL takes, and both where that is not known.
func (f *follower) ifElse(s *js.IfStmt, env *scope) flow {
	v, threw := f.expr(s.Cond, env)
	if threw {
		return throws
	}
	switch truthy(v) {
	case yes:
		return f.body(s.Body, env)
	case no:
		return f.body(s.Else, env)
	}
	n := len(f.call.returns)
	a := f.perhapsBody(s.Body, env)
	b := f.perhapsBody(s.Else, env)
	if a == b {
		return a
	}
	return f.mayEnd(n, a, b)
}

// mayEnd goes on after something that may have ended the function or the loop.
func (f *follower) mayEnd(before int, flows ...flow) flow {
	for _, how := range flows {
		if how != goesOn || len(f.call.returns) > before {
			f.call.ended = true
		}
	}
	return goesOn
}

func (f *follower) declare(s *js.VarDecl, env *scope) flow {
	at := env
	if s.TokenType == js.VarToken {
		for at.parent != nil && !at.call {
			at = at.parent
		}
	}
	for _, e := range s.List {
		var v value = nothing{}
		if e.Default != nil {
			var threw bool
			if v, threw = f.expr(e.Default, env); threw {
				return throws
			}
		} else if v, ok := e.Binding.(*js.Var); ok && s.TokenType == js.VarToken && at.vars[string(v.Data)] != nil {
			continue // var x; again
		}
		f.bind(e.Binding, v, at, env)
	}
	return goesOn
}

// bind declares the names of a pattern in at; defaults are evaluated in env.
func (f *follower) bind(b js.IBinding, v value, at, env *scope) {
	switch b := b.(type) {
	case *js.Var:
		name := string(b.Data)
		if c := at.vars[name]; c != nil && c.maybe < f.maybe {
			v = either(c.v, v)
		}
		at.vars[name] = &cell{v: v, maybe: f.maybe}
	case *js.BindingArray:
		for i, e := range b.List {
			f.bindElement(e, f.item(v, i), at, env)
		}
		if b.Rest != nil {
			f.bind(b.Rest, unsure(v), at, env)
		}
	case *js.BindingObject:
		for _, e := range b.List {
			var got value = unsure(v)
			if key := e.Key; key != nil && key.Computed == nil {
				got = f.member(v, propertyName(key.Literal))
			} else if name, ok := e.Value.Binding.(*js.Var); ok && key == nil {
				got = f.member(v, string(name.Data))
			}
			f.bindElement(e.Value, got, at, env)
		}
		if b.Rest != nil {
			f.bind(b.Rest, unsure(v), at, env)
		}
	}
}

func (f *follower) bindElement(e js.BindingElement, v value, at, env *scope) {
	if e.Default != nil {
		switch v := v.(type) {
		case nothing:
			if !v.null {
				got, _ := f.expr(e.Default, env)
				f.bind(e.Binding, got, at, env)
				return
			}
		case opaque:
			f.maybe++
			got, _ := f.expr(e.Default, env)
			f.maybe--
			f.bind(e.Binding, either(v, got), at, env)
			return
		}
	}
	if e.Binding != nil {
		f.bind(e.Binding, v, at, env)
	}
}

// unsure is something of a value.
func unsure(v value) value {
	if carries(v) {
		return hidden{}
	}
	return opaque{}
}

// assign gives a variable a value that is there already.
func (f *follower) assign(name string, v value, env *scope) {
	c := env.find(name)
	if c == nil {
		for env.parent != nil {
			env = env.parent
		}
		env.vars[name] = &cell{v: v, maybe: f.maybe}
		return
	}
	if c.maybe < f.maybe {
		v = either(c.v, v)
	}
	c.v = v
}

func (f *follower) try(s *js.TryStmt, env *scope) flow {
	before := len(f.call.returns)
	how := f.body(s.Body, env)
	if s.Catch != nil {
		inner := env.inner(false)
		if s.Binding != nil {
			f.bind(s.Binding, opaque{}, inner, env)
		}
		if how == throws {
			how = f.block(s.Catch.List, inner)
		} else {
			f.forget(env)
			f.maybe++
			after := f.block(s.Catch.List, inner)
			f.maybe--
			if after != how {
				how = f.mayEnd(before, how, after)
			}
		}
	}
	if s.Finally != nil {
		if after := f.body(s.Finally, env); after != goesOn {
			return after
		}
	}
	return how
}

// choose follows a switch.
func (f *follower) choose(s *js.SwitchStmt, env *scope) flow {
	v, threw := f.expr(s.Init, env)
	if threw {
		return throws
	}
	at, known := -1, true
	for i, c := range s.List {
		if c.Cond == nil {
			continue
		}
		want, _ := f.expr(c.Cond, env)
		if is := same(v, want); is == perhaps {
			known = false
		} else if is == yes && at < 0 {
			at = i
			break
		}
	}
	inner := env.inner(false)
	if !known {
		before := len(f.call.returns)
		f.maybe++
		var flows []flow
		for _, c := range s.List {
			flows = append(flows, f.block(c.List, inner))
		}
		f.maybe--
		if len(f.call.returns) > before {
			return f.mayEnd(before, flows...)
		}
		return goesOn
	}
	for i, c := range s.List {
		if at < 0 && c.Cond == nil {
			at = i
		}
	}
	for i := at; at >= 0 && i < len(s.List); i++ {
		if how := f.block(s.List[i].List, inner); how == breaks {
			return goesOn
		} else if how != goesOn {
			return how
		}
	}
	return goesOn
}
