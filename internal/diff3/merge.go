// Package diff3 merges two texts that come from one, line by line, as
// `git merge-file --diff3` does: the same lines are taken, the same lines conflict.
// Its test has git itself as the judge.
package diff3

import "bytes"

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
	nb, no, nt := n.of(b), n.of(o), n.of(t)
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

func (n numbering) of(lines [][]byte) []int {
	out := make([]int, len(lines))
	for i, l := range lines {
		out[i] = n.one(string(l))
	}
	return out
}

func (n numbering) one(text string) int {
	at, ok := n[text]
	if !ok {
		at = len(n)
		n[text] = at
	}
	return at
}

// split are the lines with their ends.
func split(text []byte) [][]byte {
	var out [][]byte
	for len(text) > 0 {
		n := bytes.IndexByte(text, '\n') + 1
		if n == 0 {
			n = len(text)
		}
		out = append(out, text[:n:n])
		text = text[n:]
	}
	return out
}

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
func (m *merger) regions(ours, theirs []change) {
	oShift, tShift := 0, 0 // of lines of the base, behind the last change
	for len(ours) > 0 || len(theirs) > 0 {
		switch {
		case len(theirs) == 0 || len(ours) > 0 && ours[0].a+ours[0].aLen < theirs[0].a:
			c := ours[0]
			m.add(region{fromOurs, c.a, c.aLen, c.b, c.bLen, c.a + tShift, c.aLen})
			ours, oShift = ours[1:], c.b+c.bLen-c.a-c.aLen
		case len(ours) == 0 || theirs[0].a+theirs[0].aLen < ours[0].a:
			c := theirs[0]
			m.add(region{fromTheirs, c.a, c.aLen, c.a + oShift, c.aLen, c.b, c.bLen})
			theirs, tShift = theirs[1:], c.b+c.bLen-c.a-c.aLen
		default:
			o, t := ours[0], theirs[0]
			if !m.same(o, t) {
				start, end := min(o.a, t.a), max(o.a+o.aLen, t.a+t.aLen)
				oStart, tStart := o.b-(o.a-start), t.b-(t.a-start)
				m.add(region{conflict, start, end - start,
					oStart, o.b + o.bLen + end - (o.a + o.aLen) - oStart,
					tStart, t.b + t.bLen + end - (t.a + t.aLen) - tStart})
			}
			oEnd, tEnd := o.a+o.aLen, t.a+t.aLen
			if oEnd >= tEnd {
				theirs, tShift = theirs[1:], t.b+t.bLen-tEnd
			}
			if tEnd >= oEnd {
				ours, oShift = ours[1:], o.b+o.bLen-oEnd
			}
		}
	}
}

func (m *merger) same(o, t change) bool {
	if o.a != t.a || o.aLen != t.aLen || o.bLen != t.bLen {
		return false
	}
	for i := range o.bLen {
		if m.ours[o.b+i] != m.theirs[t.b+i] {
			return false
		}
	}
	return true
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

// Change says that items [A, A+ALen) of one list became [B, B+BLen) of another.
type Change struct{ A, ALen, B, BLen int }

// Changes are what turns one list of texts into another, in order.
func Changes(a, b []string) []Change {
	n := numbering{}
	number := func(list []string) []int {
		out := make([]int, len(list))
		for i, s := range list {
			out[i] = n.one(s)
		}
		return out
	}
	var out []Change
	for _, c := range diff(number(a), number(b)) {
		out = append(out, Change{c.a, c.aLen, c.b, c.bLen})
	}
	return out
}
