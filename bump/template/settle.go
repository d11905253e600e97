package template

import (
	"bytes"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/diff3"
)

// settle looks again at conflicts by line, which git leaves to a person, and decides
// those that are none: where both sides have the same, where ours has what the template
// changed already, or the template has what ours did, and where both added statements whose order does not matter.
//
// Lines are where it wove changes that stand side by side: a reader should look there.
func settle(parts []diff3.Piece) (out []diff3.Piece, lines []int) {
	for _, p := range parts {
		if p.Conflict {
			text, ok := settled(p)
			if !ok {
				if text, ok = woven(p); ok {
					lines = append(lines, p.Line)
				}
			}
			if ok {
				p = diff3.Piece{Text: text, Line: p.Line}
			}
		}
		out = append(out, p)
	}
	return out, lines
}

func settled(p diff3.Piece) ([]byte, bool) {
	if sameWords(p.Ours, p.Theirs) || adopted(p) {
		return p.Ours, true
	}
	if sameWords(p.Ours, p.Base) && !bytes.Contains(p.Base, []byte("`")) { // indented anew, or other line ends
		return p.Theirs, true
	}
	if overtaken(p) {
		return p.Theirs, true
	}
	return union(p)
}

// sameWords compares texts whatever their white space.
func sameWords(a, b []byte) bool {
	return slices.EqualFunc(bytes.Fields(a), bytes.Fields(b), bytes.Equal)
}

// adopted reports whether ours has all that the template added, in order, and nothing
// that it removed: by lines, or else by words.
func adopted(p diff3.Piece) bool {
	words := func(text []byte) []string { return strings.Fields(string(text)) }
	return has(trimmed(p.Base), trimmed(p.Theirs), trimmed(p.Ours)) || has(words(p.Base), words(p.Theirs), words(p.Ours))
}

// overtaken reports whether the template made each change that ours made, and more: what
// it has then is what ours would become. node:22-a, which ours made node:24-a and the
// template node:24-b, is node:24-b.
func overtaken(p diff3.Piece) bool {
	base, ours, theirs := parts(p.Base), parts(p.Ours), parts(p.Theirs)
	oc, tc := diff3.Changes(base, ours), diff3.Changes(base, theirs)
	for _, o := range oc {
		if !slices.ContainsFunc(tc, func(t diff3.Change) bool {
			return t.A == o.A && t.ALen == o.ALen && slices.Equal(theirs[t.B:t.B+t.BLen], ours[o.B:o.B+o.BLen])
		}) {
			return false
		}
	}
	return len(oc) > 0
}

func has(base, theirs, ours []string) bool {
	added, removed := minus(theirs, base), minus(base, theirs)
	if len(added) == 0 {
		return len(removed) > 0 && len(minus(removed, ours)) == len(removed)
	}
	at := 0
	for _, l := range added {
		i := slices.Index(ours[at:], l)
		if i < 0 {
			return false
		}
		at += i + 1
	}
	return len(minus(removed, ours)) == len(removed)
}

func trimmed(text []byte) []string {
	var out []string
	for line := range strings.Lines(string(text)) {
		if l := strings.TrimSpace(line); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// minus are the items of a that b does not have, as often as a has them more.
func minus(a, b []string) []string {
	left := map[string]int{}
	for _, l := range b {
		left[l]++
	}
	var out []string
	for _, l := range a {
		if left[l] > 0 {
			left[l]--
			continue
		}
		out = append(out, l)
	}
	return out
}

// union merges a conflict all whose lines are statements that may stand in any order:
// imports, and what is added to a backend. Those that the template added come after
// ours; those that it removed go, if ours has them as they were.
func union(p diff3.Piece) ([]byte, bool) {
	base, ok1 := statements(p.Base)
	ours, ok2 := statements(p.Ours)
	theirs, ok3 := statements(p.Theirs)
	if !ok1 || !ok2 || !ok3 {
		return nil, false
	}
	find := func(list []statement, s statement) int {
		return slices.IndexFunc(list, func(o statement) bool { return o.key == s.key })
	}
	out := slices.Clone(ours)
	for _, b := range base {
		if find(theirs, b) >= 0 {
			continue
		}
		at := find(out, b)
		switch {
		case at >= 0:
			out = slices.Delete(out, at, at+1)
		case slices.ContainsFunc(ours, func(o statement) bool { return o.subject == b.subject && find(base, o) < 0 }):
			return nil, false // ours changed what the template removed or changed
		}
	}
	for _, t := range theirs {
		if find(base, t) >= 0 || find(out, t) >= 0 {
			continue
		}
		if slices.ContainsFunc(out, func(o statement) bool { return o.subject == t.subject && find(base, o) < 0 }) {
			return nil, false // both brought the same subject, differently
		}
		out = append(out, t)
	}
	var b bytes.Buffer
	for i, s := range out {
		if n := b.Len(); i > 0 && n > 0 && b.Bytes()[n-1] != '\n' {
			return nil, false
		}
		b.WriteString(s.text)
	}
	return b.Bytes(), true
}

// statement is one with the comments and empty lines above it.
type statement struct {
	text string
	// key is the statement without white space, subject what it imports or adds.
	key, subject string
}

// statements splits a text into statements whose order does not matter; false where
// there is anything else.
func statements(text []byte) ([]statement, bool) {
	var out []statement
	var now strings.Builder
	var code strings.Builder
	for line := range strings.Lines(string(text)) {
		now.WriteString(line)
		l := strings.TrimSpace(line)
		if code.Len() == 0 {
			if l == "" || strings.HasPrefix(l, "//") {
				continue
			}
			if !strings.HasPrefix(l, "import ") && !strings.HasPrefix(l, "backend.add(") {
				return nil, false
			}
		}
		code.WriteString(l)
		if !strings.HasSuffix(l, ";") {
			continue
		}
		key := strings.Join(strings.Fields(code.String()), "")
		subject := quoted(key)
		if subject == "" {
			subject = key
		}
		out = append(out, statement{now.String(), key, subject})
		now.Reset()
		code.Reset()
	}
	if code.Len() > 0 {
		return nil, false
	}
	if now.Len() > 0 && strings.TrimSpace(now.String()) != "" {
		return nil, false // comments that belong to what follows
	}
	if now.Len() > 0 && len(out) > 0 {
		out[len(out)-1].text += now.String()
	}
	return out, true
}

// quoted is the last text in quotes.
func quoted(s string) string {
	end := strings.LastIndexAny(s, `'"`)
	if end < 0 {
		return ""
	}
	start := strings.LastIndexAny(s[:end], `'"`)
	if start < 0 {
		return ""
	}
	return s[start+1 : end]
}
