package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Standing is the release that a portal is on. That is what its lock is:
// backstage.json is a text that people and tools forget, or move too early.
type Standing struct {
	// Release is what everything counts from, "" when nothing tells it.
	Release string
	// Declared is what backstage.json says, as it stands there; "" for nothing.
	Declared string
	// Valid: Declared is a version.
	Valid bool
	// Matches is how many locked packages are at the version that Release has,
	// DeclaredMatches those at Declared's, -1 when its manifest is not known.
	Matches, DeclaredMatches int
	// Of is how many @backstage packages the lock has.
	Of int
	// Candidates are the releases that the lock may be, see Detected.
	Candidates []string
	Drifted    bool
	// Differs: the lock is of another release than Declared.
	Differs bool
}

// enough is how many packages must agree before a lock contradicts
// backstage.json: a few may be at any version for any reason. Portals have 60
// and more.
const enough = 5

// Stand judges which release a portal is on, from its lock (nil for none) and
// what backstage.json declares ("" for nothing). Beside the releases that this
// portalctl knows it counts those of more.
func Stand(lock *yarnlock.Lock, declared string, more ...*Manifest) Standing {
	c := count(lock, more)
	d := c.detected()
	s := Standing{Declared: declared, DeclaredMatches: -1, Of: d.Of, Candidates: d.Candidates, Drifted: d.Drifted}
	own := ""
	if v, err := semrange.ParseVersion(declared); err == nil {
		own, s.Valid = v.Original(), true
	}
	if n, ok := c.matches[own]; ok {
		s.DeclaredMatches = n
	}
	s.Differs = s.Valid && differs(own, s.DeclaredMatches, d)
	if s.Valid && !s.Differs {
		s.Release, s.Matches = own, max(s.DeclaredMatches, 0)
		return s
	}
	s.Release, s.Matches = d.Best, d.Matches
	return s
}

// differs reports whether a lock is of another release than the declared one.
func differs(declared string, matches int, d detected) bool {
	switch {
	case matches >= d.Matches || d.Matches < enough:
		return false
	case matches < 0: // a release that nobody here knows
		return 10*d.Matches >= 9*d.Of
	case d.Drifted: // in between it may well be what was installed last
		return semrange.CompareText(declared, d.Candidates[0]) < 0 || semrange.CompareText(declared, d.Candidates[len(d.Candidates)-1]) > 0
	}
	return true
}

// LockIs says which release the lock is, in words that follow "yarn.lock is".
func (s Standing) LockIs() string {
	switch n := len(s.Candidates); {
	case n == 0:
		return "of no known release"
	case s.Drifted && n > 1:
		return "between " + s.Candidates[0] + " and " + s.Candidates[n-1]
	case s.Drifted:
		return "nearest to " + s.Candidates[0]
	case n <= 2:
		return strings.Join(s.Candidates, " or ")
	default:
		return "one of " + s.Candidates[0] + " to " + s.Candidates[n-1]
	}
}

// Difference is one sentence about a backstage.json that the lock contradicts,
// "" when it does not.
func (s Standing) Difference() string {
	if !s.Differs {
		return ""
	}
	own := "whose manifest is not known"
	if s.DeclaredMatches >= 0 {
		own = fmt.Sprintf("%d of %d locked @backstage packages", s.DeclaredMatches, s.Of)
	}
	return fmt.Sprintf("backstage.json says %s (%s), yarn.lock is %s (%d of %d)", s.Declared, own, s.LockIs(), s.Matches, s.Of)
}

// Standing is Stand with the releases that the source has at hand: no host is
// asked.
func (s *Source) Standing(lock *yarnlock.Lock, declared string) Standing {
	have := map[string]*Manifest{}
	for _, version := range append(s.newer(), declared) {
		if m := s.stored(version); m != nil { // else the table counts it
			have[m.ReleaseVersion] = m
		}
	}
	var more []*Manifest
	for _, m := range have {
		more = append(more, m)
	}
	return Stand(lock, declared, more...)
}

// Local is the manifest of an exact release as far as no host needs to be asked:
// from the manifest file, a mirror on disk, the cache, or Known. nil for none.
func (s *Source) Local(version string) *Manifest {
	if m := s.stored(version); m != nil {
		return m
	}
	if v, err := exact(version); err == nil {
		return Known(v)
	}
	return nil
}

// stored is Local without Known.
func (s *Source) stored(version string) *Manifest {
	v, err := exact(version)
	if err != nil {
		return nil
	}
	if s.file != "" {
		if m, err := s.fromFile(v); err == nil {
			return m
		}
		return nil
	}
	m, err := s.once(v, func() (*Manifest, error) {
		if s.host.dir != "" {
			return s.exact(context.Background(), v)
		}
		if m := s.cache.manifest(v); m != nil {
			return m, nil
		}
		return nil, ErrNotFound
	})
	if err != nil {
		return nil
	}
	return m
}

// mostNewer bounds how many manifests are read beside the table.
const mostNewer = 12

// newer are the newest stored releases that the table does not have.
func (s *Source) newer() []string {
	list := s.listed()
	if len(list) == 0 {
		return nil
	}
	releases := readTable().releases
	known := make(map[string]bool, len(releases))
	for _, v := range releases {
		known[v] = true
	}
	list = slices.DeleteFunc(list, func(v string) bool {
		if known[v] {
			return true
		}
		_, err := semrange.ParseVersion(v)
		return err != nil
	})
	semrange.SortText(list)
	return list[max(len(list)-mostNewer, 0):]
}
