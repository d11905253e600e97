package relock

import (
	"errors"
	"slices"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
)

// group is the decision for one package.
type group struct {
	request
	c      *candidates
	policy *Release
	// release is nil when the registry does not have the release's version; it is
	// missing then.
	release, missing *semver.Version
	list             []choice
}

func (g *group) chose(version string) bool {
	return slices.ContainsFunc(g.list, func(c choice) bool { return c.Version == version })
}

// available reports whether the release's version can be had: from the lock,
// or from the registry and past the age gate. If the lock answers all ranges,
// a registry that does not know the package changes nothing. One that must not
// be asked is not an answer: the lock would count as in line that is not.
func (g *group) available(text string) (bool, error) {
	for _, c := range g.c.locked() {
		if c.Version == text {
			return true, nil
		}
	}
	all, err := g.c.all()
	if err != nil {
		if g.settled() && errors.Is(err, registry.ErrNotFound) {
			return false, nil
		}
		return false, err
	}
	return slices.ContainsFunc(all, func(c candidate) bool { return c.Version == text && !c.Quarantined }), nil
}

// fits reports whether v is not below what the ask had.
func (g *group) fits(a askedRange, v *semver.Version) bool {
	return g.policy.AllowDowngrade || a.Floor == nil || semrange.Compare(v, a.Floor) >= 0
}

func (g *group) takes(a askedRange, v *semver.Version) bool {
	return a.Range.Satisfies(v) && g.fits(a, v)
}

func (g *group) solve() error {
	g.list = make([]choice, len(g.Asks))
	if g.release == nil {
		return g.rest(g.open(), ReasonMissing)
	}
	target := g.target()
	if done, err := g.oneCopy(target); done || err != nil {
		return err
	}
	for i, a := range g.Asks {
		switch {
		case g.takes(a, target) && a.Range.Satisfies(g.release):
			g.set(i, target)
		case g.takes(a, g.release):
			g.set(i, g.release)
		}
	}
	return g.rest(g.open(), reasonRange)
}

// target is the release's version, or the highest floor of those whose range
// would admit the release's: such a package is ahead of the release, and one
// copy of it is better than two.
func (g *group) target() *semver.Version {
	target := g.release
	for _, a := range g.Asks {
		if a.Floor != nil && a.Range.Satisfies(g.release) && a.Range.Satisfies(a.Floor) && !g.fits(a, target) {
			target = a.Floor
		}
	}
	return target
}

// oneCopy gives a singleton a single version if there is one for all.
func (g *group) oneCopy(target *semver.Version) (done bool, err error) {
	singleton := portal.IsSingleton
	if g.policy.Singleton != nil {
		singleton = g.policy.Singleton
	}
	forAll := func(v *semver.Version) bool {
		return !slices.ContainsFunc(g.Asks, func(a askedRange) bool { return !g.takes(a, v) })
	}
	if forAll(target) {
		g.setAll(target)
		return true, nil
	}
	if !singleton(g.Name) || len(g.Asks) < 2 {
		return false, nil
	}
	for _, c := range g.c.locked() {
		if forAll(c.Parsed) {
			g.setAll(c.Parsed)
			return true, nil
		}
	}
	if g.settled() {
		return false, nil
	}
	all, err := g.c.all()
	if err != nil {
		return false, err
	}
	all = slices.DeleteFunc(slices.Clone(all), func(c candidate) bool { return c.Quarantined || !forAll(c.Parsed) })
	if v := g.nearest(all); v != nil {
		g.setAll(v)
		return true, nil
	}
	return false, nil
}

// nearest is the candidate that is the smallest step from the release: the
// lowest above it, else the highest below. Deprecated ones come last.
func (g *group) nearest(list []candidate) *semver.Version {
	for _, deprecated := range []bool{false, true} {
		var above, below *semver.Version
		for _, c := range list { // newest first
			if c.deprecated() != deprecated {
				continue
			}
			if semrange.Compare(c.Parsed, g.release) > 0 {
				above = c.Parsed
			} else if below == nil {
				below = c.Parsed
			}
		}
		if above != nil {
			return above
		}
		if below != nil {
			return below
		}
	}
	return nil
}

func (g *group) setAll(v *semver.Version) {
	for i := range g.Asks {
		g.set(i, v)
	}
}

// set notes v for an ask, with the reason that its relation to the release
// gives.
func (g *group) set(i int, v *semver.Version) {
	reason := ReasonOneCopy
	switch {
	case g.release == nil:
		reason = ReasonMissing
	case v.Original() == g.release.Original():
		reason = reasonRelease
	case !g.Asks[i].Range.Satisfies(g.release):
		reason = reasonRange
	case semrange.Compare(v, g.release) > 0 && g.anyFloor(v):
		reason = ReasonAhead
	}
	g.list[i] = choice{v.Original(), reason}
}

// anyFloor reports whether somebody had v already.
func (g *group) anyFloor(v *semver.Version) bool {
	return slices.ContainsFunc(g.Asks, func(a askedRange) bool { return a.Floor != nil && semrange.Compare(a.Floor, v) >= 0 })
}

// open are the asks that have no version yet.
func (g *group) open() []int {
	var list []int
	for i := range g.Asks {
		if g.list[i].Version == "" {
			list = append(list, i)
		}
	}
	return list
}

// rest decides the asks that cannot have the release's version, with as few
// versions as possible: what others of the group got, what the lock has, else
// Yarn's own choice. No ask gets less than it had. Between versions that serve
// as many, the one that moves fewer locked asks counts: else a lock that was
// just written would change again.
func (g *group) rest(open []int, reason Reason) error {
	for len(open) > 0 {
		var best *semver.Version
		var covered []int
		stay := 0
		try := func(v *semver.Version) {
			var list []int
			same := 0
			for _, i := range open {
				if a := g.Asks[i]; g.takes(a, v) {
					list = append(list, i)
					if a.Locked != nil && a.Locked.Original() == v.Original() {
						same++
					}
				}
			}
			if len(list) > len(covered) || len(list) == len(covered) && same > stay {
				best, covered, stay = v, list, same
			}
		}
		for _, c := range g.list { // versions that are there anyway come first
			if v := g.c.s.version(c.Version); v != nil {
				try(v)
			}
		}
		for _, c := range g.c.locked() {
			try(c.Parsed)
		}
		if len(covered) < len(open) && !g.settled() {
			if err := g.tryRegistry(try); err != nil {
				return err
			}
		}
		if best == nil {
			if g.forget(open) {
				return g.solve()
			}
			return g.impossible(open, reason)
		}
		for _, i := range covered {
			g.set(i, best)
			if g.list[i].Reason != reasonRelease && g.list[i].Reason != ReasonAhead {
				g.list[i].Reason = reason
			}
		}
		open = g.open()
	}
	return nil
}

// settled reports whether the lock answers every ask. Such a group is decided
// without the registry: a lock that is in order must not cost a request, and a
// version that the lock lacks could only help ranges with gaps.
func (g *group) settled() bool {
	return !slices.ContainsFunc(g.Asks, func(a askedRange) bool { return a.Locked == nil })
}

// tryRegistry offers the registry's versions, Yarn's preference first. In the
// place of a version of the release that is missing, the lowest above it comes
// first, then the highest below: the nearest one brings the fewest others along.
func (g *group) tryRegistry(try func(*semver.Version)) error {
	all, err := g.c.all()
	if err != nil {
		return err
	}
	if g.missing != nil {
		all = slices.Clone(all)
		sorting.Stable(all, func(a, b candidate) int {
			upA, upB := semrange.Compare(a.Parsed, g.missing) > 0, semrange.Compare(b.Parsed, g.missing) > 0
			switch {
			case upA && upB:
				return semrange.Compare(a.Parsed, b.Parsed)
			case upA:
				return -1
			case upB:
				return 1
			}
			return semrange.Compare(b.Parsed, a.Parsed)
		})
	}
	for _, deprecated := range []bool{false, true} {
		for _, c := range all {
			if !c.Quarantined && c.deprecated() == deprecated {
				try(c.Parsed)
			}
		}
	}
	return nil
}

// forget drops floors that no version in range reaches: somebody wrote a lower
// range on purpose. What the lock has for the range itself still counts.
func (g *group) forget(open []int) (any bool) {
	for _, i := range open {
		if a := &g.Asks[i]; a.Floor != a.Locked {
			a.Floor, any = a.Locked, true
		}
	}
	return any
}

// impossible decides asks whose range has nothing at or above what the lock
// has for it: that stays, else it is what Yarn would take.
func (g *group) impossible(open []int, reason Reason) error {
	for _, i := range open {
		a := g.Asks[i]
		if a.Locked != nil {
			g.list[i] = choice{a.Locked.Original(), reason}
			continue
		}
		best, err := g.c.best(a.Range)
		if err != nil {
			return err
		}
		g.list[i] = choice{best.Version, reason}
	}
	return nil
}
