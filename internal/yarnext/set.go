package yarnext

import (
	"maps"
	"slices"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Set is rules by the package that they are about, Yarn's own first, then the
// project's, as Configuration.getPackageExtensions collects them.
type Set map[string][]Rule

// Builtin are those of Yarn's own rules that keep admits.
func Builtin(keep func(Rule) bool) Set {
	s := Set{}
	for _, r := range rules() {
		if keep(r) {
			s[r.Name] = append(s[r.Name], r)
		}
	}
	return s
}

// Add puts an entry of packageExtensions behind what is there; optional are the
// peers of any version. ok is false where descriptor is not name@range, which
// Yarn refuses. Ranges stay as they are written.
func (s Set) Add(descriptor string, deps, peers map[string]string, optional map[string]bool) (ok bool) {
	d, ok := spec.ParseDescriptor(descriptor)
	if !ok || !spec.IsRange(d.Range) {
		return false
	}
	r := Rule{Name: d.Name, Range: d.Range}
	for _, name := range slices.Sorted(maps.Keys(deps)) {
		r.Deps = append(r.Deps, yarnlock.Dep{Name: name, Range: deps[name]})
	}
	for name, rng := range peers {
		r.Peers = append(r.Peers, yarnlock.Dep{Name: name, Range: rng})
	}
	for name := range optional {
		r.Peers = append(r.Peers, yarnlock.Dep{Name: name, Range: "*"})
	}
	s[d.Name] = append(slices.Clip(s[d.Name]), r)
	return true
}

// For are the rules that admit a version of a package, as
// Configuration.normalizePackage matches them.
func (s Set) For(name, version string) []Rule {
	rules := s[name]
	if len(rules) == 0 || version == "" {
		return nil
	}
	v, err := semrange.ParseVersion(version)
	if err != nil {
		return nil
	}
	var out []Rule
	for _, x := range rules {
		if r, err := semrange.Parse(x.Range); err == nil && r.SatisfiesPeer(v) {
			out = append(out, x)
		}
	}
	return out
}
