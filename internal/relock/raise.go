package relock

import (
	"maps"
	"slices"

	"github.com/portalctl/portalctl/internal/semrange"
)

// Raise lifts single versions of a lock, and moves nothing that need not move: a
// range that had a version which Moves names gets the one in its place, if it
// admits that. All others keep what they have. A range that the lock does not
// have (of a new version of who asks, or of an edited package.json) gets what is
// raised, else what the lock has anyway, else what Yarn would take.
type Raise struct {
	// Moves are the versions to leave, by package, and what to put there.
	Moves map[string]map[string]string
	// Avoid reports whether a version is not to be taken where there is a choice;
	// nil avoids none.
	Avoid func(name, version string) bool
}

// Covers is true for the packages that are raised.
func (r *Raise) Covers(name string) bool { return len(r.Moves[name]) > 0 }

// Choose applies the rule to each ask on its own: two that had one version
// before have one afterwards, unless a range keeps it out.
func (r *Raise) Choose(req request, candidates *candidates) ([]choice, error) {
	moves := r.Moves[req.Name]
	list := make([]choice, len(req.Asks))
	for i, ask := range req.Asks {
		if ask.Locked == nil {
			fresh, err := r.fresh(req.Name, ask.Range, candidates)
			if err != nil {
				return nil, err
			}
			list[i] = fresh
			continue
		}
		list[i] = choice{ask.Locked.Original(), reasonLocked}
		if to, ok := moves[ask.Locked.Original()]; ok {
			if v := candidates.s.version(to); v != nil && ask.Range.Satisfies(v) {
				list[i] = choice{to, reasonRaised}
			}
		}
	}
	return list, nil
}

// fresh decides a range that the lock does not have.
func (r *Raise) fresh(name string, rng semrange.Range, candidates *candidates) (choice, error) {
	if c, ok := r.held(name, rng, candidates.locked()); ok {
		return c, nil
	}
	best, err := candidates.best(rng)
	if err != nil || !r.avoids(name, best.Version) {
		return choice{best.Version, reasonHighest}, err
	}
	all, err := candidates.all()
	if err != nil {
		return choice{}, err
	}
	for _, c := range all {
		if rng.Satisfies(c.Parsed) && !c.Quarantined && !c.deprecated() && !r.avoids(name, c.Version) {
			return choice{c.Version, reasonHighest}, nil
		}
	}
	return choice{best.Version, reasonHighest}, nil // there is no other
}

// held is what a range that the lock does not have gets without a version that is
// new to it: what is raised, else of locked the first that will do.
func (r *Raise) held(name string, rng semrange.Range, locked []candidate) (choice, bool) {
	moves := r.Moves[name]
	for _, to := range slices.SortedFunc(maps.Values(moves), semrange.CompareText) {
		if v, err := semrange.ParseVersion(to); err == nil && rng.Satisfies(v) {
			return choice{to, reasonRaised}, true
		}
	}
	for _, c := range locked {
		if _, leaves := moves[c.Version]; !leaves && rng.Satisfies(c.Parsed) && !r.avoids(name, c.Version) {
			return choice{c.Version, reasonLocked}, true
		}
	}
	return choice{}, false
}

func (r *Raise) avoids(name, version string) bool { return r.Avoid != nil && r.Avoid(name, version) }
