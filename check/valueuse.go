package check

import (
	"slices"

	"github.com/portalctl/portalctl/internal/jsscan"
)

// TypeScript drops an import whose names stand only where types stand: after the
// colon of a declaration, in <>, behind "as". Then the package is not loaded.
// Whether that is so shows at each place where a name is used; tokens are enough
// to tell, a parser is not needed.

// uses answers for a file whether names are used as values.
type uses struct {
	source
	// match is the place of the bracket that belongs to the one at a place, and
	// around that of the innermost bracket that is open there; -1 for none. Angle
	// brackets are not among them.
	match, around []int32
}

func newUses(s source) *uses {
	u := &uses{source: s, match: jsscan.Pairs(s.tokens), around: make([]int32, len(s.tokens))}
	open := int32(-1)
	for i := range s.tokens {
		u.around[i] = open
		switch at := u.at(i); {
		case at == "(" || at == "[" || at == "{" || at == "${":
			open = int32(i)
		case u.match[i] >= 0: // they fit, or else the tokens end before
			open = u.around[u.match[i]]
		}
	}
	return u
}

// loads reports whether the code that runs needs an import.
func (u *uses) loads(im imported) bool {
	return im.runtime || slices.ContainsFunc(im.names, func(name string) bool {
		for i, t := range u.tokens {
			if t.Kind == jsscan.Word && t.Text == name && (i < im.from || i > im.to) && u.isValue(i) {
				return true
			}
		}
		return false
	})
}

// isValue reports whether the name at a place is one that runs: not a type, not a
// member of something else, not the name of something new.
func (u *uses) isValue(i int) bool {
	switch u.tokens[i].Role {
	case jsscan.Element:
		return u.at(i-1) != "." // <Name.part>
	case jsscan.Closing, jsscan.Attribute:
		return false
	}
	switch before, after := u.at(i-1), u.at(i+1); {
	case before == "." || before == "?.": // a.Name
		return false
	case slices.Contains(declaring, before):
		return false
	case (after == ":" || after == "?" && u.at(i+2) == ":") && (before == "" || slices.Contains(beforeKeys, before)):
		return false // the key of an object, a member of a type, a parameter
	}
	return !u.inType(i, new(int))
}

var (
	declaring  = []string{"const", "let", "var", "function", "class", "interface", "type", "enum", "namespace"}
	beforeKeys = []string{"{", ",", "(", "[", ";", "}", "readonly", "public", "private", "protected", "static"}
	// What stands before these is over; what follows is computed.
	computing = []string{"new", "instanceof", "return", "throw", "await", "yield", "case", "delete", "else", "do", "default", "of",
		"import", "export", "const", "let", "var", "function", "class"}
	// Words on two lines are two statements, but for these.
	joining = []string{"extends", "typeof", "readonly", "abstract", "async"}
	typing  = []string{"satisfies", "is", "keyof", "implements", "infer", "asserts", "interface"}
)

// at is the word or the punctuation at a place, else "".
func (u *uses) at(i int) string {
	if i < 0 || i >= len(u.tokens) || u.tokens[i].Kind != jsscan.Word && u.tokens[i].Kind != jsscan.Punct {
		return ""
	}
	return u.tokens[i].Text
}
