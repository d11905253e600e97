package relock

import (
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/yarnext"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// extension is one packageExtensions rule: what is added to the packages that
// the range admits. Yarn adds it to the graph only, never to a lock entry.
type extension struct {
	rng   string
	deps  []yarnlock.Dep // ranges normalised
	peers []yarnlock.Dep
}

// extensions by package name, Yarn's own first, then the project's, as
// Configuration.getPackageExtensions collects them.
type extensions map[string][]extension

// builtinExtensions are the rules that Yarn yarn applies by itself. Rules
// change with Yarn's releases: an unknown release counts as the newest.
func builtinExtensions(yarn yarnVersion) extensions {
	ext := extensions{}
	for _, r := range yarnext.Rules() {
		if yarn.atLeast(r.Since) && (r.Until == "" || !yarn.atLeast(r.Until)) {
			ext[r.Name] = append(ext[r.Name], extension{rng: r.Range, deps: r.Deps, peers: r.Peers})
		}
	}
	return ext
}

// apply calls visit for every rule that admits version, by the rule that Yarn
// uses for peers (satisfiesWithPrereleases).
func (e extensions) apply(name, version string, visit func(extension)) {
	rules, ok := e[name]
	if !ok || version == "" {
		return
	}
	v, err := semrange.ParseVersion(version)
	if err != nil {
		return
	}
	for _, x := range rules {
		if r, err := semrange.Parse(x.rng); err == nil && r.SatisfiesPeer(v) {
			visit(x)
		}
	}
}
