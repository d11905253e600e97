package template

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/diff3"
	"github.com/portalctl/portalctl/internal/pattern"
)

// woven merges a conflict whose changes only stand side by side, which git takes for
// one: by lines, and where they are in the same line, by words. Each change must leave
// the brackets and tags around it as they were, so that none tears another apart.
func woven(p diff3.Piece) ([]byte, bool) {
	split := func(how func([]byte) []string) (a, b, c []string) { return how(p.Base), how(p.Ours), how(p.Theirs) }
	base, ours, theirs := split(lines)
	if out, ok := weave(base, ours, theirs, true); ok {
		return []byte(strings.Join(out, "")), true
	}
	base, ours, theirs = split(tokens)
	if out, ok := weave(base, ours, theirs, false); ok {
		return []byte(strings.Join(out, "")), true
	}
	return nil, false
}

func lines(text []byte) []string { return slices.Collect(strings.Lines(string(text))) }

var aToken = pattern.New(`\s+|\S+`)

func tokens(text []byte) []string { return aToken().FindAllString(string(text), -1) }

var aPart = pattern.New(`\s+|\w+|[^\w\s]`)

// parts are the words of a text and what stands between them.
func parts(text []byte) []string { return aPart().FindAllString(string(text), -1) }

// weave applies the changes of both sides to the base. It fails where they overlap, and
// where both insert at one place, unless both is set: then what ours inserts comes
// first.
func weave(base, ours, theirs []string, both bool) ([]string, bool) {
	oc, tc := diff3.Changes(base, ours), diff3.Changes(base, theirs)
	// A whole part that is new on both sides, or rewritten, is nobody's to weave.
	if len(tc) == 0 || len(base) > 0 && 2*covered(oc) > len(base) && len(oc) == 1 && !both {
		return nil, false
	}
	text := func(list []string, from, n int) []string { return list[from : from+n] }
	for _, c := range oc {
		if !balanced(text(base, c.A, c.ALen), text(ours, c.B, c.BLen)) {
			return nil, false
		}
	}
	for _, c := range tc {
		if !balanced(text(base, c.A, c.ALen), text(theirs, c.B, c.BLen)) {
			return nil, false
		}
	}
	var out []string
	at := 0
	for len(oc) > 0 || len(tc) > 0 {
		o, t := head(oc, len(base)), head(tc, len(base))
		oText, tText := text(ours, o.B, o.BLen), text(theirs, t.B, t.BLen)
		if o.A == t.A && o.ALen == t.ALen && len(oc) > 0 && len(tc) > 0 {
			switch {
			case slices.Equal(oText, tText):
				tText = nil
			case !both || o.ALen > 0:
				return nil, false
			}
			out = append(append(append(out, base[at:o.A]...), oText...), tText...)
			at = o.A + o.ALen
			oc, tc = oc[1:], tc[1:]
			continue
		}
		if len(oc) > 0 && len(tc) > 0 && o.A < t.A+t.ALen && t.A < o.A+o.ALen {
			return nil, false // they overlap, or one inserts within the other
		}
		oFirst := len(tc) == 0 || len(oc) > 0 && (o.A < t.A || o.A == t.A && o.ALen == 0)
		c, what := t, tText
		if oFirst {
			c, what, oc = o, oText, oc[1:]
		} else {
			tc = tc[1:]
		}
		out = append(append(out, base[at:c.A]...), what...)
		at = c.A + c.ALen
	}
	return append(out, base[at:]...), true
}

func head(list []diff3.Change, end int) diff3.Change {
	if len(list) == 0 {
		return diff3.Change{A: end}
	}
	return list[0]
}

// covered is how many items of the base changes concern.
func covered(list []diff3.Change) int {
	n := 0
	for _, c := range list {
		n += c.ALen
	}
	return n
}

// balanced reports whether two texts open and close as many brackets and tags.
func balanced(a, b []string) bool {
	return nesting(strings.Join(a, "")) == nesting(strings.Join(b, ""))
}

var (
	opening = pattern.New(`<[A-Za-z]`)
	closing = pattern.New(`</|/>`)
)

// nesting is how many round, curly and square brackets a text leaves open, and how
// many tags.
func nesting(text string) (n [4]int) {
	for i, pair := range []string{"()", "{}", "[]"} {
		n[i] = strings.Count(text, pair[:1]) - strings.Count(text, pair[1:])
	}
	b := []byte(text)
	n[3] = len(opening().FindAll(b, -1)) - len(closing().FindAll(b, -1))
	return n
}
