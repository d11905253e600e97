package diff3

// Change says that items [A, A+ALen) of one list became [B, B+BLen) of another.
// Either may be empty.
type Change struct{ A, ALen, B, BLen int }

// side is one of the two texts that are compared: lines as numbers, equal lines
// having equal ones, and which of them are not in the other text. There is room
// before the first and after the last mark, both false, as there is in the text
// of the slides below.
type side struct {
	lines   []int
	changed []bool // of line i at i+1
}

func newSide(lines []int) *side { return &side{lines, make([]bool, len(lines)+2)} }

func (s *side) is(i int) bool       { return s.changed[i+1] }
func (s *side) mark(i int, on bool) { s.changed[i+1] = on }

// diff is what turns a into b, in order: Myers' algorithm from both ends at once
// (An O(ND) Difference Algorithm and Its Variations, 1986), with the preparation
// and the placing of runs that git has, so that merges come out as git's do.
func diff(a, b []int) []Change {
	x, y := newSide(a), newSide(b)
	compare(x, y)
	compact(x, y)
	compact(y, x)
	var out []Change
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		c := Change{A: i, B: j}
		for i < len(a) && x.is(i) {
			i++
		}
		for j < len(b) && y.is(j) {
			j++
		}
		if c.ALen, c.BLen = i-c.A, j-c.B; c.ALen+c.BLen > 0 {
			out = append(out, c)
			continue
		}
		i, j = i+1, j+1
	}
	return out
}

// compare marks what differs. Lines that begin or end both texts, and those that
// the other text does not have, need no search.
func compare(x, y *side) {
	start, n, m := 0, len(x.lines), len(y.lines)
	for start < n && start < m && x.lines[start] == y.lines[start] {
		start++
	}
	for n > start && m > start && x.lines[n-1] == y.lines[m-1] {
		n, m = n-1, m-1
	}
	inX, inY := count(x.lines), count(y.lines)
	s := &search{x: x, y: y}
	s.a, s.aAt = rest(x, start, n, inY)
	s.b, s.bAt = rest(y, start, m, inX)
	diagonals := len(s.a) + len(s.b) + 3
	s.forward, s.backward = make([]int, 2*diagonals+4), make([]int, 2*diagonals+4)
	s.zero = len(s.b) + 2
	s.most = max(roughRoot(diagonals), 256)
	s.split(0, len(s.a), 0, len(s.b), false)
}

func count(lines []int) map[int]int {
	out := make(map[int]int, len(lines))
	for _, l := range lines {
		out[l]++
	}
	return out
}

// roughRoot is a power of two about the square root of n.
func roughRoot(n int) int {
	out := 1
	for ; n > 0; n >>= 2 {
		out <<= 1
	}
	return out
}

const (
	missing = iota
	once    // or a few times
	often
)

// rest are the lines from start up to end that are worth a search, and where they
// are. Lines that the other text lacks are marked. So are those that it has very
// often, such as a lone brace, in the midst of lines that it lacks.
func rest(s *side, start, end int, other map[int]int) (lines, at []int) {
	limit := min(roughRoot(len(s.lines)), 1024)
	kinds := make([]uint8, end)
	for i := start; i < end; i++ {
		switch n := other[s.lines[i]]; {
		case n == 0:
			kinds[i] = missing
		case n >= limit:
			kinds[i] = often
		default:
			kinds[i] = once
		}
	}
	for i := start; i < end; i++ {
		if kinds[i] == once || kinds[i] == often && !amidst(kinds, i, start, end) {
			lines, at = append(lines, s.lines[i]), append(at, i)
			continue
		}
		s.mark(i, true)
	}
	return lines, at
}

// amidst reports whether line i lies among lines that are missing on both its sides,
// most of them so.
func amidst(kinds []uint8, i, start, end int) bool {
	const window = 100
	start, end = max(start, i-window), min(end-1, i+window)
	look := func(step int) (missed, common int) {
		for j := i + step; j >= start && j <= end && kinds[j] != once; j += step {
			if kinds[j] == missing {
				missed++
			} else {
				common++
			}
		}
		return missed, common
	}
	before, commonBefore := look(-1)
	after, commonAfter := look(1)
	if before == 0 || after == 0 {
		return false
	}
	common := commonBefore + commonAfter + 2
	return common*4 < common+before+after
}

// search finds a shortest way from a to b. The two vectors hold, for each diagonal
// (line of a minus line of b), how far the ways from either end have come.
type search struct {
	x, y              *side
	a, aAt, b, bAt    []int
	forward, backward []int
	zero, most        int
}

func (s *search) split(a0, a1, b0, b1 int, shortest bool) {
	for a0 < a1 && b0 < b1 && s.a[a0] == s.b[b0] {
		a0, b0 = a0+1, b0+1
	}
	for a0 < a1 && b0 < b1 && s.a[a1-1] == s.b[b1-1] {
		a1, b1 = a1-1, b1-1
	}
	switch {
	case a0 == a1:
		for ; b0 < b1; b0++ {
			s.y.mark(s.bAt[b0], true)
		}
	case b0 == b1:
		for ; a0 < a1; a0++ {
			s.x.mark(s.aAt[a0], true)
		}
	default:
		a, b, low, high := s.meet(a0, a1, b0, b1, shortest)
		s.split(a0, a, b0, b, low)
		s.split(a, a1, b, b1, high)
	}
}

const (
	before = -1
	beyond = 1 << 60
)

// meet is a point where the ways from both ends of the box meet. Where they would
// have to become too long for that, it is the farthest point that either came to,
// and the part behind which the way is known to be shortest is told.
func (s *search) meet(a0, a1, b0, b1 int, shortest bool) (a, b int, low, high bool) {
	least, greatest := a0-b1, a1-b0
	f, g := a0-b0, a1-b1 // the diagonals of the corners
	odd := (f-g)&1 != 0
	fLow, fHigh, gLow, gHigh := f, f, g, g
	fw := func(d int) *int { return &s.forward[s.zero+d] }
	bw := func(d int) *int { return &s.backward[s.zero+d] }
	*fw(f), *bw(g) = a0, a1
	for cost := 1; ; cost++ {
		if fLow > least {
			fLow--
			*fw(fLow - 1) = before
		} else {
			fLow++
		}
		if fHigh < greatest {
			fHigh++
			*fw(fHigh + 1) = before
		} else {
			fHigh--
		}
		for d := fHigh; d >= fLow; d -= 2 {
			i := *fw(d + 1)
			if from := *fw(d - 1); from >= i {
				i = from + 1
			}
			j := i - d
			for i < a1 && j < b1 && s.a[i] == s.b[j] {
				i, j = i+1, j+1
			}
			*fw(d) = i
			if odd && gLow <= d && d <= gHigh && *bw(d) <= i {
				return i, j, true, true
			}
		}
		if gLow > least {
			gLow--
			*bw(gLow - 1) = beyond
		} else {
			gLow++
		}
		if gHigh < greatest {
			gHigh++
			*bw(gHigh + 1) = beyond
		} else {
			gHigh--
		}
		for d := gHigh; d >= gLow; d -= 2 {
			i := *bw(d + 1) - 1
			if from := *bw(d - 1); from <= i {
				i = from
			}
			j := i - d
			for i > a0 && j > b0 && s.a[i-1] == s.b[j-1] {
				i, j = i-1, j-1
			}
			*bw(d) = i
			if !odd && fLow <= d && d <= fHigh && i <= *fw(d) {
				return i, j, true, true
			}
		}
		if !shortest && cost >= s.most {
			return s.farthest(a0, a1, b0, b1, [4]int{fLow, fHigh, gLow, gHigh})
		}
	}
}

func (s *search) farthest(a0, a1, b0, b1 int, at [4]int) (a, b int, low, high bool) {
	most, mostA := -1, 0
	for d := at[1]; d >= at[0]; d -= 2 {
		i := min(s.forward[s.zero+d], a1)
		j := i - d
		if j > b1 {
			i, j = b1+d, b1
		}
		if most < i+j {
			most, mostA = i+j, i
		}
	}
	least, leastA := beyond, 0
	for d := at[3]; d >= at[2]; d -= 2 {
		i := max(s.backward[s.zero+d], a0)
		j := i - d
		if j < b0 {
			i, j = b0+d, b0
		}
		if i+j < least {
			least, leastA = i+j, i
		}
	}
	if a1+b1-least < most-(a0+b0) {
		return mostA, most - mostA, true, false
	}
	return leastA, least - leastA, false, true
}
