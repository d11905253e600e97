package relock

import "slices"

// Release pins packages to the versions of a Backstage release. One rule
// decides: the release's version if the range admits it and it is not below
// what is locked now; else, for singletons, one copy that satisfies all; else
// both.
type Release struct {
	// Versions are the release manifest's: package name to version.
	Versions map[string]string
	// AllowDowngrade lets the release's version win over a newer locked one.
	AllowDowngrade bool
	// Singleton says which packages must not be loaded twice: for a portal, the
	// rule of check. nil means portal.IsSingleton, the list of every portal.
	Singleton func(name string) bool
}

// Covers is true for the packages of the release.
func (r *Release) Covers(name string) bool {
	_, ok := r.Versions[name]
	return ok
}

// Choose applies the rule to all ranges that ask for the package.
func (r *Release) Choose(req request, candidates *candidates) ([]choice, error) {
	text, covered := r.Versions[req.Name]
	if !covered {
		return Highest{}.Choose(req, candidates)
	}
	req.Asks = slices.Clone(req.Asks) // floors may be dropped
	v := candidates.s.version(text)
	g := group{request: req, c: candidates, policy: r, release: v}
	if err := g.solve(); err != nil {
		return nil, err
	}
	// Only now is it worth asking whether the release's version can be had.
	if g.chose(text) {
		ok, err := g.available(text)
		if err != nil {
			return nil, err
		}
		if !ok {
			g.release, g.missing = nil, v
			if err := g.solve(); err != nil {
				return nil, err
			}
		}
	}
	return g.list, nil
}
