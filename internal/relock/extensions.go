package relock

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

//go:embed extensions.txt
var extensionText string

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

// builtinRule is a line of extensions.txt.
type builtinRule struct {
	since, until string
	name         string
	ext          extension
}

var builtinRules = sync.OnceValue(func() []builtinRule {
	var rules []builtinRule
	for line := range strings.Lines(extensionText) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		d, ok := yarnlock.ParseDescriptor(f[2])
		if !ok {
			continue
		}
		r := builtinRule{since: f[0], until: f[1], name: d.Name, ext: extension{rng: d.Range}}
		for _, item := range f[3:] {
			name, rng, _ := strings.Cut(item[2:], " ")
			switch item[0] {
			case 'd':
				r.ext.deps = append(r.ext.deps, yarnlock.Dep{Name: name, Range: normalize(rng)})
			case 'p':
				r.ext.peers = append(r.ext.peers, yarnlock.Dep{Name: name, Range: rng})
			case 'o': // a peer that is only called optional becomes a peer of any version
				r.ext.peers = append(r.ext.peers, yarnlock.Dep{Name: name, Range: "*"})
			}
		}
		rules = append(rules, r)
	}
	return rules
})

// builtinExtensions are the rules that Yarn yarn applies by itself. Rules
// change with Yarn's releases: an unknown release counts as the newest.
func builtinExtensions(yarn yarnVersion) extensions {
	ext := extensions{}
	for _, r := range builtinRules() {
		if yarn.atLeast(r.since) && (r.until == "-" || !yarn.atLeast(r.until)) {
			ext[r.name] = append(ext[r.name], r.ext)
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
