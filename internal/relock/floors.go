package relock

import (
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// floors knows what the lock had before anything changed.
type floors struct {
	byName map[string][]*yarnlock.Entry // npm entries by the name of their locator
	// asked is, for a package and the name it asks for, the highest version
	// that it got. Different versions of the asking package count as one.
	asked map[[2]string]*semver.Version
}

func newFloors(lock *yarnlock.Lock) *floors {
	f := &floors{byName: map[string][]*yarnlock.Entry{}}
	if lock == nil {
		return f
	}
	f.byName = make(map[string][]*yarnlock.Entry, len(lock.Entries))
	for _, e := range lock.Entries {
		if strings.HasPrefix(e.Resolution.Reference, npmProtocol) {
			f.byName[e.Resolution.Name] = append(f.byName[e.Resolution.Name], e)
		}
	}
	return f
}

// had is the highest version that by got for name before, or nil. An edge
// whose range changed keeps its floor this way: a bump rewrites the ranges of
// workspaces, and newer versions of a plugin ask for other ranges.
func (s *solver) had(by, name string) *semver.Version {
	f := s.floors
	if f.asked == nil {
		f.asked = map[[2]string]*semver.Version{}
		for _, e := range s.in.lockEntries() {
			for _, d := range e.Dependencies {
				if !s.policy.Covers(d.Name) {
					continue
				}
				if v := s.lockedDep(d); v != nil {
					key := [2]string{e.Resolution.Name, d.Name}
					if old := f.asked[key]; old == nil || semrange.Compare(old, v) < 0 {
						f.asked[key] = v
					}
				}
			}
		}
	}
	return f.asked[[2]string{by, name}]
}

// lockedDep is the version that a dependency line of the lock led to.
func (s *solver) lockedDep(d yarnlock.Dep) *semver.Version {
	e := s.in.Lock.Lookup(descriptor{Name: d.Name, Range: d.Range})
	if e == nil && strings.HasPrefix(d.Range, backstageProtocol) {
		for _, k := range s.in.Lock.Named(d.Name) {
			for _, key := range k.Keys {
				if strings.HasPrefix(key.Range, d.Range+"::") {
					e = k
				}
			}
		}
	}
	if e == nil {
		return nil
	}
	text, ok := npmVersion(e.Resolution.Reference)
	if !ok {
		return nil
	}
	v, _ := semrange.ParseVersion(text)
	return v
}

// complete adds to an ask what the lock and the graph know about it.
func (s *solver) complete(ask *Ask) {
	d := ask.Descriptor
	if e := s.locked[d]; e != nil {
		if text, ok := npmVersion(e.Resolution.Reference); ok && e.Resolution.Name == ask.Name {
			ask.Locked, _ = semrange.ParseVersion(text)
		}
	} else if _, ok := s.byLoc[locator{Name: d.Name, Reference: d.Range}]; ok && d.Name == ask.Name {
		ask.Locked, _ = semrange.ParseVersion(strings.TrimPrefix(d.Range, npmProtocol))
	}
	ask.Floor = ask.Locked
	if by := s.asker[d]; by.pkg != nil && s.policy.Covers(ask.Name) {
		if v := s.had(by.pkg.loc.Name, d.Name); v != nil && (ask.Floor == nil || semrange.Compare(ask.Floor, v) < 0) {
			ask.Floor = v
		}
	}
}
