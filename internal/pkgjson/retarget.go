package pkgjson

import (
	"strings"

	"github.com/Masterminds/semver/v3"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

// Verdict says what Retarget did with a spec.
type Verdict int

// The verdicts.
const (
	Changed          Verdict = iota + 1 // the new spec admits the target
	verdictSame                         // it names the target already
	verdictSatisfied                    // it admits the target and says no more than it has to
	Untouched                           // it is not for Retarget to change; see Reason
	Ahead                               // it asks for something newer than the target
)

// String is the verdict as a report names it.
func (v Verdict) String() string {
	switch v {
	case Changed:
		return "changed"
	case verdictSame:
		return "same"
	case verdictSatisfied:
		return "satisfied"
	case Untouched:
		return "untouched"
	case Ahead:
		return "ahead"
	default:
		return "unknown"
	}
}

// Outcome is a Verdict with its reason, a clause such as "it is a dist-tag".
// Only Untouched has a reason.
type Outcome struct {
	Verdict Verdict
	Reason  string
}

// Options of Retarget.
type Options struct {
	// Peer says that the spec is a peer dependency: whether it admits the
	// target is decided by Yarn's rule for peers.
	Peer bool
	// AllowDowngrade lets a spec move to a target below what it asks for.
	AllowDowngrade bool
}

// Retarget moves a dependency spec to a version and keeps what its author
// meant: the operator, the precision, the protocol. It returns the spec as it
// should be, which is the same text unless the verdict is Changed.
//
//   - A full version (^1.2.0, ~1.2.0, 1.2.0, =v1.2.0) moves to the target, also
//     when it admits it already, as the official versions:bump does.
//   - A partial one (^1, ^1.2, 1.x) moves at its own precision: ^1.2 to ^1.5,
//     ^1 stays ^1. A prerelease target that it would not admit is written in
//     full, an x-range then as the caret or tilde that it stands for.
//   - >=, >, <, <= and sets of them stay while they admit the target. Else the
//     lower bounds move to the target and the upper ones to the next version of
//     the same size: >=1.0.0 <2.0.0 becomes >=2.3.0 <3.0.0. ("Size": a bound
//     x.0.0 moves to a major, x.y.0 to a minor, x.y.z to a patch.)
//   - a - b and >=a <=b keep their start; the end moves to the target.
//   - a || b stays while it admits the target. Else the target is appended in
//     the style of the last alternative.
//   - What accepts every version, dist-tags and all protocols but npm: stay.
//
// A spec whose minimum is above the target is Ahead and stays, unless
// AllowDowngrade is set.
func Retarget(s spec.Spec, to *semver.Version, opts Options) (string, Outcome) {
	switch {
	case s.Kind != spec.KindRange && s.Kind != spec.KindAlias:
		return s.Raw, Outcome{Untouched, reasonOf(s.Kind)}
	case s.Params != "":
		return s.Raw, Outcome{Untouched, "it is bound to one archive"}
	case !s.Versions.Valid():
		return s.Raw, Outcome{Untouched, "it is an alias of a dist-tag"}
	case s.Versions.IsAny():
		return s.Raw, Outcome{Untouched, "it accepts every version"}
	}
	m := mover{to: to, core: core(to), opts: opts}
	rng, out := m.move(s.Range, s.Versions)
	if out.Verdict != Changed {
		return s.Raw, out
	}
	// Whatever the rules made of it: what is written must admit the target.
	if rng == s.Range || !m.admits(rng) {
		return s.Raw, Outcome{Untouched, "it cannot be made to admit " + to.String() + " without changing its meaning"}
	}
	// The range stands last, but for white space.
	at := strings.LastIndex(s.Raw, s.Range)
	return s.Raw[:at] + rng + s.Raw[at+len(s.Range):], out
}

func reasonOf(k spec.Kind) string {
	switch k {
	case spec.KindTag:
		return "it is a dist-tag"
	case spec.KindWorkspace:
		return "it is a workspace of this repo"
	case spec.KindPatch:
		return "it is patched"
	case spec.KindBackstage:
		return "it follows backstage.json"
	case spec.KindCatalog:
		return "its range is in the catalog"
	case spec.KindFile, spec.KindLink, spec.KindPortal:
		return "it is a local path"
	case spec.KindExec:
		return "it is made by a script"
	case spec.KindGit:
		return "it is a git repository"
	case spec.KindTarball:
		return "it is a tarball by URL"
	default:
		return "its form is unknown"
	}
}

// mover moves one range to one version.
type mover struct {
	to, core *semver.Version // core is to without prerelease
	opts     Options
}

func (m mover) admits(text string) bool {
	rng, err := semrange.Parse(text)
	return err == nil && m.in(rng)
}

func (m mover) in(rng semrange.Range) bool {
	if m.opts.Peer {
		return rng.SatisfiesPeer(m.to)
	}
	return rng.Satisfies(m.to)
}

// move moves a range, of which versions is the meaning.
func (m mover) move(text string, versions semrange.Range) (string, Outcome) {
	if alts := strings.Split(text, "||"); len(alts) > 1 {
		return m.alternatives(text, versions, alts)
	}
	return m.set(text, versions)
}

// alternatives handles a || b.
func (m mover) alternatives(text string, versions semrange.Range, alts []string) (string, Outcome) {
	if m.in(versions) {
		return text, Outcome{Verdict: verdictSatisfied}
	}
	ahead := true
	for _, alt := range alts {
		set, ok := parseSet(alt)
		ahead = ahead && ok && m.below(set)
	}
	if ahead && !m.opts.AllowDowngrade {
		return text, Outcome{Verdict: Ahead}
	}
	before, last := alts[len(alts)-2], alts[len(alts)-1]
	sep := before[len(strings.TrimRight(before, " \t")):] + "||" + last[:len(last)-len(strings.TrimLeft(last, " \t"))]

	styled := m
	styled.opts.AllowDowngrade = true
	last = strings.TrimSpace(last)
	versions, _ = semrange.Parse(last) // of what was one range with the others
	added, out := styled.set(last, versions)
	if set, ok := parseSet(last); out.Verdict != Changed || !ok || set.hyphen {
		added = "^" + full(m.to)
	}
	return text + sep + added, Outcome{Verdict: Changed}
}

// set handles a range without "||".
func (m mover) set(text string, versions semrange.Range) (string, Outcome) {
	set, ok := parseSet(text)
	admitted := m.in(versions)
	switch {
	case !ok && !admitted:
		return text, Outcome{Untouched, reasonOf(spec.KindUnknown)}
	case ok && len(set.comparators) == 1 && set.comparators[0].pins():
		return m.single(text, set, admitted)
	case admitted:
		return text, Outcome{Verdict: verdictSatisfied}
	}
	if m.below(set) && !m.opts.AllowDowngrade {
		return text, Outcome{Verdict: Ahead}
	}
	end, closed := set.end()
	// A span with its last version named (a - b, >=a <=b) keeps its start when
	// the end has to move: else it would shrink to one version.
	keepStart := closed && !m.core.LessThan(end.limit()) && !m.below(set)
	for i, c := range set.comparators {
		next := c.moved(m.to)
		switch {
		case c.Op == "<", c.Op == "<=", set.hyphen && i == 1:
			next = m.widen(c)
		case keepStart:
			next = c
		}
		if set.hyphen {
			next.Op = ""
		}
		set.comparators[i] = next
	}
	return set.String(), Outcome{Verdict: Changed}
}

// single handles ^, ~, = and plain versions, which name one line of versions.
func (m mover) single(text string, set comparatorSet, admitted bool) (string, Outcome) {
	c := set.comparators[0]
	switch order := semrange.Compare(m.to, c.min()); {
	case order == 0 && c.Known == 3:
		return text, Outcome{Verdict: verdictSame}
	case order < 0 && !m.opts.AllowDowngrade:
		return text, Outcome{Verdict: Ahead}
	case c.Known < 3 && m.to.Prerelease() != "" && admitted:
		return text, Outcome{Verdict: verdictSatisfied}
	}
	set.comparators[0] = c.moved(m.to)
	next := set.String()
	if next == text {
		return text, Outcome{Verdict: verdictSatisfied}
	}
	return next, Outcome{Verdict: Changed}
}

// below reports whether the target is below what the set starts with.
func (m mover) below(set comparatorSet) bool {
	for i, c := range set.comparators {
		switch {
		case c.Op == "<" || c.Op == "<=" || (set.hyphen && i == 1):
		case c.Op == ">" && c.Known == 3:
			if semrange.Compare(m.to, c.min()) <= 0 {
				return true
			}
		case semrange.Compare(m.to, c.min()) < 0:
			return true
		}
	}
	return false
}

// widen moves an upper bound beyond the target, if it is not there.
func (m mover) widen(c comparator) comparator {
	if m.core.LessThan(c.limit()) {
		return c
	}
	if c.Op == "<" {
		return c.beyond(m.to)
	}
	return c.moved(m.to)
}
