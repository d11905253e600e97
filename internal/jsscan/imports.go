package jsscan

// Form is how a file refers to a module.
type Form uint8

const (
	// Static is an import statement, or import x = require().
	Static Form = iota
	// ReExport is export … from.
	ReExport
	// dynamic is import(), also where it is a type.
	dynamic
	// require is require() and require.resolve().
	require
	// Mock is jest.mock() and its kin.
	Mock
)

// Import is one reference to a module.
type Import struct {
	Module string
	Form   Form
	// Line is that of the module's name; Start and End are the bytes of its
	// literal, quotes included.
	Line, Start, End int
	// From and To are the places of its first token and of the module's name among
	// the file's tokens.
	From, To int
	// TypeOnly: nothing of it is left when the code runs.
	TypeOnly bool
	// Names are what is taken from the module. Without any, it is loaded for its
	// effects, or what is taken is not told.
	Names []Name
}

// Name is something that a module exports.
type Name struct {
	// Name is as the module exports it: "default", or "*" for all of it.
	Name string
	// Local is what the file calls it, "" where it gives it no name.
	Local string
	Line  int
	Type  bool
}

// Imports lists the references to modules of a file's tokens, in their order.
func Imports(tokens []Token) []Import {
	r := reader{tokens, Pairs(tokens)}
	var list []Import
	for i, t := range tokens {
		if t.Kind != Word || t.Role != NoRole || i > 0 && (r.is(i-1, ".") || r.is(i-1, "?.")) {
			continue
		}
		var im Import
		ok := false
		switch t.Text {
		case "import":
			im, ok = r.imported(i)
		case "export":
			im, ok = r.reExported(i)
		case "require":
			im, ok = r.required(i)
		case "jest", "vi", "vitest":
			im, ok = r.mocked(i)
		}
		if ok {
			im.From = i
			list = append(list, im)
		}
	}
	return list
}

// reader looks ahead in tokens.
type reader struct {
	tokens []Token
	pairs  []int32
}

func (r reader) is(i int, texts ...string) bool { return Match(r.tokens, i, texts...) }

func (r reader) kind(i int, k Kind) bool {
	return i >= 0 && i < len(r.tokens) && r.tokens[i].Kind == k
}

func (r reader) word(i int) bool { return r.kind(i, Word) }

func (r reader) module(i int, form Form, typeOnly bool, names []Name) Import {
	t := r.tokens[i]
	return Import{Module: t.Text, Form: form, Line: t.Line, Start: t.Start, End: t.End, To: i, TypeOnly: typeOnly, Names: names}
}

// imported reads import at i: a statement or a call.
func (r reader) imported(i int) (Import, bool) {
	switch {
	case r.kind(i+1, String):
		return r.module(i+1, Static, false, nil), true
	case r.is(i+1, "(") && r.kind(i+2, String) && (r.is(i+3, ")") || r.is(i+3, ",")):
		return r.dynamic(i, i+2), true
	case r.is(i+1, "("), r.is(i+1, "."), r.is(i+1, ":"):
		return Import{}, false
	}
	j, typeOnly := i+1, false
	// A default import may be called type, too.
	if r.is(j, "type") && !r.is(j+1, ",") && !r.is(j+1, "=") && (!r.is(j+1, "from") || r.is(j+2, "from")) {
		typeOnly = true
		j++
	}
	var names []Name
	if r.word(j) && !r.is(j, "from") || r.is(j, "from") && r.is(j+1, "from") {
		names = append(names, Name{"default", r.tokens[j].Text, r.tokens[j].Line, typeOnly})
		j++
		if r.is(j, "=") {
			if r.is(j+1, "require") && r.is(j+2, "(") && r.kind(j+3, String) && r.is(j+4, ")") {
				names[0].Name = "*"
				return r.module(j+3, Static, typeOnly, names), true
			}
			return Import{}, false
		}
		if r.is(j, ",") {
			j++
		}
	}
	switch {
	case r.is(j, "*") && r.is(j+1, "as") && r.word(j+2):
		names = append(names, Name{"*", r.tokens[j+2].Text, r.tokens[j+2].Line, typeOnly})
		j += 3
	case r.is(j, "{"):
		var ok bool
		if names, j, ok = r.clause(j, names, typeOnly, false); !ok {
			return Import{}, false
		}
	}
	if r.is(j, "from") && r.kind(j+1, String) {
		return r.module(j+1, Static, typeOnly, names), true
	}
	return Import{}, false
}

// reExported reads export … from at i.
func (r reader) reExported(i int) (Import, bool) {
	j, typeOnly := i+1, false
	if r.is(j, "type") && (r.is(j+1, "{") || r.is(j+1, "*")) {
		typeOnly = true
		j++
	}
	var names []Name
	switch {
	case r.is(j, "*"):
		n := Name{Name: "*", Line: r.tokens[j].Line, Type: typeOnly}
		j++
		if r.is(j, "as") {
			j += 2
		}
		names = append(names, n)
	case r.is(j, "{"):
		var ok bool
		if names, j, ok = r.clause(j, nil, typeOnly, true); !ok {
			return Import{}, false
		}
	default:
		return Import{}, false
	}
	if r.is(j, "from") && r.kind(j+1, String) {
		return r.module(j+1, ReExport, typeOnly, names), true
	}
	return Import{}, false
}

// clause reads {a, b as c, type d} at j and gives the place behind it.
func (r reader) clause(j int, names []Name, typeOnly, export bool) ([]Name, int, bool) {
	for j++; j < len(r.tokens); {
		if r.is(j, "}") {
			return names, j + 1, true
		}
		n := Name{Type: typeOnly}
		// {type}, {type as x}, {type as as} and {type, x} import something called type.
		if r.is(j, "type") && (r.word(j+1) || r.kind(j+1, String)) && (!r.is(j+1, "as") || !r.word(j+2) || r.is(j+2, "as") && r.word(j+3)) {
			n.Type = true
			j++
		}
		if !r.word(j) && !r.kind(j, String) {
			return nil, j, false
		}
		n.Name, n.Line = r.tokens[j].Text, r.tokens[j].Line
		n.Local = n.Name
		j++
		if r.is(j, "as") && (r.word(j+1) || r.kind(j+1, String)) {
			n.Local = r.tokens[j+1].Text
			j += 2
		}
		if export {
			n.Local = ""
		}
		names = append(names, n)
		if r.is(j, ",") {
			j++
		} else if !r.is(j, "}") {
			return nil, j, false
		}
	}
	return nil, j, false
}

// required reads require at i.
func (r reader) required(i int) (Import, bool) {
	if r.is(i-1, "=") && (r.is(i-3, "import") || r.is(i-3, "type") && r.is(i-4, "import")) {
		return Import{}, false // import x = require(): imported has it
	}
	call := i + 1
	if r.is(i+1, ".") && r.is(i+2, "resolve") {
		call = i + 3
	}
	if !r.is(call, "(") || !r.kind(call+1, String) || !r.is(call+2, ")") && !r.is(call+2, ",") {
		return Import{}, false
	}
	if call > i+1 {
		return r.module(call+1, require, false, nil), true
	}
	return r.module(call+1, require, false, r.taken(i, call+2)), true
}

var mockers = map[string]bool{"mock": true, "unmock": true, "doMock": true, "dontMock": true, "doUnmock": true, "setMock": true,
	"requireActual": true, "requireMock": true, "importActual": true, "importMock": true, "createMockFromModule": true, "unstable_mockModule": true}

// mocked reads jest.mock('x') at i.
func (r reader) mocked(i int) (Import, bool) {
	if !r.is(i+1, ".") || !r.word(i+2) || !mockers[r.tokens[i+2].Text] {
		return Import{}, false
	}
	j := i + 3
	if r.is(j, "<") { // requireActual<typeof import('x')>('x')
		depth := 0
		for ; j < len(r.tokens) && j < i+60; j++ {
			if r.is(j, "<") {
				depth++
			} else if r.is(j, ">") {
				if depth--; depth == 0 {
					j++
					break
				}
			}
		}
	}
	if !r.is(j, "(") || !r.kind(j+1, String) {
		return Import{}, false
	}
	return r.module(j+1, Mock, false, nil), true
}
