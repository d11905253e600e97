package migrations

import (
	"maps"
	"slices"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// hole stands in a text for what is only known when the migration runs.
const hole = "\x00"

// A value is what an expression may be. The types below are all that there are.
type value any

type (
	// nothing is undefined, or null.
	nothing struct{ null bool }
	// opaque is a value that is not known, and through which nobody can reach the
	// database.
	opaque struct{}
	// hidden may reach the database in a way that is not followed.
	hidden struct{}
	// pattern is a regular expression.
	pattern struct{ text, flags string }
	// rejected is a promise that is: whoever waits for it throws.
	rejected struct{}
	// method is a function of a value that is known: table.string.
	method struct {
		of   value
		name string
	}
	// list is an array; open where it may have other items. With either it is one of
	// its items instead.
	list struct {
		items        []value
		open, either bool
	}
	// object is a plain one; open where it may have other fields.
	object struct {
		fields map[string]value
		open   bool
	}
	// function is one of the file.
	function struct {
		params js.Params
		body   *js.BlockStmt
		env    *scope
		async  bool
		// generates says that it is a generator's: what it yields is waited for.
		generates bool
		// bound are arguments that bind has given it already; getter says that it stands
		// for what it returns.
		bound  []value
		getter bool
		// self is this where the function keeps that of its surroundings.
		self  value
		arrow bool
	}
)

// scope has the variables of a block.
type scope struct {
	parent *scope
	vars   map[string]*cell
	// call marks the outermost scope of a function: var is declared there.
	call bool
}

type cell struct {
	v value
	// maybe is how many conditions that are not known stood around it.
	maybe int
}

func (s *scope) find(name string) *cell {
	for ; s != nil; s = s.parent {
		if c := s.vars[name]; c != nil {
			return c
		}
	}
	return nil
}

func (s *scope) inner(call bool) *scope {
	return &scope{parent: s, vars: map[string]*cell{}, call: call}
}

// truth is what a condition is.
type truth int

const (
	perhaps truth = iota
	yes
	no
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func truthy(v value) truth {
	switch v := v.(type) {
	case nothing:
		return no
	case bool:
		return truthOf(v)
	case float64:
		return truthOf(v != 0)
	case string:
		if strings.Trim(v, hole) == "" && v != "" {
			return perhaps
		}
		return truthOf(v != "")
	case opaque, hidden:
		return perhaps
	}
	return yes
}

// carries reports whether the database can be reached through a value.
func carries(v value) bool { return carriesAt(v, 0) }

func carriesAt(v value, depth int) bool {
	if depth > 8 {
		return true
	}
	switch v := v.(type) {
	case hidden, *database, *schema, *table, *column, *query, *raw:
		return true
	case method:
		return carriesAt(v.of, depth+1)
	case *list:
		for _, i := range v.items {
			if carriesAt(i, depth+1) {
				return true
			}
		}
	case *object:
		for _, f := range v.fields {
			if carriesAt(f, depth+1) {
				return true
			}
		}
	}
	return false
}

// either is a value that is one of two.
func either(a, b value) value {
	if same(a, b) == yes {
		return a
	}
	if carries(a) || carries(b) || isFunction(a) || isFunction(b) {
		return hidden{}
	}
	return opaque{}
}

func isFunction(v value) bool {
	_, ok := v.(*function)
	return ok
}

// same is what a === b is.
func same(a, b value) truth {
	switch x := a.(type) {
	case opaque, hidden:
		return perhaps
	case string:
		if strings.Contains(x, hole) {
			return perhaps
		}
	}
	switch y := b.(type) {
	case opaque, hidden:
		return perhaps
	case string:
		if strings.Contains(y, hole) {
			return perhaps
		}
	}
	switch a.(type) {
	case nothing, string, float64, bool, *list, *object, *function, *database, *schema, *table, *column, *query, *raw:
		return truthOf(a == b)
	}
	return perhaps
}

// text is a value in a text: ${v}.
func text(v value) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return number(v)
	case bool:
		if v {
			return "true"
		}
		return "false"
	}
	return hole
}

// names are an object's known fields, sorted: their order in the source is not
// kept, and what is said of a file must be the same each time.
func (o *object) names() []string { return slices.Sorted(maps.Keys(o.fields)) }

// field is a property of a plain object.
func (o *object) field(name string) value {
	if v, ok := o.fields[name]; ok {
		return v
	}
	if o.open {
		return opaque{}
	}
	return nothing{}
}
