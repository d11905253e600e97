package diff3

// A run of changed lines can often stand in several places: where the line before it
// is the same as its last one, it can be moved up, and down likewise. compact moves
// each run of x as far down as it goes, or, if there is one, to the last place where
// it stands beside a run of y; runs that meet become one. So git does it, and a merge
// that does otherwise finds other conflicts.
func compact(x, y *side) {
	g, o := x.first(), y.first()
	for {
		if g.start != g.end {
			place(x, y, &g, &o)
		}
		if !x.next(&g) {
			return
		}
		y.next(&o)
	}
}

func place(x, y *side, g, o *run) {
	var top, beside int
	for {
		size := g.end - g.start
		beside = -1
		for x.up(g) {
			y.previous(o)
		}
		top = g.end
		if o.start != o.end {
			beside = g.end
		}
		for x.down(g) {
			y.next(o)
			if o.start != o.end {
				beside = g.end
			}
		}
		if size == g.end-g.start {
			break
		}
	}
	if g.end == top || beside < 0 {
		return
	}
	for o.start == o.end && x.up(g) {
		y.previous(o)
	}
}

// run is a run of changed lines, or an empty one between two lines that are not.
type run struct{ start, end int }

func (s *side) first() run {
	r := run{}
	for s.is(r.end) {
		r.end++
	}
	return r
}

func (s *side) next(r *run) bool {
	if r.end == len(s.lines) {
		return false
	}
	r.start = r.end + 1
	for r.end = r.start; s.is(r.end); r.end++ {
	}
	return true
}

func (s *side) previous(r *run) bool {
	if r.start == 0 {
		return false
	}
	r.end = r.start - 1
	for r.start = r.end; s.is(r.start - 1); r.start-- {
	}
	return true
}

func (s *side) up(r *run) bool {
	if r.start == 0 || s.lines[r.start-1] != s.lines[r.end-1] {
		return false
	}
	r.start, r.end = r.start-1, r.end-1
	s.mark(r.start, true)
	s.mark(r.end, false)
	for s.is(r.start - 1) {
		r.start--
	}
	return true
}

func (s *side) down(r *run) bool {
	if r.end == len(s.lines) || s.lines[r.start] != s.lines[r.end] {
		return false
	}
	s.mark(r.start, false)
	s.mark(r.end, true)
	r.start, r.end = r.start+1, r.end+1
	for s.is(r.end) {
		r.end++
	}
	return true
}
