package capability

import (
	"maps"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// loaded is the module of a name.
func loaded(name value) value {
	return value{kind: module, text: trimNode(name.text), made: name.made}
}

// result is what a call gives.
func (f *follower) result(callee js.IExpr, args js.Args) []value {
	if lit, ok := callee.(*js.LiteralExpr); ok && lit.TokenType == js.ImportToken {
		if name, ok := f.arg(args, 0); ok && name.kind == text && !name.open {
			return []value{loaded(name)}
		}
		return nil
	}
	if dot, ok := ungrouped(callee).(*js.DotExpr); ok {
		name := memberName(dot.Y)
		for _, v := range f.values(dot.X) {
			if out, ok := f.method(v, name, args); ok {
				return out
			}
		}
	}
	var out []value
	for _, c := range f.values(callee) {
		out = some(out, f.resultOf(c, args))
	}
	if len(out) == 0 {
		// Helpers of compilers (__importStar, _interopDefault), promisify: what they
		// give is the module that they get.
		if first, ok := f.arg(args, 0); ok && first.kind == module {
			return []value{first}
		}
	}
	return out
}

func (f *follower) arg(args js.Args, i int) (value, bool) {
	if i >= len(args.List) || args.List[i].Rest {
		return value{}, false
	}
	return one(f.values(args.List[i].Value))
}

func (f *follower) resultOf(c value, args js.Args) []value {
	first, has := f.arg(args, 0)
	switch c.kind {
	case loader, dispatcher:
		if has && first.kind == text && !first.open {
			return []value{loaded(first)}
		}
	case closure:
		if f.left.spent {
			return nil
		}
		given := make([]value, len(args.List))
		for i := range given {
			given[i], _ = f.arg(args, i)
		}
		return f.apply(c.fn, given)
	case constructor:
		if body, ok := f.lastText(args); ok {
			if in := f.code(body.text, true); in != nil {
				return in.last()
			}
		}
	case module:
		if c.text == "module" && strings.HasSuffix(c.path, "createRequire") {
			return []value{{kind: loader}}
		}
		if c.text == "buffer" && c.path == "Buffer.from" {
			return f.decoded(args)
		}
	case global:
		return f.resultOfGlobal(c, args, first, has)
	}
	return nil
}

func (f *follower) resultOfGlobal(c value, args js.Args, first value, has bool) []value {
	switch c.text {
	case "Buffer.from", "Buffer":
		return f.decoded(args)
	case "atob":
		if has && first.kind == text && !first.open {
			if s, ok := decode(first.text, "base64"); ok {
				return []value{{kind: text, text: s, made: true, decoded: true}}
			}
		}
		return []value{{kind: text, open: true, made: true, decoded: true}}
	case "decodeURIComponent", "unescape", "decodeURI":
		if has && first.kind == text && !first.open {
			if s, ok := decode(first.text, "percent"); ok {
				return []value{{kind: text, text: s, made: true, decoded: first.decoded}}
			}
		}
	case "String.fromCharCode", "String.fromCodePoint":
		var list []value
		for i := range args.List {
			v, _ := f.arg(args, i)
			list = append(list, v)
		}
		if s, ok := characters(list); ok {
			return []value{{kind: text, text: s, made: true, decoded: true}}
		}
	case "Object.getPrototypeOf":
		if has && first.kind == closure {
			return []value{{kind: unknown, text: "prototype"}}
		}
	case "Object.assign", "Object.freeze":
		if has {
			return []value{first}
		}
	case "eval":
		if has && first.kind == text && !first.open {
			if in := f.code(first.text, false); in != nil {
				return in.last()
			}
		}
	}
	return nil
}

// decoded is the text of Buffer.from(text, encoding).
func (f *follower) decoded(args js.Args) []value {
	src, ok := f.arg(args, 0)
	enc, known := f.arg(args, 1)
	if !known || enc.kind != text || strings.HasPrefix(strings.ToLower(enc.text), "utf") {
		if ok && src.kind == text {
			return []value{src}
		}
		return nil
	}
	if ok && src.kind == text && !src.open {
		if s, ok := decode(src.text, enc.text); ok {
			return []value{{kind: text, text: s, made: true, decoded: true}}
		}
	}
	return []value{{kind: text, open: true, made: true, decoded: true}}
}

// lastText is the body of new Function(…, body).
func (f *follower) lastText(args js.Args) (value, bool) {
	v, ok := f.arg(args, len(args.List)-1)
	return v, ok && v.kind == text && !v.open
}

// maxApply is how far functions that call functions are followed.
const maxApply = 4

// apply is what a function of the file returns, where that can be told.
func (f *follower) apply(fn *function, args []value) []value {
	in := fn.in
	if f.depth > maxDepth || in.applying >= maxApply || !f.step() {
		return nil
	}
	in.applying++
	defer func() { in.applying-- }()
	depth := in.depth
	in.depth = f.depth + 1
	defer func() { in.depth = depth }()
	outer := in.bound
	in.bound = maps.Clone(outer)
	for i, p := range fn.params.List {
		if v, ok := p.Binding.(*js.Var); ok && i < len(args) {
			in.bound[v] = []value{args[i]}
		}
	}
	defer func() { in.bound = outer }()
	var out []value
	for _, s := range fn.body.List[:min(len(fn.body.List), 8)] {
		if r, ok := s.(*js.ReturnStmt); ok && r.Value != nil {
			if lit, ok := r.Value.(*js.LiteralExpr); ok && lit.TokenType == js.ThisToken {
				return []value{{kind: global}}
			}
			out = some(out, in.values(r.Value))
		}
	}
	return out
}

// last is what a text gives when it is evaluated: of the body of a function, the
// function.
func (f *follower) last() []value {
	if n := len(f.ast.List); n > 0 {
		if s, ok := f.ast.List[n-1].(*js.ExprStmt); ok {
			return f.values(s.Value)
		}
	}
	return nil
}
