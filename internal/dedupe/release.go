package dedupe

import (
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// releaseChooser applies the rule of the lock writer (relock.Release) to what
// the lock has: the release's version if the range admits it and it is not
// below what the range has now; else, for singletons, one version that does
// for all that cannot have the release's; else each its highest. What has the
// release's version keeps it.
func releaseChooser(kind yarnlock.Kind, asks []ask, versions []*version, opts Options, highest func(*ask) *version) func(*ask) *version {
	name := asks[0].name
	want, covered := opts.Versions[name]
	var release *version
	for _, v := range versions {
		if covered && v.parsed.Original() == want {
			release = v
		}
	}
	if release == nil {
		return highest
	}
	onRelease := func(a *ask) bool {
		return a.have == release ||
			a.admits(kind, release) && semrange.Compare(release.parsed, a.have.parsed) >= 0
	}
	var one *version
	if opts.Singleton != nil && opts.Singleton(name) {
		one = oneForAll(kind, asks, versions, onRelease)
	}
	return func(a *ask) *version {
		switch {
		case onRelease(a):
			return release
		case one != nil:
			return one
		}
		if best := highest(a); best != nil && semrange.Compare(best.parsed, a.have.parsed) > 0 {
			return best
		}
		return nil
	}
}

// oneForAll is the highest version that does for all asks beside those that
// rest says have an answer, and lowers none of them.
func oneForAll(kind yarnlock.Kind, asks []ask, versions []*version, done func(*ask) bool) *version {
	var top *version
	for _, v := range versions {
		fits := true
		for i := range asks {
			a := &asks[i]
			if !a.ok || a.have == nil || done(a) {
				continue
			}
			if !a.admits(kind, v) || semrange.Compare(v.parsed, a.have.parsed) < 0 {
				fits = false
				break
			}
		}
		if fits && (top == nil || semrange.Compare(v.parsed, top.parsed) > 0) {
			top = v
		}
	}
	return top
}
