// Package yarnext has the packageExtensions that Yarn applies by itself: what it
// adds to published packages whose manifests forget a dependency.
package yarnext

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

//go:embed extensions.txt
var text string

// Rule is what Yarn adds to the versions of one package that Range admits, by
// the rule that it uses for peers (satisfiesWithPrereleases).
type Rule struct {
	// Since is the first version of Yarn that has the rule, Until the first
	// that does not have it any more, "" if all later ones do.
	Since, Until string
	Name, Range  string
	// Deps have ranges with the protocol npm:, as a lock has them.
	Deps []yarnlock.Dep
	// Peers have bare ranges. A peer that is only called optional is one of
	// any version.
	Peers []yarnlock.Dep
}

// rules are those of all releases since Yarn 4.0.0, in Yarn's order. They are
// shared: not to be changed.
var rules = sync.OnceValue(func() []Rule {
	var list []Rule
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		d, ok := spec.ParseDescriptor(f[2])
		if !ok {
			continue
		}
		r := Rule{Since: f[0], Until: strings.TrimPrefix(f[1], "-"), Name: d.Name, Range: d.Range}
		for _, item := range f[3:] {
			name, rng, _ := strings.Cut(item[2:], " ")
			switch item[0] {
			case 'd':
				r.Deps = append(r.Deps, yarnlock.Dep{Name: name, Range: spec.NPM.Of(rng)})
			case 'p':
				r.Peers = append(r.Peers, yarnlock.Dep{Name: name, Range: rng})
			case 'o':
				r.Peers = append(r.Peers, yarnlock.Dep{Name: name, Range: "*"})
			}
		}
		list = append(list, r)
	}
	return list
})
