package semrange

import "strings"

// term is one comparator as it stands in a text, by its places there:
//
//	>= v1.2.x
//	^ ^  ^
//	| |  core
//	| prefix
//	operator
type term struct {
	op           op
	prefix, core int
	version      partial
}

// scanTerm reads an operator and a version at s[i:] and returns where they end;
// ok is false if there is no version. It is the one reader of both, for what a
// range means and for how it is written.
func scanTerm(s string, i int) (t term, end int, ok bool) {
	o, i := scanOperator(s, i)
	t, end, ok = scanVersion(s, i)
	t.op = o
	return t, end, ok
}

// scanVersion reads [v= ]* and a partial version.
func scanVersion(s string, i int) (t term, end int, ok bool) {
	t.prefix = i
	for i < len(s) && isPrefix(s[i]) {
		i++
	}
	t.core = i
	t.version, end, ok = scanPartial(s, i)
	return t, end, ok
}

// scanOperator reads ^, ~>?, or [<>]?=? and returns where the version starts.
func scanOperator(s string, i int) (op, int) {
	if i == len(s) {
		return opEQ, i
	}
	follows := func(c byte) bool { return i+1 < len(s) && s[i+1] == c }
	switch s[i] {
	case '^':
		return opCaret, i + 1
	case '~':
		if follows('>') {
			return opTilde, i + 2
		}
		return opTilde, i + 1
	case '=':
		return opEQ, i + 1
	case '<', '>':
		o := opLT
		if s[i] == '>' {
			o = opGT
		}
		if follows('=') {
			return o + 1, i + 2
		}
		return o, i + 1
	}
	return opEQ, i
}

// Term is one comparator of a range with its spelling: "^1.2", ">= v1.0.0".
type Term struct {
	Op    string // "", "^", "~", "~>", ">=", ">", "<=", "<" or "="
	Gap   string // white space, "v" and "=" between the operator and the numbers
	Parts []string
	Known int // leading parts that are numbers; the others are x, X or *
	Nums  [3]uint64
	Pre   string
	Build string
}

// CutTerm takes the comparator off the head of a range without "||". ok is false
// where none stands there that somebody would write.
func CutTerm(s string) (t Term, rest string, ok bool) {
	at, end, ok := scanTerm(s, 0)
	if !ok || at.version.badOrder() {
		return Term{}, s, false
	}
	v := at.version
	t = Term{Op: s[:at.prefix], Gap: s[at.prefix:at.core], Pre: v.pre}
	core := s[at.core:end]
	if v.pre != "" {
		core = core[:len(core)-len("-")-len(v.pre)]
	}
	t.Parts = strings.Split(core, ".")
	for i, n := range [...]uint64{v.major, v.minor, v.patch} {
		if n == wild {
			break
		}
		t.Nums[i], t.Known = n, i+1
	}
	if build := s[end:]; len(build) > 1 && build[0] == '+' && isWord(build[1]) {
		n := 2
		for n < len(build) && (isWord(build[n]) || build[n] == '.') {
			n++
		}
		t.Build, end = build[1:n], end+n
	}
	return t, s[end:], true
}

// String is the comparator as written.
func (t Term) String() string {
	s := t.Op + t.Gap + strings.Join(t.Parts, ".")
	if t.Pre != "" {
		s += "-" + t.Pre
	}
	if t.Build != "" {
		s += "+" + t.Build
	}
	return s
}
