package relock

import (
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// floors knows what the lock had before anything changed.
type floors struct {
	// asked has, for a package and the name it asks for, the version that it
	// got; anyVersion the highest that any registry version of the package got.
	asked      map[askKey]*semver.Version
	anyVersion map[askKey]*semver.Version
}

// askKey is who asks, a locator or the name of a package, and for what.
type askKey struct{ by, name string }

// had is the version that by got for name before, or nil. A workspace whose
// range changed keeps its floor this way; a registry package that the lock had
// in another version has the highest that its versions got.
func (s *solver) had(by locator, name string) *semver.Version {
	f := &s.floors
	if f.asked == nil {
		f.asked, f.anyVersion = map[askKey]*semver.Version{}, map[askKey]*semver.Version{}
		for _, e := range s.in.lockEntries() {
			for _, d := range e.Dependencies {
				if !s.policy.Covers(d.Name) {
					continue
				}
				v := s.lockedDep(d)
				if v == nil {
					continue
				}
				f.asked[askKey{e.Resolution.String(), d.Name}] = v
				if e.Resolution.Is(spec.NPM) {
					key := askKey{e.Resolution.Name, d.Name}
					f.anyVersion[key] = higher(f.anyVersion[key], v)
				}
			}
		}
	}
	if v := f.asked[askKey{by.String(), name}]; v != nil || s.located(by) != nil {
		return v
	}
	if !by.Is(spec.NPM) {
		return nil
	}
	return f.anyVersion[askKey{by.Name, name}]
}

// higher is the greater of two versions, of which either may be nil.
func higher(a, b *semver.Version) *semver.Version {
	if a == nil || b != nil && semrange.Compare(a, b) < 0 {
		return b
	}
	return a
}

// lockedDep is the version that a dependency line of the lock led to.
func (s *solver) lockedDep(d yarnlock.Dep) *semver.Version {
	e := s.in.Lock.Lookup(descriptor{Name: d.Name, Range: d.Range})
	if e == nil && spec.Backstage.In(d.Range) {
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
	return s.versionOf(e)
}

// versionOf is the registry version of an entry of the lock, nil for one of another
// source and for what is none.
func (s *solver) versionOf(e *yarnlock.Entry) *semver.Version {
	text, ok := e.Resolution.Version()
	if !ok {
		return nil
	}
	return s.version(text)
}

// version reads a version of the lock or the release, nil for what is none. Many ask for
// the same one, in every round: it is read once. Only the solver's own goroutine asks.
func (s *solver) version(text string) *semver.Version {
	v, known := s.read[text]
	if !known {
		v, _ = semrange.ParseVersion(text)
		s.read[text] = v
	}
	return v
}

// complete adds to an ask what the lock and the graph know about it.
func (s *solver) complete(ask *askedRange) {
	d := ask.Descriptor
	if e := s.lockedEntry(d); e != nil && e.Resolution.Name == ask.Name {
		ask.Locked = s.versionOf(e)
	}
	ask.Floor = ask.Locked
	if w := s.wanted[d]; w != nil && w.by != nil && s.policy.Covers(ask.Name) {
		ask.Floor = higher(ask.Floor, s.had(w.by.loc, d.Name))
	}
}
