package semrange

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"
)

type op uint8

const (
	opAny op = iota
	opEQ
	opLT
	opLE
	opGT
	opGE
	opCaret // of terms alone: a comparator has none of these two
	opTilde
)

// Flags of a comparator.
const (
	// last closes a comparator set.
	last uint8 = 1 << iota
	// floor: with includePrerelease the version is M.m.p-0, the lowest
	// prerelease.
	floor
	// defOnly and preOnly: the comparator exists in that mode only.
	defOnly
	preOnly
)

type comparator struct {
	version
	op    op
	flags uint8
}

// version is what node-semver compares; build metadata never counts.
type version struct {
	major, minor, patch uint64
	pre                 string
}

func versionOf(v *semver.Version) version {
	return version{v.Major(), v.Minor(), v.Patch(), v.Prerelease()}
}

// Compare orders two versions as node-semver does: -1, 0 or 1. Build metadata
// is ignored.
func Compare(a, b *semver.Version) int {
	va, vb := versionOf(a), versionOf(b)
	return compare(&va, &vb)
}

func (c *comparator) sameCore(v version) bool {
	return c.op != opAny && c.major == v.major && c.minor == v.minor && c.patch == v.patch
}

// test compares v with the comparator, whose prerelease is taken to be pre.
func (c *comparator) test(v version, pre string) bool {
	if c.op == opAny {
		return true
	}
	w := c.version
	w.pre = pre
	d := compare(&v, &w)
	switch c.op {
	case opLT:
		return d < 0
	case opLE:
		return d <= 0
	case opGT:
		return d > 0
	case opGE:
		return d >= 0
	default:
		return d == 0
	}
}

func compare(a, b *version) int {
	switch {
	case a.major != b.major:
		return cmp.Compare(a.major, b.major)
	case a.minor != b.minor:
		return cmp.Compare(a.minor, b.minor)
	case a.patch != b.patch:
		return cmp.Compare(a.patch, b.patch)
	case a.pre == b.pre:
		return 0
	case a.pre == "":
		return 1
	case b.pre == "":
		return -1
	default:
		return comparePre(a.pre, b.pre)
	}
}

// comparePre orders two different, non-empty prereleases: identifier by
// identifier, numbers before words, and the one that ends first is lower.
func comparePre(a, b string) int {
	for {
		x, restA, moreA := strings.Cut(a, ".")
		y, restB, moreB := strings.Cut(b, ".")
		if x != y {
			return compareIdentifier(x, y)
		}
		switch {
		case !moreA && !moreB:
			return 0
		case !moreA:
			return -1
		case !moreB:
			return 1
		}
		a, b = restA, restB
	}
}

func compareIdentifier(x, y string) int {
	nx, ny := isDigits(x), isDigits(y)
	switch {
	case nx && !ny:
		return -1
	case !nx && ny:
		return 1
	case !nx:
		return strings.Compare(x, y)
	}
	if len(x) <= 15 && len(y) <= 15 {
		if len(x) != len(y) { // no leading zeros in a valid version
			return cmp.Compare(len(x), len(y))
		}
		return strings.Compare(x, y)
	}
	// JavaScript compares numbers above 2^53 as doubles: neighbours are equal,
	// and then node-semver looks at nothing behind them.
	fx, _ := strconv.ParseFloat(x, 64)
	fy, _ := strconv.ParseFloat(y, 64)
	return cmp.Compare(fx, fy)
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}
