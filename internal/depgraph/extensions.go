package depgraph

import (
	"sync"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/yarnext"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// extensionRules are Yarn's own rules that add dependencies, by package. Peers
// give no edge.
var extensionRules = sync.OnceValue(func() map[string][]yarnext.Rule {
	rules := map[string][]yarnext.Rule{}
	for _, r := range yarnext.Rules() {
		if len(r.Deps) > 0 {
			rules[r.Name] = append(rules[r.Name], r)
		}
	}
	return rules
})

// yarnExtensions are the dependencies that Yarn 2 and later add to e by
// themselves, whatever their release: to be taken for dependencies only where
// the lock has them. Ranges match as in Configuration.normalizePackage.
func yarnExtensions(e *yarnlock.Entry) []yarnlock.Dep {
	rules := extensionRules()[e.Resolution.Name]
	if rules == nil {
		return nil
	}
	v, err := semrange.ParseVersion(e.Version)
	if err != nil {
		return nil
	}
	var deps []yarnlock.Dep
	for _, x := range rules {
		if r, err := semrange.Parse(x.Range); err == nil && r.SatisfiesPeer(v) {
			deps = append(deps, x.Deps...)
		}
	}
	return deps
}
