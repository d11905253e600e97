// Package semrange decides whether a version is in an npm range, exactly as
// node-semver 7.8.6 (what npm and Yarn run) does. Versions are parsed and held
// by Masterminds/semver; its own constraints are not used, because they answer
// differently from node-semver for about one pair in ten.
//
// Ranges are read in node-semver's strict mode. Yarn does so everywhere
// (semverUtils.validRange and satisfiesWithPrereleases both leave loose off);
// npm reads some specs in loose mode, which only adds ranges such as
// "1.2.3beta" that Yarn would treat as a dist-tag.
//
// How a range is read (the names are node-semver's): split at "||", trim,
// drop build metadata, rewrite "a - b" (hyphen), join an operator with the
// version behind it, then desugar each token into comparators.
package semrange

import (
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// Range is a parsed npm range. The zero Range matches nothing; make one with
// Parse. Ranges are immutable and cheap to copy.
type Range struct {
	raw string
	// comps holds every comparator set behind one another; a set ends where
	// the comparator has the last flag.
	comps []comparator
	// any: one of the sets is node-semver's ANY, which makes it drop all
	// others, even such that would have admitted a prerelease.
	any bool
	// preInvalid: node-semver refuses the range when includePrerelease is on.
	preInvalid bool
}

// syntaxError says that a text is not a version or not a range.
type syntaxError struct {
	Text string
	what string
}

func (e *syntaxError) Error() string {
	t := e.Text
	if len(t) > 80 {
		t = t[:77] + "..."
	}
	return strconv.Quote(t) + " is not a valid npm " + e.what
}

// Parse reads an npm range as new Range(s) of node-semver does. Dist-tags,
// protocols ("workspace:^", "npm:x@1") and loose forms ("1.2.3beta", "=>1")
// are errors of type *syntaxError.
//
// A range that is valid only with includePrerelease ("1.2.3 - =2.3.4") is an
// error too: neither Yarn nor npm gets past it.
func Parse(s string) (Range, error) {
	raw := collapseSpace(s)
	var p parser
	for rest, more := raw, true; more; {
		var part string
		part, rest, more = strings.Cut(rest, "||")
		if !p.set(strings.Trim(part, " ")) {
			return Range{}, &syntaxError{Text: s, what: "range"}
		}
	}
	return Range{raw: raw, comps: p.comparators(), any: p.any, preInvalid: p.preInvalid}, nil
}

// String is the range as it was written, with white space trimmed and
// collapsed (node-semver's Range.raw, which Yarn compares with "*").
func (r Range) String() string { return r.raw }

// Valid reports whether Parse made r.
func (r Range) Valid() bool { return len(r.comps) > 0 }

// IsAny reports whether the range admits every stable version because one of
// its alternatives is "*" or something that means the same (empty, "x",
// ">=0", ">=0.0.0").
func (r Range) IsAny() bool { return r.any }

// Satisfies is semver.satisfies(v, r): a prerelease is in the range only if a
// comparator of the same set names a prerelease of the same major.minor.patch.
func (r Range) Satisfies(v *semver.Version) bool {
	if v == nil {
		return false
	}
	ver := versionOf(v)
	if r.any {
		return ver.pre == ""
	}
	ok, admitted := true, ver.pre == ""
	for i := range r.comps {
		c := &r.comps[i]
		if c.flags&preOnly == 0 {
			if ok && !c.test(ver, c.pre) {
				ok = false
			}
			if c.pre != "" && c.op != opAny && c.sameCore(ver) {
				admitted = true
			}
		}
		if c.flags&last != 0 {
			if ok && admitted {
				return true
			}
			ok, admitted = true, ver.pre == ""
		}
	}
	return false
}

// satisfiesPre is semver.satisfies(v, r, {includePrerelease: true}).
func (r Range) satisfiesPre(v *semver.Version) bool {
	if v == nil || r.preInvalid {
		return false
	}
	ver := versionOf(v)
	return r.somePre(func(c *comparator, pre string) bool { return c.test(ver, pre) })
}

// SatisfiesPeer is Yarn's semverUtils.satisfiesWithPrereleases(v, r), its rule
// for peer dependencies: satisfiesPre, else the version once more without its
// prerelease, so that 18.0.0-rc.1 does for ^18.0.0.
//
// Yarn's code also means to strip the prereleases of the range, but compares
// with comparators that node-semver parses again from their text, so that
// this has no effect (seen on Yarn 3.2 to 4.18; "<=1.2.3-beta.2" refuses
// 1.2.3-beta.5). The same text makes a version equal to a comparator that
// names it, even after stripping: 1.2.3-beta is not in ">1.2.3-beta".
func (r Range) SatisfiesPeer(v *semver.Version) bool {
	if r.satisfiesPre(v) {
		return true
	}
	if v == nil || r.preInvalid || v.Prerelease() == "" {
		return false
	}
	full := versionOf(v)
	bare := full
	bare.pre = ""
	return r.somePre(func(c *comparator, pre string) bool {
		if pre == full.pre && c.sameCore(full) {
			return c.test(full, pre)
		}
		return c.test(bare, pre)
	})
}

// somePre reports whether all comparators of one set pass, as they read with
// includePrerelease.
func (r Range) somePre(test func(c *comparator, pre string) bool) bool {
	ok := true
	for i := range r.comps {
		c := &r.comps[i]
		if ok && c.flags&defOnly == 0 {
			pre := c.pre
			if c.flags&floor != 0 {
				pre = "0"
			}
			ok = test(c, pre)
		}
		if c.flags&last != 0 {
			if ok {
				return true
			}
			ok = true
		}
	}
	return false
}
