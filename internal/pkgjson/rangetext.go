package pkgjson

import (
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// comparator is one term of a range with its spelling: "^1.2", ">= v1.0.0".
type comparator struct {
	op    string // "", "^", "~", "~>", ">=", ">", "<=", "<", "="
	gap   string // white space, "v" and "=" between operator and numbers
	parts []string
	known int // leading parts that are numbers; the others are x, X or *
	nums  [3]uint64
	pre   string
	build string
}

// comparatorSet is a range without "||".
type comparatorSet struct {
	lead        string
	comparators []comparator
	seps        []string // between the comparators
	trail       string
	hyphen      bool // "a - b"
}

// String is the set as written.
func (s comparatorSet) String() string {
	var b strings.Builder
	b.WriteString(s.lead)
	for i, c := range s.comparators {
		if i > 0 {
			b.WriteString(s.seps[i-1])
		}
		b.WriteString(c.String())
	}
	b.WriteString(s.trail)
	return b.String()
}

// String is the comparator as written.
func (c comparator) String() string {
	s := c.op + c.gap + strings.Join(c.parts, ".")
	if c.pre != "" {
		s += "-" + c.pre
	}
	if c.build != "" {
		s += "+" + c.build
	}
	return s
}

// parseSet splits a range that semrange has accepted. It gives up on spellings
// that nobody writes by hand: the caller then leaves the range alone.
func parseSet(text string) (comparatorSet, bool) {
	var set comparatorSet
	set.lead, text = cutSpace(text)
	for text != "" {
		c, rest, ok := parseComparator(text)
		if !ok {
			return set, false
		}
		set.comparators = append(set.comparators, c)
		sep, rest := cutSpace(rest)
		if rest == "" {
			set.trail = sep
			break
		}
		if sep == "" {
			return set, false
		}
		if after, isHyphen := strings.CutPrefix(rest, "-"); isHyphen {
			space, after := cutSpace(after)
			if space == "" || set.hyphen || len(set.comparators) != 1 {
				return set, false
			}
			set.hyphen, sep, rest = true, sep+"-"+space, after
		}
		set.seps, text = append(set.seps, sep), rest
	}
	n := len(set.comparators)
	if n == 0 || (set.hyphen && (n != 2 || set.comparators[0].op+set.comparators[1].op != "")) {
		return set, false
	}
	return set, true
}

// end is the upper bound of a span whose last version is named.
func (s comparatorSet) end() (c comparator, ok bool) {
	for i, c := range s.comparators {
		if c.op == "<=" || (s.hyphen && i == 1) {
			return c, true
		}
	}
	return c, false
}

var operators = [...]string{"^", "~>", "~", ">=", "<=", ">", "<", "="}

func parseComparator(s string) (c comparator, rest string, ok bool) {
	for _, op := range operators {
		if after, found := strings.CutPrefix(s, op); found {
			c.op, s = op, after
			break
		}
	}
	n := len(s) - len(strings.TrimLeft(s, "v= \t"))
	c.gap, s = s[:n], s[n:]
	for {
		part := s[:wordLen(s, false)]
		num, err := strconv.ParseUint(part, 10, 64)
		switch {
		case err == nil && c.known == len(c.parts):
			c.nums[c.known] = num
			c.known++
		case part != "x" && part != "X" && part != "*":
			return c, s, false
		}
		c.parts = append(c.parts, part)
		s = s[len(part):]
		if len(c.parts) == 3 || !strings.HasPrefix(s, ".") {
			break
		}
		s = s[1:]
	}
	if after, found := strings.CutPrefix(s, "-"); found {
		n := wordLen(after, true)
		c.pre, s = after[:n], after[n:]
	}
	if after, found := strings.CutPrefix(s, "+"); found {
		n := wordLen(after, true)
		c.build, s = after[:n], after[n:]
	}
	return c, s, true
}

// wordLen is the length of the number or x at the start of s, or with dots that
// of a prerelease.
func wordLen(s string, dots bool) int {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case '0' <= c && c <= '9', isLetter(c), c == '*' && !dots, dots && (c == '.' || c == '-'):
		default:
			return i
		}
	}
	return len(s)
}

func cutSpace(s string) (space, rest string) {
	n := len(s) - len(strings.TrimLeft(s, " \t\r\n"))
	return s[:n], s[n:]
}

// pins reports whether the comparator names one line of versions by itself.
func (c comparator) pins() bool {
	switch c.op {
	case "<", "<=", ">", ">=":
		return false
	default:
		return true
	}
}

// min is the lowest version that a lower bound admits (or, of a full ">", the
// one that it just does not).
func (c comparator) min() *semver.Version {
	if c.op == ">" && c.known < 3 {
		return c.after()
	}
	return semver.New(c.nums[0], c.nums[1], c.nums[2], c.pre, "")
}

// limit is the first version above an upper bound, prereleases apart.
func (c comparator) limit() *semver.Version {
	if c.op == "<" {
		return semver.New(c.nums[0], c.nums[1], c.nums[2], "", "")
	}
	return c.after()
}

// after is the first version behind all that the numbers stand for.
func (c comparator) after() *semver.Version {
	n := c.nums
	switch c.known {
	case 0:
	case 1:
		n = [3]uint64{n[0] + 1, 0, 0}
	case 2:
		n = [3]uint64{n[0], n[1] + 1, 0}
	default:
		n[2]++
	}
	return semver.New(n[0], n[1], n[2], "", "")
}

// moved is the comparator at version to, in its own precision. A prerelease
// does not fit into a partial one: that is then written in full.
func (c comparator) moved(to *semver.Version) comparator {
	if c.known == 0 {
		return c
	}
	if c.op == ">" {
		c.op = ">=" // or the target itself would be out
	}
	if c.known == 3 || to.Prerelease() != "" {
		if c.known < 3 && (c.op == "" || c.op == "=") && to.Prerelease() != "" {
			c.op, c.gap = [...]string{1: "^", 2: "~"}[c.known], ""
		}
		return c.at(to.Major(), to.Minor(), to.Patch(), to.Prerelease(), 3)
	}
	return c.at(to.Major(), to.Minor(), to.Patch(), "", c.known)
}

// beyond is an upper bound "<" moved past to, by a step of the bound's size.
func (c comparator) beyond(to *semver.Version) comparator {
	pre := ""
	if c.pre == "0" { // "<2.0.0-0" keeps the prereleases of 2.0.0 out
		pre = "0"
	}
	next := [3]uint64{to.Major() + 1, 0, 0}
	switch {
	case c.known == 3 && c.nums[2] != 0:
		next = [3]uint64{to.Major(), to.Minor(), to.Patch() + 1}
	case c.known >= 2 && c.nums[1] != 0 && (c.nums[0] != 0 || to.Major() == 0),
		c.known >= 2 && to.Major() == 0:
		next = [3]uint64{to.Major(), to.Minor() + 1, 0}
	}
	return c.at(next[0], next[1], next[2], pre, c.known)
}

// at is the comparator with other numbers, known of them written.
func (c comparator) at(major, minor, patch uint64, pre string, known int) comparator {
	c.nums, c.pre, c.build = [3]uint64{major, minor, patch}, pre, ""
	parts := append([]string(nil), c.parts...)
	for len(parts) < known {
		parts = append(parts, "")
	}
	for i := range known {
		parts[i] = strconv.FormatUint(c.nums[i], 10)
	}
	c.parts, c.known = parts, known
	return c
}

// full is a version without build metadata.
func full(v *semver.Version) string {
	if v.Metadata() == "" {
		return v.String()
	}
	return semver.New(v.Major(), v.Minor(), v.Patch(), v.Prerelease(), "").String()
}

// core is v without prerelease and build metadata.
func core(v *semver.Version) *semver.Version {
	return semver.New(v.Major(), v.Minor(), v.Patch(), "", "")
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
