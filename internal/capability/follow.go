package capability

import (
	"slices"
	"strings"
	"unsafe"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"

	"github.com/portalctl/portalctl/internal/fault"
)

// follower reads the code of one file, or of a text that such code runs.
type follower struct {
	p     *Profile
	facts *facts
	file  string
	src   []byte
	// lines are where the lines begin, in bytes; nil for code that is a text of the
	// line given.
	lines []int
	line  int
	ast   *js.AST

	defs  map[*js.Var][]def
	known map[*js.Var][]value
	bound map[*js.Var][]value
	// imported are names of import statements.
	imported map[string][]value

	depth, nested int
	// calls has what calls gave that do not depend on a parameter.
	calls map[*js.CallExpr][]value
	// applying counts the functions that are followed into now.
	applying int
	left     *budget
	texts    map[string]*follower
}

// def is something that is assigned to a name: an expression, or a value, and what
// is taken of it.
type def struct {
	expr js.IExpr
	is   []value
	path []string
}

// budget is what may still be spent on following one file.
type budget struct {
	steps, bytes int
	spent        bool
}

// What following may cost: values that are looked at, for each byte of a file and
// besides, and texts that are put together, in bytes.
const (
	stepsPerByte = 1
	moreSteps    = 200_000
	maxBytes     = 16 << 20
)

// step reports whether there is still something to spend.
func (f *follower) step() bool {
	f.left.steps--
	f.left.spent = f.left.spent || f.left.steps < 0
	return !f.left.spent
}

// room reports whether a text of n bytes may still be made.
func (f *follower) room(n int) bool {
	f.left.bytes -= n
	f.left.spent = f.left.spent || f.left.bytes < 0
	return n <= maxText && !f.left.spent
}

func newFollower(p *Profile, facts *facts, file string, src []byte) (*follower, error) {
	buf := append(make([]byte, 0, len(src)+1), src...)
	ast, err := js.Parse(parse.NewInputBytes(buf), js.Options{})
	if err != nil {
		return nil, err
	}
	f := &follower{p: p, facts: facts, file: file, src: buf, ast: ast, left: &budget{steps: moreSteps + stepsPerByte*len(src), bytes: maxBytes}, calls: map[*js.CallExpr][]value{}, defs: map[*js.Var][]def{}, known: map[*js.Var][]value{},
		bound: map[*js.Var][]value{}, imported: map[string][]value{}, texts: map[string]*follower{}}
	return f, nil
}

// read follows a file and notes what it reaches.
func read(p *Profile, file string, src []byte) {
	facts := &facts{}
	f, err := newFollower(p, facts, file, src)
	if err != nil {
		p.unread(file, "it cannot be parsed as JavaScript")
		skimmed(p, file, src)
		return
	}
	p.Files++
	f.lines = fault.LineStarts(f.src)
	f.line = 1
	f.run()
	if f.left.spent {
		p.unread(file, "it is too much to follow")
	}
	f.signs()
}

// run collects what the names are, then looks at what is done with them.
func (f *follower) run() {
	js.Walk(&definer{f}, f.ast)
	js.Walk(f, f.ast)
}

// text is code that the code runs, as a function's body or else as it is; nil if it
// is not JavaScript. One text is followed once.
func (f *follower) code(src string, body bool) *follower {
	if known, ok := f.texts[src]; ok {
		return known
	}
	f.texts[src] = nil
	if f.nested >= 3 || len(src) > maxText {
		return nil
	}
	wrapped := src
	if body {
		wrapped = "(function(){" + src + "\n})"
	}
	in, err := newFollower(f.p, f.facts, f.file, []byte(wrapped))
	if err != nil && !body {
		return f.code(src+" ", true)
	}
	if err != nil {
		return nil
	}
	in.line, in.nested, in.left, in.texts = f.line, f.nested+1, f.left, f.texts
	f.texts[src] = in
	js.Walk(&definer{in}, in.ast)
	return in
}

// at remembers the line of a piece of the source: the parser's nodes have no places,
// but their texts are parts of it.
func (f *follower) at(data []byte) int {
	if len(data) > 0 && f.lines != nil {
		off := int(uintptr(unsafe.Pointer(unsafe.SliceData(data))) - uintptr(unsafe.Pointer(unsafe.SliceData(f.src))))
		if off >= 0 && off < len(f.src) {
			f.line, _ = slices.BinarySearch(f.lines, off+1)
		}
	}
	return f.line
}

// definer collects what is assigned to the names of a file.
type definer struct{ f *follower }

func (d *definer) Exit(js.INode) {}

func (d *definer) Enter(n js.INode) js.IVisitor {
	switch n := n.(type) {
	case *js.VarDecl:
		for _, b := range n.List {
			if b.Default != nil {
				d.bind(b.Binding, def{expr: b.Default})
			}
		}
	case *js.BinaryExpr:
		if n.Op == js.EqToken {
			switch x := n.X.(type) {
			case *js.Var:
				d.note(x, def{expr: n.Y})
			case *js.ObjectExpr:
				d.pattern(x, n.Y)
			}
		}
	case *js.FuncDecl:
		if n.Name != nil {
			d.note(n.Name, def{is: []value{{kind: closure, fn: &function{n.Params, &n.Body, d.f}}}})
		}
	case *js.CallExpr:
		d.called(n)
	case *js.ImportStmt:
		d.imports(n)
	}
	return d
}

const maxDefs = 8

func (d *definer) note(v *js.Var, is def) {
	for v.Link != nil {
		v = v.Link
	}
	if list := d.f.defs[v]; len(list) < maxDefs {
		d.f.defs[v] = append(list, is)
	}
}

// bind follows a pattern such as { a: { b } }.
func (d *definer) bind(b js.IBinding, is def) {
	switch b := b.(type) {
	case *js.Var:
		d.note(b, is)
	case *js.BindingObject:
		for _, item := range b.List {
			name := ""
			if item.Key != nil && !item.Key.IsComputed() {
				name = propertyName(item.Key)
			} else if v, ok := item.Value.Binding.(*js.Var); ok && item.Key == nil {
				name = string(v.Data)
			}
			if name != "" {
				d.bind(item.Value.Binding, def{is.expr, is.is, append(slices.Clone(is.path), name)})
			}
		}
		if b.Rest != nil {
			d.note(b.Rest, is)
		}
	}
}

// pattern is a destructuring assignment.
func (d *definer) pattern(x *js.ObjectExpr, y js.IExpr) {
	for _, p := range x.List {
		if v, ok := p.Value.(*js.Var); ok && !p.Spread {
			name := string(v.Data)
			if p.Name != nil && !p.Name.IsComputed() {
				name = propertyName(p.Name)
			}
			d.note(v, def{expr: y, path: []string{name}})
		}
	}
}

func propertyName(n *js.PropertyName) string {
	if n.Literal.TokenType == js.StringToken {
		return unquote(n.Literal.Data)
	}
	return string(n.Literal.Data)
}

// called gives the parameters of a function that is called where it is written its
// arguments: (function (g) { … })(globalThis).
func (d *definer) called(n *js.CallExpr) {
	args := n.Args.List
	x := n.X
	if dot, ok := ungrouped(x).(*js.DotExpr); ok && memberName(dot.Y) == "call" && len(args) > 0 {
		x, args = dot.X, args[1:]
	}
	var params js.Params
	switch fn := ungrouped(x).(type) {
	case *js.FuncDecl:
		params = fn.Params
	case *js.ArrowFunc:
		params = fn.Params
	default:
		return
	}
	for i, p := range params.List {
		if i < len(args) && !args[i].Rest {
			d.bind(p.Binding, def{expr: args[i].Value})
		}
	}
}

func ungrouped(e js.IExpr) js.IExpr {
	for {
		g, ok := e.(*js.GroupExpr)
		if !ok {
			return e
		}
		e = g.X
	}
}

// imports notes what a file imports: the parser leaves these names undeclared.
func (d *definer) imports(n *js.ImportStmt) {
	from := []value{loaded(value{kind: text, text: unquote(n.Module)})}
	take := func(binding []byte, name string) {
		is := from
		if name != "*" {
			is = d.f.members(from, value{kind: text, text: strings.Trim(name, `"'`)})
		}
		d.f.imported[string(binding)] = is
	}
	if len(n.Default) > 0 {
		take(n.Default, "default")
	}
	for _, a := range n.List {
		switch {
		case len(a.Binding) == 0:
		case len(a.Name) == 0:
			take(a.Binding, string(a.Binding))
		default:
			take(a.Binding, string(a.Name))
		}
	}
}
