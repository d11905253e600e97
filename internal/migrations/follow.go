package migrations

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"

	"github.com/portalctl/portalctl/internal/fault"
)

// A file of strangers may make following it endless: functions that call each
// other twice, loops in loops.
const (
	maxSteps = 200_000 // expressions and statements that are looked at
	maxDepth = 400     // calls and nested expressions
	maxOps   = 5_000
	maxTurns = 1_000    // of a loop over known values
	maxBytes = 64 << 20 // of all texts and lists that expressions give
)

// follower follows the code of one file.
type follower struct {
	m   *Migration
	src []byte
	// lines are where the lines begin, in bytes.
	lines []int

	steps, depth int
	bytes        int
	spent        bool
	// maybe counts the conditions around what is followed now that are known only
	// when it runs.
	maybe int
	// fresh are the tables that the migration has created, temporary the temporary
	// ones.
	fresh, temporary map[string]bool
	call             *frame
	loose            []loose
	changes          map[string]bool  // the names that the file assigns to anywhere
	es               map[string]value // what an ES module exports
	module           *object
	line             int // of the last place that had one
}

// frame is a call that is followed.
type frame struct {
	this    value
	returns []value
	// ended says that it may have returned already.
	ended bool
	async bool
}

func (m *Migration) doubt(format string, args ...any) {
	m.Doubts = append(m.Doubts, Doubt{Why: fmt.Sprintf(format, args...)})
}

// follow reads a file of JavaScript.
func (m *Migration) follow(src []byte) {
	buf := append(make([]byte, 0, len(src)+1), src...)
	ast, err := js.Parse(parse.NewInputBytes(buf), js.Options{})
	if err != nil {
		line := 0
		if at, ok := err.(*parse.Error); ok {
			line = at.Line
		}
		m.Doubts = append(m.Doubts, Doubt{Line: line, Why: "it is not JavaScript that can be parsed"})
		return
	}
	f := &follower{m: m, src: buf, fresh: map[string]bool{}, temporary: map[string]bool{}, es: map[string]value{}, changes: changed(ast)}
	f.lines = fault.LineStarts(buf)
	exports := &object{fields: map[string]value{}}
	f.module = &object{fields: map[string]value{"exports": exports}}
	top := (*scope)(nil).inner(true)
	for name, v := range map[string]value{"exports": exports, "module": f.module, "undefined": nothing{}} {
		top.vars[name] = &cell{v: v}
	}
	f.call = &frame{this: exports}
	f.block(ast.List, top)
	if n := len(m.Ops); n > 0 {
		f.doubt("it reaches the database outside of up and down")
	}
	f.up()
	up, doubts, spent := m.Ops, m.Doubts, f.spent
	m.Ops = nil
	f.down()
	// What only down does is the way back, not what will run.
	m.Ops, m.Doubts, f.spent = up, doubts, spent
}

// exported is what the module shows under a name.
func (f *follower) exported(name string) value {
	if v, ok := f.es[name]; ok {
		return v
	}
	for _, holder := range []value{f.module.field("exports"), f.es["default"]} {
		if o, ok := holder.(*object); ok {
			if v, ok := o.fields[name]; ok {
				return f.got(v)
			}
			if d, ok := f.got(o.fields["default"]).(*object); ok && d.fields[name] != nil {
				return f.got(d.fields[name])
			}
			if o.open {
				return opaque{}
			}
		} else if holder != nil {
			return opaque{}
		}
	}
	return nothing{}
}

func (f *follower) up() {
	switch up := f.exported("up").(type) {
	case *function:
		if f.run(up) == ended {
			f.doubt("up throws on PostgreSQL")
		}
	case nothing:
		f.m.doubt(noUp)
	default:
		f.m.doubt("its up is not a function of this file")
	}
	config, ok := f.exported("config").(*object)
	switch {
	case ok && truthy(config.field("transaction")) == no:
		_, unset := config.field("transaction").(nothing)
		f.m.NoTransaction = !unset
	case ok && truthy(config.field("transaction")) == perhaps, !ok && f.exported("config") != value(nothing{}):
		f.m.doubt("whether it runs in a transaction is known only when it runs")
	}
}

func (f *follower) down() {
	down := f.exported("down")
	if down == value(nothing{}) || down == value(nothing{null: true}) {
		f.m.Down = Absent
		return
	}
	fn, ok := down.(*function)
	if !ok {
		return
	}
	f.m.Doubts, f.steps, f.bytes, f.spent = nil, 0, 0, false
	f.maybe, f.depth, f.fresh, f.temporary = 0, 0, map[string]bool{}, map[string]bool{}
	switch end := f.run(fn); {
	case end == ended:
		f.m.Down = Throws
	case len(f.m.Ops) == 0 && len(f.m.Doubts) > 0:
		f.m.Down = downUnsure
	case len(f.m.Ops) == 0:
		f.m.Down = Empty
	default:
		f.m.Down = downPresent
	}
}

// outcome is how up or down ends.
type outcome int

const (
	finished outcome = iota
	ended            // by a throw, always
)

// run follows up or down as knex calls it: with the database, and waiting for what
// it returns.
func (f *follower) run(fn *function) outcome {
	got, threw := f.invoke(fn, []value{&database{}, opaque{}}, nothing{})
	if !threw {
		_, threw = f.wait(got)
	}
	f.tie()
	if threw {
		return ended
	}
	return finished
}

// doubt names a place that is not followed, by the last line that was seen.
func (f *follower) doubt(format string, args ...any) {
	d := Doubt{Line: f.line, Why: fmt.Sprintf(format, args...)}
	if len(f.m.Doubts) < 50 && !slices.Contains(f.m.Doubts, d) {
		f.m.Doubts = append(f.m.Doubts, d)
	}
}

// step counts what is looked at, and reports whether there is anything left to
// spend on it.
func (f *follower) step() bool {
	if f.steps++; f.steps > maxSteps || f.depth > maxDepth || f.bytes > maxBytes || len(f.m.Ops) > maxOps {
		if !f.spent {
			f.doubt("it is too long or too deep to be followed to its end")
		}
		f.spent = true
	}
	return !f.spent
}

// weigh counts what an expression gave. A loop may double a text at each turn.
func (f *follower) weigh(v value) {
	switch v := v.(type) {
	case string:
		f.bytes += len(v)
	case *list:
		f.bytes += len(v.items) * 16 // an interface's
	}
}

// room reports whether a text of so many bytes may be made.
func (f *follower) room(n int) bool {
	if n <= maxBytes-f.bytes {
		return true
	}
	f.bytes = maxBytes + 1 // the next step says so
	return false
}

// emit adds a step that runs.
func (f *follower) emit(o Op) {
	if o.Kind == temporary {
		f.temporary[o.Table] = true
		return
	}
	if f.temporary[o.Table] && o.Table != "" {
		if o.Effect == DropTable {
			delete(f.temporary, o.Table)
		}
		return
	}
	o.Maybe = o.Maybe || f.maybe > 0 || f.call != nil && f.call.ended
	if o.Line == 0 {
		o.Line = f.line
	}
	switch o.Effect {
	case CreateTable:
		if !o.Maybe && o.Table != "" {
			f.fresh[o.Table] = true
		}
	case Rename:
		if f.fresh[o.Table] {
			f.fresh[o.To] = true
		}
		delete(f.fresh, o.Table)
	case DropTable:
		delete(f.fresh, o.Table)
	default:
		o.Fresh = f.fresh[o.Table]
	}
	f.m.Ops = append(f.m.Ops, o)
}

// at remembers the line of a piece of the source: the parser's nodes have no
// places, but their texts are parts of it.
func (f *follower) at(text []byte) int {
	if len(text) == 0 {
		return f.line
	}
	off := int(uintptr(unsafe.Pointer(unsafe.SliceData(text))) - uintptr(unsafe.Pointer(unsafe.SliceData(f.src))))
	if off >= 0 && off < len(f.src) {
		f.line, _ = slices.BinarySearch(f.lines, off+1)
	}
	return f.line
}
