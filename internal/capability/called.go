package capability

import (
	"slices"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// call looks at f(…) and new f(…).
func (f *follower) call(callee js.IExpr, args js.Args) js.IVisitor {
	js.Walk(f, &args)
	f.place(callee, args)
	if lit, ok := callee.(*js.LiteralExpr); ok && lit.TokenType == js.ImportToken {
		if name, ok := f.arg(args, 0); ok && name.kind == text {
			f.load(name, "")
		} else {
			f.use(Dynamic, "import() of a name that is known only when it runs")
		}
		return nil
	}
	handled := false
	for _, c := range f.values(callee) {
		handled = f.called(c, args) || handled
	}
	if !handled {
		js.Walk(f, callee)
	} else if dot, ok := ungrouped(callee).(*js.DotExpr); ok {
		js.Walk(f, dot.X)
	}
	return nil
}

// place sets the line to that of the call.
func (f *follower) place(callee js.IExpr, args js.Args) {
	if len(args.List) > 0 {
		if lit, ok := args.List[0].Value.(*js.LiteralExpr); ok {
			f.at(lit.Data)
		}
	}
	switch x := ungrouped(callee).(type) {
	case *js.DotExpr:
		if lit, ok := x.Y.(js.LiteralExpr); ok {
			f.at(lit.Data)
		}
	case *js.Var:
		// A name that is used once stands where it is; else the parser knows only
		// where it stands first.
		if len(args.List) == 0 || x.Uses == 1 {
			f.at(x.Data)
		}
	}
}

// called notes a call of something known, and reports whether that was all there is
// to say of it.
func (f *follower) called(c value, args js.Args) bool {
	first, has := f.arg(args, 0)
	switch c.kind {
	case loader, dispatcher:
		switch {
		case has && first.kind == text:
			f.load(first, c.text)
		case len(args.List) > 0:
			f.use(Dynamic, "a module whose name is known only when it runs")
		}
		return true
	case constructor:
		f.compiled(c, args, "Function")
		return true
	case global:
		return f.calledGlobal(c, args, first, has)
	case module:
		f.calledModule(c, args)
	}
	return false
}

func (f *follower) calledGlobal(c value, args js.Args, first value, has bool) bool {
	switch c.text {
	case "eval", "execScript":
		f.compiled(c, args, "eval")
		return true
	case "setTimeout", "setInterval", "setImmediate":
		if has && first.kind == text {
			f.compiled(c, js.Args{List: args.List[:1]}, c.text+" with a text")
		}
	case "process.binding", "process._linkedBinding":
		k := bindings[first.text]
		switch {
		case !has || first.open || first.kind != text:
			f.use(Native, c.text+" of a name that is known only when it runs")
		case k != "":
			f.use(k, c.text+"('"+first.text+"')")
			if k != Files {
				f.use(Obfuscation, first.text+" through "+c.text)
			}
		}
		return true
	case "JSON.stringify":
		for _, a := range args.List {
			f.facts.wholeEnv = f.facts.wholeEnv || f.holdsEnv(a.Value, 0)
		}
	}
	return false
}

// holdsEnv reports whether an expression has all of the environment in it.
func (f *follower) holdsEnv(e js.IExpr, depth int) bool {
	if depth > 4 {
		return false
	}
	switch e := ungrouped(e).(type) {
	case *js.ObjectExpr:
		return slices.ContainsFunc(e.List, func(p js.Property) bool { return f.holdsEnv(p.Value, depth+1) })
	case *js.ArrayExpr:
		return slices.ContainsFunc(e.List, func(p js.Element) bool { return f.holdsEnv(p.Value, depth+1) })
	case *js.Var, *js.DotExpr, *js.IndexExpr:
		v, ok := one(f.values(e))
		return ok && v.kind == global && v.text == "process.env"
	}
	return false
}

func (f *follower) calledModule(c value, args js.Args) {
	if c.text != "dns" && c.text != "dns/promises" || len(args.List) == 0 {
		return
	}
	// A name that ends in a constant domain and begins with what is computed.
	switch e := args.List[0].Value.(type) {
	case *js.TemplateExpr:
		f.facts.lookup = f.facts.lookup || domainEnd().MatchString(strings.Trim(string(e.Tail), "}`"))
	case *js.BinaryExpr:
		if v, ok := one(f.values(e.Y)); ok && v.kind == text {
			f.facts.lookup = f.facts.lookup || domainEnd().MatchString(v.text)
		}
	}
}

// compiled is code that is made of a text. A constant text is read like the rest of
// the file, and is nothing else.
func (f *follower) compiled(c value, args js.Args, how string) {
	if len(args.List) == 0 {
		return
	}
	body, known := f.arg(args, len(args.List)-1)
	known = known && body.kind == text
	if known && !body.open {
		before, hidden := f.p.total(), f.p.Counts[Obfuscation]
		if in := f.code(body.text, c.kind == constructor); in != nil {
			in.line = f.line
			js.Walk(in, in.ast)
			if f.p.total() == before && !body.decoded && c.text != "hidden" && !c.made {
				return
			}
			if f.p.Counts[Obfuscation] > hidden {
				how += " of a text that hides what it does"
			}
		}
	}
	f.use(Eval, how)
	switch {
	case c.made:
		f.use(Obfuscation, how+" by a name that is put together")
	case known && body.decoded:
		f.use(Obfuscation, how+" of a text that is decoded first")
	case c.text == "hidden":
		f.use(Obfuscation, "Function by way of another function's constructor")
	}
}

// total is how much was found.
func (p *Profile) total() int {
	n := 0
	for _, c := range p.Counts {
		n += c
	}
	return n
}
