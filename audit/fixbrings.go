package audit

import (
	"maps"
	"slices"

	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
)

// maxBrings bounds how many package versions are followed to see what comes with one:
// each may be a question to the registry. Real fixes bring a handful.
const maxBrings = 40

// brings is how many package versions come with the move of a package to a version that
// the lock does not have: the version itself, what it asks for that no version in the
// lock answers, what that asks for, and so on. It counts to most.
func (x *fixer) brings(pkg osv.Package, to string, most int) int {
	come := map[osv.Package]bool{}
	x.follow(osv.Package{Name: pkg.Name, Version: to}, nil, come, most)
	return len(come)
}

// follow adds to come what comes with a package version, and with what moves besides.
func (x *fixer) follow(p osv.Package, moved map[string][]string, come map[osv.Package]bool, most int) {
	if len(come) >= most || come[p] || slices.Contains(x.before.versions[p.Name], p.Version) {
		return
	}
	if come[p] = true; len(come) >= most {
		return
	}
	asks := x.asksFor(p.Name, p.Version)
	for _, name := range slices.Sorted(maps.Keys(asks)) {
		rng := spec.Parse(asks[name])
		if real, ok := rng.Alias(); ok {
			name = real.Name
		}
		answers := func(have string) bool { return x.answers(rng, name, have) }
		if !slices.ContainsFunc(moved[name], answers) && !slices.ContainsFunc(x.before.versions[name], answers) {
			x.follow(osv.Package{Name: name, Version: x.newest(rng, name)}, moved, come, most)
		}
	}
}

// answers reports whether the solver takes a version for a new range where it can: the
// range admits it, and no advisory applies to it.
func (x *fixer) answers(rng spec.Range, name, version string) bool {
	v, err := semrange.ParseVersion(version)
	return err == nil && admits(rng, v) && len(x.known.affects(osv.Package{Name: name, Version: version})) == 0
}

// newest is the version that a new range gets where the lock has none for it, "" where
// the registry has none.
func (x *fixer) newest(rng spec.Range, name string) string {
	for _, c := range slices.Backward(x.published(name)) {
		if !c.held && x.answers(rng, name, c.Version) {
			return c.Version
		}
	}
	return ""
}
