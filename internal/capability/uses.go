package capability

import (
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// Exit belongs to the walk over the syntax tree.
func (f *follower) Exit(js.INode) {}

// Enter notes what a node reaches; what it has looked at itself it does not enter.
func (f *follower) Enter(n js.INode) js.IVisitor {
	switch n := n.(type) {
	case *js.ImportStmt:
		f.at(n.Module)
		f.load(value{kind: text, text: unquote(n.Module)}, "")
	case *js.ExportStmt:
		if len(n.Module) > 0 {
			f.at(n.Module)
			f.load(value{kind: text, text: unquote(n.Module)}, "")
		}
	case *js.LiteralExpr:
		f.at(n.Data)
		f.constant(n)
	case *js.TemplateExpr:
		for _, p := range n.List {
			f.at(p.Value)
			f.textual(string(p.Value))
		}
		f.textual(string(n.Tail))
	case *js.CallExpr:
		return f.call(n.X, n.Args)
	case *js.NewExpr:
		args := js.Args{}
		if n.Args != nil {
			args = *n.Args
		}
		return f.call(n.X, args)
	case *js.Var:
		f.named(n)
		f.taken(f.values(n))
	case *js.DotExpr, *js.IndexExpr:
		return f.memberOf(n)
	case *js.BinaryExpr, *js.UnaryExpr, *js.IfStmt, *js.CondExpr:
		return f.tested(n)
	}
	return f
}

// memberOf looks at a.b and a[b] as a whole.
func (f *follower) memberOf(n js.INode) js.IVisitor {
	var x, y js.IExpr
	switch n := n.(type) {
	case *js.DotExpr:
		x = n.X
		if lit, ok := n.Y.(js.LiteralExpr); ok {
			f.at(lit.Data)
		} else if lit, ok := n.Y.(*js.LiteralExpr); ok {
			f.at(lit.Data)
		}
	case *js.IndexExpr:
		x, y = n.X, n.Y
		if env := f.values(n.X); len(f.values(n.Y)) == 0 && len(env) > 0 && env[0].kind == global && env[0].text == "process.env" {
			f.use(Env, "process.env[…]")
			js.Walk(f, n.Y)
			return nil
		}
		js.Walk(f, y)
	}
	if !f.taken(f.values(n.(js.IExpr))) {
		js.Walk(f, x)
	}
	return nil
}

// tested leaves out what is only asked for: typeof fetch, if (window.fetch), a === fetch.
func (f *follower) tested(n js.INode) js.IVisitor {
	switch n := n.(type) {
	case *js.UnaryExpr:
		if n.Op == js.NotToken || n.Op == js.TypeofToken || n.Op == js.DeleteToken {
			f.condition(n.X)
			return nil
		}
	case *js.IfStmt:
		f.condition(n.Cond)
		js.Walk(f, n.Body)
		js.Walk(f, n.Else)
		return nil
	case *js.CondExpr:
		f.condition(n.Cond)
		js.Walk(f, n.X)
		js.Walk(f, n.Y)
		return nil
	case *js.BinaryExpr:
		switch n.Op {
		case js.EqToken:
			f.assigned(n)
			fallthrough
		case js.AndToken:
			f.condition(n.X)
			js.Walk(f, n.Y)
			return nil
		case js.EqEqToken, js.EqEqEqToken, js.NotEqToken, js.NotEqEqToken, js.InstanceofToken, js.InToken:
			f.condition(n.X)
			f.condition(n.Y)
			return nil
		}
	}
	return f
}

// condition looks at an expression that is only asked whether it is there, or which
// one it is.
func (f *follower) condition(e js.IExpr) {
	if b, ok := ungrouped(e).(*js.BinaryExpr); ok && (b.Op == js.AndToken || b.Op == js.OrToken) {
		f.condition(b.X)
		f.condition(b.Y)
		return
	}
	if !f.asked(e) {
		js.Walk(f, e)
	}
}

// asked reports whether an expression is a global of interest by name, and no value
// that code could do something with.
func (f *follower) asked(e js.IExpr) bool {
	e = ungrouped(e)
	switch e.(type) {
	case *js.Var, *js.DotExpr:
	default:
		return false
	}
	v, ok := one(f.values(e))
	return ok && !v.made && (v.kind == loader || v.kind == constructor || v.kind == global && (globals[v.text] != "" || v.text == "process.env" || v.text == "eval"))
}

// taken notes the globals of interest among values, and reports whether there are any.
func (f *follower) taken(list []value) bool {
	found := false
	for _, v := range list {
		if v.kind != global {
			continue
		}
		if v.made && (hideable[v.text] || globals[v.text] != "" || strings.HasPrefix(v.text, "process.env.")) {
			f.use(Obfuscation, v.text+" by a name that is put together")
		}
		if name, ok := strings.CutPrefix(v.text, "process.env."); ok {
			name, _, _ = strings.Cut(name, ".")
			if !plain[name] {
				f.use(Env, "process.env."+name)
			}
			found = true
			continue
		}
		switch {
		case v.text == "process.env":
			f.use(Env, "process.env")
			found = true
		case globals[v.text] != "":
			f.use(globals[v.text], v.text)
			found = true
		case strings.HasPrefix(v.text, "ethereum."):
			f.facts.wallet = true
		}
	}
	return found
}

func (f *follower) use(k Kind, what string) {
	if len(what) > 120 {
		what = what[:120] + "…"
	}
	at := Place{f.file, f.line, what}
	f.p.add(k, at)
	f.facts.note(k, at)
}

func trimNode(name string) string { return strings.TrimPrefix(name, "node:") }

// load notes a module that is loaded; around is what loads it where that is not require.
func (f *follower) load(name value, around string) {
	if name.open {
		if name.text == "" {
			f.use(Dynamic, "a module whose name is known only when it runs")
		}
		return
	}
	bare := trimNode(name.text)
	k := kindOf(bare)
	if k == "" {
		return
	}
	f.use(k, name.text)
	base, _, _ := strings.Cut(bare, "/")
	switch {
	case !builtin[base]:
	case name.made:
		f.use(Obfuscation, bare+" by a name that is put together")
	case around != "":
		f.use(Obfuscation, bare+" through "+around)
	}
}
