package license

import "strings"

// expression is an expression that normal has spelled, taken apart: licences, each
// perhaps WITH an exception, joined by AND and OR.
type expression struct {
	words []string
	at    int
}

// satisfied reports whether the alternatives of an expression leave one in which each
// licence holds. It is worked out along the expression and not over all its
// alternatives, of which a short text can have millions.
func satisfied(text string, holds func(license string) bool) bool {
	e := &expression{words: strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(text))}
	return e.or(holds)
}

// next takes a word, if it is the next one.
func (e *expression) next(word string) bool {
	if e.at < len(e.words) && e.words[e.at] == word {
		e.at++
		return true
	}
	return false
}

func (e *expression) or(holds func(string) bool) bool {
	out := e.and(holds)
	for e.next("OR") {
		out = e.and(holds) || out // the right side is read in any case
	}
	return out
}

func (e *expression) and(holds func(string) bool) bool {
	out := e.atom(holds)
	for e.next("AND") {
		out = e.atom(holds) && out
	}
	return out
}

func (e *expression) atom(holds func(string) bool) bool {
	if e.next("(") {
		out := e.or(holds)
		e.next(")")
		return out
	}
	if e.at == len(e.words) {
		return false
	}
	name := e.words[e.at]
	e.at++
	if e.next("WITH") && e.at < len(e.words) {
		name += " WITH " + e.words[e.at]
		e.at++
	}
	return holds(name)
}
