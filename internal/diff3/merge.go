// Package diff3 merges two texts that come from one, line by line, as
// `git merge-file --diff3` does: the same lines are taken, the same lines conflict.
// Its test has git itself as the judge.
package diff3

import (
	"bytes"
	"slices"
)

// Piece is a part of a merge: lines that both have or that one side changed, or a
// conflict.
type Piece struct {
	// Text are the lines of a part that is not a conflict.
	Text []byte
	// Conflict says that both sides changed the same lines of the base, or lines
	// next to each other, and differently: Ours, Base and Theirs.
	Conflict           bool
	Ours, Base, Theirs []byte
	// Line is the first line of the part in ours, from 1.
	Line int
}

// Merge gives the parts of the merge, in order. A text that has no line end at its
// end keeps that.
func Merge(base, ours, theirs []byte) []Piece {
	if bytes.Equal(base, theirs) || bytes.Equal(ours, theirs) {
		return pieces(Piece{Text: ours, Line: 1})
	}
	if bytes.Equal(base, ours) {
		return pieces(Piece{Text: theirs, Line: 1})
	}
	n := numbering{}
	b, o, t := split(base), split(ours), split(theirs)
	nb, no, nt := number(n, b), number(n, o), number(n, t)
	m := merger{ours: no, theirs: nt}
	m.regions(diff(nb, no), diff(nb, nt))
	var out []Piece
	at := 0
	for _, r := range m.list {
		text := bytes.Join(o[at:r.ours], nil)
		switch r.from {
		case fromOurs:
			text = bytes.Join(o[at:r.ours+r.oursLen], nil)
			out = append(out, pieces(Piece{Text: text, Line: at + 1})...)
		case fromTheirs:
			out = append(out, pieces(Piece{Text: text, Line: at + 1})...)
			out = append(out, pieces(Piece{Text: bytes.Join(t[r.theirs:r.theirs+r.theirsLen], nil), Line: r.ours + 1})...)
		default:
			out = append(out, pieces(Piece{Text: text, Line: at + 1})...)
			out = append(out, Piece{Conflict: true, Line: r.ours + 1,
				Ours:   bytes.Join(o[r.ours:r.ours+r.oursLen], nil),
				Base:   bytes.Join(b[r.base:r.base+r.baseLen], nil),
				Theirs: bytes.Join(t[r.theirs:r.theirs+r.theirsLen], nil)})
		}
		at = r.ours + r.oursLen
	}
	return append(out, pieces(Piece{Text: bytes.Join(o[at:], nil), Line: at + 1})...)
}

func pieces(p Piece) []Piece {
	if len(p.Text) == 0 {
		return nil
	}
	return []Piece{p}
}

// numbering gives equal lines equal numbers.
type numbering map[string]int

// number is lines as their numbers.
func number[T string | []byte](n numbering, lines []T) []int {
	out := make([]int, len(lines))
	for i, l := range lines {
		at, ok := n[string(l)]
		if !ok {
			at = len(n)
			n[string(l)] = at
		}
		out[i] = at
	}
	return out
}

// split are the lines with their ends.
func split(text []byte) [][]byte { return slices.Collect(bytes.Lines(text)) }

const (
	conflict = iota
	fromOurs
	fromTheirs
)

// region is where the result is not simply what ours has and neither changed.
type region struct {
	from              int
	base, baseLen     int
	ours, oursLen     int
	theirs, theirsLen int
}

type merger struct {
	ours, theirs []int
	list         []region
}

// regions walks both lists of changes side by side. Changes that touch, even at
// their ends, conflict, but for those that are the same.
func (m *merger) regions(ours, theirs []Change) {
	oShift, tShift := 0, 0 // of lines of the base, behind the last change
	for len(ours) > 0 || len(theirs) > 0 {
		switch {
		case len(theirs) == 0 || len(ours) > 0 && ours[0].A+ours[0].ALen < theirs[0].A:
			c := ours[0]
			m.add(region{fromOurs, c.A, c.ALen, c.B, c.BLen, c.A + tShift, c.ALen})
			ours, oShift = ours[1:], c.B+c.BLen-c.A-c.ALen
		case len(ours) == 0 || theirs[0].A+theirs[0].ALen < ours[0].A:
			c := theirs[0]
			m.add(region{fromTheirs, c.A, c.ALen, c.A + oShift, c.ALen, c.B, c.BLen})
			theirs, tShift = theirs[1:], c.B+c.BLen-c.A-c.ALen
		default:
			o, t := ours[0], theirs[0]
			if !m.same(o, t) {
				start, end := min(o.A, t.A), max(o.A+o.ALen, t.A+t.ALen)
				oStart, tStart := o.B-(o.A-start), t.B-(t.A-start)
				m.add(region{conflict, start, end - start,
					oStart, o.B + o.BLen + end - (o.A + o.ALen) - oStart,
					tStart, t.B + t.BLen + end - (t.A + t.ALen) - tStart})
			}
			oEnd, tEnd := o.A+o.ALen, t.A+t.ALen
			if oEnd >= tEnd {
				theirs, tShift = theirs[1:], t.B+t.BLen-tEnd
			}
			if tEnd >= oEnd {
				ours, oShift = ours[1:], o.B+o.BLen-oEnd
			}
		}
	}
}

func (m *merger) same(o, t Change) bool {
	return o.A == t.A && o.ALen == t.ALen && slices.Equal(m.ours[o.B:o.B+o.BLen], m.theirs[t.B:t.B+t.BLen])
}

// add adds a region; one that touches the one before becomes part of it.
func (m *merger) add(r region) {
	if n := len(m.list); n > 0 {
		last := &m.list[n-1]
		if r.ours <= last.ours+last.oursLen || r.theirs <= last.theirs+last.theirsLen {
			if r.from != last.from {
				last.from = conflict
			}
			last.baseLen = r.base + r.baseLen - last.base
			last.oursLen = r.ours + r.oursLen - last.ours
			last.theirsLen = r.theirs + r.theirsLen - last.theirs
			return
		}
	}
	m.list = append(m.list, r)
}

// Labels name the sides of a conflict in a text.
type Labels struct{ Ours, Base, Theirs string }

// Text is the merge as one text, conflicts between markers as git writes them, with
// the line ends that the conflict's lines have.
func Text(parts []Piece, l Labels) []byte {
	var b bytes.Buffer
	for _, p := range parts {
		if !p.Conflict {
			b.Write(p.Text)
			continue
		}
		end := "\n"
		if crlf(p) {
			end = "\r\n"
		}
		marker := func(sign, label string) {
			b.WriteString(sign)
			if label != "" {
				b.WriteString(" " + label)
			}
			b.WriteString(end)
		}
		side := func(text []byte) {
			b.Write(text)
			if n := len(text); n > 0 && text[n-1] != '\n' {
				b.WriteString(end)
			}
		}
		marker("<<<<<<<", l.Ours)
		side(p.Ours)
		marker("|||||||", l.Base)
		side(p.Base)
		marker("=======", "")
		side(p.Theirs)
		marker(">>>>>>>", l.Theirs)
	}
	return b.Bytes()
}

func crlf(p Piece) bool {
	for _, text := range [][]byte{p.Ours, p.Base, p.Theirs} {
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			return i > 0 && text[i-1] == '\r'
		}
	}
	return false
}

// Changes are what turns one list of texts into another, in order.
func Changes(a, b []string) []Change {
	n := numbering{}
	return diff(number(n, a), number(n, b))
}
