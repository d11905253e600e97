package release

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// scope is what the packages of a release are counted by.
const scope = "@backstage/"

// detected is the release that a lock's versions are those of.
type detected struct {
	// Best is the release that has most of the locked versions; of several the
	// highest, main releases first. "" when no release has any.
	Best string
	// Matches is how many locked packages are at Best's version, Of how many
	// @backstage packages the lock has.
	Matches, Of int
	// Candidates are all releases that have as many, ascending, the prereleases
	// left out where a main release is among them. Where no release has most of
	// the packages, they are the lowest and the highest of those that come near:
	// the lock lies between them.
	Candidates []string
	// Drifted: no release has most of the packages.
	Drifted bool
}

// counts is how many locked packages each release has.
type counts struct {
	releases []string // ascending
	matches  map[string]int
	of       int
}

func count(lock *yarnlock.Lock, more []*Manifest) counts {
	locked := lockedVersions(lock)
	t := readTable()
	c := counts{matches: make(map[string]int, len(t.releases)+len(more)), of: len(locked)}
	hits := make([]int, len(t.releases))
	var buf []byte
	for name, versions := range locked {
		for r := range t.runs(name) {
			for _, v := range versions {
				if !r.begins(v) { // as nearly all do not
					continue
				}
				if buf = r.version(buf[:0]); string(buf) != v {
					continue
				}
				for i := r.from; i < r.to; i++ {
					hits[i]++
				}
			}
		}
	}
	for i, n := range hits {
		c.matches[t.releases[i]] = n
	}
	c.releases = slices.Clone(t.releases)
	for _, m := range more {
		n := 0
		for name, versions := range locked {
			if slices.Contains(versions, m.Packages[name]) {
				n++
			}
		}
		if _, ok := c.matches[m.ReleaseVersion]; !ok {
			c.releases = append(c.releases, m.ReleaseVersion)
		}
		c.matches[m.ReleaseVersion] = n
	}
	if len(more) > 0 {
		semrange.SortText(c.releases)
	}
	return c
}

func (c counts) detected() detected {
	d := detected{Of: c.of, Candidates: []string{}}
	for _, r := range c.releases {
		d.Matches = max(d.Matches, c.matches[r])
	}
	if d.Matches == 0 {
		return d
	}
	d.Candidates = mainFirst(c.atLeast(d.Matches))
	d.Best = d.Candidates[len(d.Candidates)-1]
	// Half of the packages and more may lie elsewhere, and still there is no
	// better name for the lock: then it lies between the releases that come near.
	if d.Drifted = 3*d.Matches < 2*d.Of; d.Drifted {
		near := c.atLeast((d.Matches + 1) / 2)
		d.Candidates = slices.Compact([]string{near[0], near[len(near)-1]})
	}
	return d
}

func (c counts) atLeast(n int) []string {
	var out []string
	for _, r := range c.releases {
		if c.matches[r] >= n {
			out = append(out, r)
		}
	}
	return out
}

// mainFirst leaves the prereleases out, unless there is nothing else.
func mainFirst(releases []string) []string {
	main := slices.DeleteFunc(slices.Clone(releases), isNext)
	if len(main) == 0 {
		return releases
	}
	return main
}

// lockedVersions is the versions from the registry of each @backstage package in a lock;
// nil for no lock.
func lockedVersions(lock *yarnlock.Lock) map[string][]string {
	if lock == nil {
		return nil
	}
	return yarnlock.Versions(lock.Entries, func(name string) bool { return strings.HasPrefix(name, scope) })
}
