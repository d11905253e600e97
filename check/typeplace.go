package check

import (
	"slices"

	"github.com/portalctl/portalctl/internal/jsscan"
)

// maxBack bounds how far back the context of one name is looked for, in tokens.
const maxBack = 600

// inType reports whether what starts at a place stands where a type stands, by
// what is before it. steps counts the tokens looked at; beyond maxBack it is taken
// for a value.
func (u *uses) inType(i int, steps *int) bool {
	comma := false // another element of a list than the first
	loose := false // what binds tighter than ?: does not reach over it
	for j := i - 1; j >= 0; j-- {
		if *steps++; *steps > maxBack {
			return false
		}
		t, text := u.tokens[j], u.at(j)
		switch {
		case text == "": // a literal
		case t.Role == jsscan.TagEnd:
			return false
		case text == "(" || text == "[" || text == "{":
			return u.inBracket(j, j == i-1 || comma, steps)
		case text == ")" || text == "]" || text == "}":
			if j == i-1 && text == "}" || u.match[j] < 0 {
				return false // a statement starts
			}
			j = int(u.match[j])
		case text == "<":
			return u.isWord(j-1) && u.closesAngle(i) || u.at(j+2) == "extends"
		case comma && text == "=>":
		case text == "=>":
			// The result of an arrow: of a type where the arrow's own place is one.
			if u.at(j-1) != ")" || u.match[j-1] < 0 {
				return false
			}
			return u.inType(int(u.match[j-1]), steps)
		case text == ">":
			if j = u.opensAngle(j, steps); j < 0 {
				return false
			}
		case text == ";":
			return false
		case text == "implements" || text == "interface":
			return true
		case text == "class":
			return false
		case comma:
		case text == ",":
			comma = true
		case text == ":":
			ternary, is := u.colon(j, steps)
			if ternary < 0 {
				return is
			}
			j, loose = ternary, true
		case text == "=":
			return u.isAlias(j, steps)
		case text == "|" || text == "&" || text == "?":
			if u.at(j-1) == text || u.at(j+1) == text && j+1 < i {
				return false // || && ??
			}
			loose = loose || text == "?"
		case text == "as":
			if !loose {
				return true
			}
		case text == "in":
			return u.at(j-2) == "["
		case slices.Contains(typing, text):
			if !loose {
				return true
			}
		case slices.Contains(computing, text):
			return false
		case text == "." || text == "?." || text == "...":
		case t.Kind == jsscan.Word:
			if next := u.at(j + 1); u.isWord(j+1) && u.tokens[j+1].Line > t.Line && !slices.Contains(joining, text) && !slices.Contains(joining, next) {
				return false // a statement ended with its line
			}
		default:
			return false // an operator
		}
	}
	return false
}

func (u *uses) isWord(i int) bool {
	return i >= 0 && i < len(u.tokens) && u.tokens[i].Kind == jsscan.Word && !slices.Contains(computing, u.tokens[i].Text)
}

// inBracket judges what is in the bracket at a place: at its start or behind a
// comma where first is set, else at the start of a statement or member.
func (u *uses) inBracket(j int, first bool, steps *int) bool {
	before := u.at(j - 1)
	switch u.at(j) {
	case "(":
		if u.isWord(j-1) && !slices.Contains(typing, before) && before != "as" && before != "extends" && before != "typeof" {
			return false // an argument
		}
		if before == ")" || before == "]" {
			return false
		}
		return u.inType(j, steps)
	case "[":
		return u.inType(j, steps)
	}
	kind := u.brace(j, steps)
	return kind == braceType || kind == bracePattern || kind == braceTypeExport || kind == braceClass && !first
}

// brace says what a { opens.
type brace int

const (
	braceBlock brace = iota
	braceObject
	braceType
	braceClass
	bracePattern
	braceTypeExport
)

func (u *uses) brace(j int, steps *int) brace {
	switch before := u.at(j - 1); before {
	case "", ")", ";", "}":
		return braceBlock
	case "else", "try", "finally", "do", "import", "export":
		return braceBlock
	case "type":
		return braceTypeExport
	case "const", "let", "var":
		return bracePattern
	case "=>":
		if u.inType(j, steps) {
			return braceType
		}
		return braceBlock
	case ">":
		if u.tokens[j-1].Role == jsscan.TagEnd {
			return braceBlock
		}
		return u.header(j, steps)
	default:
		if u.tokens[j-1].Kind == jsscan.Word && before != "as" && before != "extends" && before != "satisfies" && !slices.Contains(computing, before) {
			return u.header(j, steps)
		}
		if u.inType(j, steps) {
			return braceType
		}
		return braceObject
	}
}

// header tells the body of a class or an interface from that of a function, by
// the words before it.
func (u *uses) header(j int, steps *int) brace {
	for k := j - 1; k >= 0; k-- {
		if *steps++; *steps > maxBack {
			break
		}
		switch u.at(k) {
		case "class", "enum":
			return braceClass
		case "interface":
			return braceType
		case ")", "}", ";", "{", "(", ":", "=", "=>":
			return braceBlock
		}
	}
	return braceBlock
}

// colon judges what follows a colon. ternary is the place of the ? that it
// belongs to, -1 if it belongs to none.
func (u *uses) colon(j int, steps *int) (ternary int, isType bool) {
	if u.at(j-1) == "?" {
		return -1, true
	}
	open := -1
scan:
	for k := j - 1; k >= 0; k-- {
		if *steps++; *steps > maxBack {
			return -1, false
		}
		switch text := u.at(k); text {
		case ")", "]", "}":
			if u.match[k] < 0 || text == "}" && k < j-1 && u.isWord(k+1) {
				break scan
			}
			k = int(u.match[k])
		case "(", "[", "{":
			open = k
			break scan
		case "case", "default":
			return -1, false
		case ",", ";":
			open = int(u.around[k])
			break scan
		case "?":
			if next := u.at(k + 1); next != ":" && next != "?" && u.at(k-1) != "?" {
				return k, false
			}
		}
	}
	if u.at(j-1) == ")" || open < 0 || u.at(open) != "{" {
		return -1, true // what a function returns, a declaration, a parameter
	}
	return -1, u.brace(open, steps) != braceObject
}

// isAlias reports whether the = at a place is that of "type Name = " or of a type
// parameter's default.
func (u *uses) isAlias(j int, steps *int) bool {
	k := j - 1
	if u.at(k) == ">" {
		if k = u.opensAngle(k, steps); k < 0 {
			return false
		}
		k--
	}
	return u.isWord(k) && (u.at(k-1) == "type" || u.at(k-1) == "<" && u.isWord(k-2))
}

// maxAngle bounds the length of a list of type arguments, in tokens.
const maxAngle = 300

// opensAngle is the place of the < that a > closes, -1 if it closes none.
func (u *uses) opensAngle(j int, steps *int) int {
	depth := 0
	for k := j; k >= 0 && k > j-maxAngle; k-- {
		if *steps++; *steps > maxBack {
			return -1
		}
		switch u.at(k) {
		case ">":
			depth++
		case "<":
			if depth--; depth == 0 {
				return k
			}
		case ")", "]", "}":
			if u.match[k] < 0 {
				return -1
			}
			k = int(u.match[k])
		case "(", "[", "{", ";":
			return -1
		}
	}
	return -1
}

// closesAngle reports whether the list of type arguments that a place is in ends.
func (u *uses) closesAngle(i int) bool {
	depth := 1
	for k := i; k < len(u.tokens) && k < i+maxAngle; k++ {
		switch u.at(k) {
		case ">":
			if depth--; depth == 0 {
				return true
			}
		case "<":
			depth++
		case "(", "[", "{":
			if u.match[k] < 0 {
				return false
			}
			k = int(u.match[k])
		case ")", "]", "}", ";":
			return false
		case "&", "|":
			if u.at(k+1) == u.at(k) {
				return false // a comparison
			}
		case "=":
			return false // an attribute of JSX
		}
	}
	return false
}
