package pkgjson

import (
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/semrange"
)

// comparator is one term of a range.
type comparator struct{ semrange.Term }

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

// parseSet splits a range that semrange has accepted. It gives up on spellings
// that nobody writes by hand: the caller then leaves the range alone.
func parseSet(text string) (comparatorSet, bool) {
	var set comparatorSet
	set.lead, text = cutSpace(text)
	for text != "" {
		term, rest, ok := semrange.CutTerm(text)
		if !ok {
			return set, false
		}
		set.comparators = append(set.comparators, comparator{term})
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
	if n == 0 || (set.hyphen && (n != 2 || set.comparators[0].Op+set.comparators[1].Op != "")) {
		return set, false
	}
	return set, true
}

// end is the upper bound of a span whose last version is named.
func (s comparatorSet) end() (c comparator, ok bool) {
	for i, c := range s.comparators {
		if c.Op == "<=" || (s.hyphen && i == 1) {
			return c, true
		}
	}
	return c, false
}

func cutSpace(s string) (space, rest string) {
	n := len(s) - len(strings.TrimLeft(s, " \t\r\n"))
	return s[:n], s[n:]
}

// pins reports whether the comparator names one line of versions by itself.
func (c comparator) pins() bool {
	switch c.Op {
	case "<", "<=", ">", ">=":
		return false
	default:
		return true
	}
}

// min is the lowest version that a lower bound admits (or, of a full ">", the
// one that it just does not).
func (c comparator) min() *semver.Version {
	if c.Op == ">" && c.Known < 3 {
		return c.after()
	}
	return semver.New(c.Nums[0], c.Nums[1], c.Nums[2], c.Pre, "")
}

// limit is the first version above an upper bound, prereleases apart.
func (c comparator) limit() *semver.Version {
	if c.Op == "<" {
		return semver.New(c.Nums[0], c.Nums[1], c.Nums[2], "", "")
	}
	return c.after()
}

// after is the first version behind all that the numbers stand for.
func (c comparator) after() *semver.Version {
	n := c.Nums
	switch c.Known {
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
	if c.Known == 0 {
		return c
	}
	if c.Op == ">" {
		c.Op = ">=" // or the target itself would be out
	}
	if c.Known == 3 || to.Prerelease() != "" {
		if c.Known < 3 && (c.Op == "" || c.Op == "=") && to.Prerelease() != "" {
			c.Op, c.Gap = [...]string{1: "^", 2: "~"}[c.Known], ""
		}
		return c.at(to.Major(), to.Minor(), to.Patch(), to.Prerelease(), 3)
	}
	return c.at(to.Major(), to.Minor(), to.Patch(), "", c.Known)
}

// beyond is an upper bound "<" moved past to, by a step of the bound's size.
func (c comparator) beyond(to *semver.Version) comparator {
	pre := ""
	if c.Pre == "0" { // "<2.0.0-0" keeps the prereleases of 2.0.0 out
		pre = "0"
	}
	next := [3]uint64{to.Major() + 1, 0, 0}
	switch {
	case c.Known == 3 && c.Nums[2] != 0:
		next = [3]uint64{to.Major(), to.Minor(), to.Patch() + 1}
	case c.Known >= 2 && c.Nums[1] != 0 && (c.Nums[0] != 0 || to.Major() == 0),
		c.Known >= 2 && to.Major() == 0:
		next = [3]uint64{to.Major(), to.Minor() + 1, 0}
	}
	return c.at(next[0], next[1], next[2], pre, c.Known)
}

// at is the comparator with other numbers, known of them written.
func (c comparator) at(major, minor, patch uint64, pre string, known int) comparator {
	c.Nums, c.Pre, c.Build = [3]uint64{major, minor, patch}, pre, ""
	parts := append([]string(nil), c.Parts...)
	for len(parts) < known {
		parts = append(parts, "")
	}
	for i := range known {
		parts[i] = strconv.FormatUint(c.Nums[i], 10)
	}
	c.Parts, c.Known = parts, known
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
