package capability

import (
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// value is what an expression is known to be, as far as matters here.
type value struct {
	kind valueKind
	// text is that of a string; the path of a global ("process.env.HOME"); a
	// module's name.
	text string
	// path is what was taken of a module ("exec").
	path string
	list []value
	fn   *function
	// made says that a string was put together of parts, and decoded that it was
	// base64, hex or numbers; of a global, that its name was. open says that only the
	// beginning of a string is known.
	made, decoded, open bool
}

type valueKind int

const (
	unknown     valueKind = iota
	text                  // a string
	list                  // an array of values
	global                // a global or something of one; "" is the global object itself
	module                // a module of Node or npm, or something of one
	loader                // a function like require
	dispatcher            // Module._load and the like: loads, and hides that it does
	constructor           // Function, by whatever name
	closure               // a function of the file
)

// function is a function of the file whose result may be followed.
type function struct {
	params js.Params
	body   *js.BlockStmt
	in     *follower
}

const (
	maxDepth  = 40      // of values behind values
	maxText   = 1 << 20 // of a string that is put together
	maxList   = 4096    // of an array that is followed
	maxValues = 4       // that a name may have
)

// globalObjects are the names of the global object.
var globalObjects = map[string]bool{"globalThis": true, "global": true, "window": true, "self": true, "root": true, "top": true, "frames": true, "GLOBAL": true}

// values are what an expression may be; none is known where the list is empty.
func (f *follower) values(e js.IExpr) []value {
	if e == nil || f.depth > maxDepth || !f.step() {
		return nil
	}
	f.depth++
	defer func() { f.depth-- }()
	switch e := e.(type) {
	case *js.GroupExpr:
		return f.values(e.X)
	case *js.CommaExpr: // (0, x)
		if n := len(e.List); n > 0 {
			return f.values(e.List[n-1])
		}
	case *js.LiteralExpr:
		return f.literal(e)
	case js.LiteralExpr:
		return f.literal(&e)
	case *js.Var:
		return f.variable(e)
	case *js.DotExpr:
		return f.members(f.values(e.X), value{kind: text, text: memberName(e.Y)})
	case *js.IndexExpr:
		return f.index(e)
	case *js.TemplateExpr:
		return f.template(e)
	case *js.BinaryExpr:
		return f.binary(e)
	case *js.CondExpr:
		return some(f.values(e.X), f.values(e.Y))
	case *js.UnaryExpr:
		if e.Op == js.AwaitToken {
			return f.values(e.X)
		}
	case *js.ArrayExpr:
		return f.array(e)
	case *js.CallExpr:
		if known, ok := f.calls[e]; ok && len(f.bound) == 0 {
			return known
		}
		out := f.result(e.X, e.Args)
		if len(f.bound) == 0 {
			f.calls[e] = out
		}
		return out
	case *js.NewExpr:
		if e.Args != nil {
			return f.result(e.X, *e.Args)
		}
	case *js.FuncDecl:
		return []value{{kind: closure, fn: &function{e.Params, &e.Body, f}}}
	case *js.ArrowFunc:
		return []value{{kind: closure, fn: &function{e.Params, &e.Body, f}}}
	}
	return nil
}

func some(a, b []value) []value {
	out := append(append([]value(nil), a...), b...)
	return out[:min(len(out), maxValues)]
}

func one(list []value) (value, bool) {
	if len(list) == 0 {
		return value{}, false
	}
	return list[0], true
}

func (f *follower) literal(e *js.LiteralExpr) []value {
	switch {
	case e.TokenType == js.StringToken:
		return []value{{kind: text, text: unquote(e.Data)}}
	case js.IsNumeric(e.TokenType):
		return []value{{kind: text, text: string(e.Data)}}
	}
	return nil
}

// variable is what was assigned to a name of the file, or a global.
func (f *follower) variable(v *js.Var) []value {
	for v.Link != nil {
		v = v.Link
	}
	if bound, ok := f.bound[v]; ok {
		return bound
	}
	if v.Decl == js.NoDecl {
		if is, ok := f.imported[string(v.Data)]; ok {
			return is
		}
		if len(f.defs[v]) == 0 {
			return []value{freeName(string(v.Data))}
		}
	}
	if known, ok := f.known[v]; ok {
		return known
	}
	f.known[v] = nil // a name that leads to itself
	var out []value
	if v.Decl == js.NoDecl {
		out = append(out, freeName(string(v.Data)))
	}
	for _, d := range f.defs[v] {
		got := d.is
		if d.expr != nil {
			got = f.values(d.expr)
		}
		for _, name := range d.path {
			got = f.members(got, value{kind: text, text: name})
		}
		out = some(out, got)
	}
	if len(f.bound) == 0 && f.depth <= maxDepth {
		f.known[v] = out
	} else {
		delete(f.known, v)
	}
	return out
}

func freeName(name string) value {
	switch {
	case name == "require", name == "__non_webpack_require__":
		return value{kind: loader}
	case name == "Function":
		return value{kind: constructor}
	case globalObjects[name]:
		return value{kind: global}
	}
	return value{kind: global, text: name}
}

func (f *follower) index(e *js.IndexExpr) []value {
	x := f.values(e.X)
	var out []value
	for _, y := range f.values(e.Y) {
		if y.kind != text || y.open {
			continue
		}
		for _, v := range x {
			if v.kind == list {
				if n, ok := number(y.text); ok && n >= 0 && n < len(v.list) {
					out = append(out, v.list[n])
				}
			}
		}
		out = some(out, f.members(x, y))
	}
	return out
}

// members are what the values have under a name.
func (f *follower) members(of []value, name value) []value {
	var out []value
	for _, v := range of {
		if m, ok := member(v, name); ok {
			out = append(out, m)
		}
	}
	return out
}

func member(v, name value) (value, bool) {
	hidden := v.made || name.made
	switch v.kind {
	case global:
		full := name.text
		if v.text != "" {
			full = v.text + "." + name.text
		}
		m := value{kind: global, text: full, made: hidden}
		switch {
		case v.text == "":
			m = freeName(name.text)
			m.made = hidden
		case full == "module.require", full == "process.mainModule.require":
			m = value{kind: loader, made: hidden}
			if full != "module.require" {
				m.kind, m.text = dispatcher, full
			}
		case full == "module.constructor._load", full == "process.mainModule.constructor._load":
			m = value{kind: dispatcher, text: full}
		case full == "process.getBuiltinModule":
			m = value{kind: loader}
		case v.text == "process.env":
			m.made = v.made // keys are put together often enough
		}
		return m, true
	case module:
		if name.text == "default" && v.path == "" {
			return v, true
		}
		m := v
		m.made = hidden
		m.path = strings.TrimPrefix(v.path+"."+name.text, ".")
		switch {
		case v.text == "process":
			return member(value{kind: global, text: strings.TrimSuffix("process."+v.path, ".")}, name)
		case v.text == "module" && (m.path == "_load" || m.path == "Module._load"):
			return value{kind: dispatcher, text: "module._load"}, true
		}
		return m, true
	case closure, constructor:
		if name.text == "constructor" {
			return value{kind: constructor, text: "hidden"}, true
		}
		if v.kind == constructor && (name.text == "bind" || name.text == "call" || name.text == "apply") {
			return v, true
		}
	case list, text:
		// [].filter.constructor: any method is a function.
		return value{kind: unknown, text: "method"}, true
	case unknown:
		if v.text == "method" && name.text == "constructor" {
			return value{kind: constructor, text: "hidden"}, true
		}
	case loader, dispatcher:
		switch name.text {
		case "call", "apply", "bind":
			return v, true
		case "main":
			return value{kind: global, text: "module"}, true
		case "constructor":
			return value{kind: constructor, text: "hidden"}, true
		}
	}
	return value{}, false
}

func (f *follower) array(e *js.ArrayExpr) []value {
	if len(e.List) > maxList {
		return nil
	}
	v := value{kind: list}
	for _, item := range e.List {
		got, _ := one(f.values(item.Value))
		v.list = append(v.list, got)
	}
	return []value{v}
}
