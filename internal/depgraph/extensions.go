package depgraph

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

//go:embed extensions.txt
var extensionText string

type extension struct {
	rng  string
	deps []yarnlock.Dep
}

var extensionRules = sync.OnceValue(func() map[string][]extension {
	rules := map[string][]extension{}
	for line := range strings.Lines(extensionText) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "\t")
		who, _ := yarnlock.ParseDescriptor(fields[0])
		x := extension{rng: who.Range}
		for _, f := range fields[1:] {
			d, _ := yarnlock.ParseDescriptor(f)
			x.deps = append(x.deps, yarnlock.Dep{Name: d.Name, Range: "npm:" + d.Range})
		}
		rules[who.Name] = append(rules[who.Name], x)
	}
	return rules
})

// YarnExtensions are the dependencies that Yarn 2 and later add to e by
// themselves, whatever their release: to be taken for dependencies only where
// the lock has them. Ranges match as in Configuration.normalizePackage.
func YarnExtensions(e *yarnlock.Entry) []yarnlock.Dep {
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
		if r, err := semrange.Parse(x.rng); err == nil && r.SatisfiesPeer(v) {
			deps = append(deps, x.deps...)
		}
	}
	return deps
}
