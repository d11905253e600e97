package dedupe

import (
	"strings"

	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// groupName is the package that a descriptor counts for. yarn-deduplicate
// splits a Classic key at its last @, so that the versions behind an alias are
// a package of their own ("a@npm:b@^1" counts for "a@npm:b").
func groupName(kind yarnlock.Kind, d yarnlock.Descriptor) string {
	if kind == yarnlock.Classic && strings.Contains(d.Range, "@") {
		return d.Name + "@" + d.Range[:strings.LastIndexByte(d.Range, '@')]
	}
	return d.Name
}

func newAsk(kind yarnlock.Kind, d yarnlock.Descriptor, e *yarnlock.Entry) ask {
	a := ask{d: d, at: e, name: d.Name}
	text, ok := "", false
	if kind == yarnlock.Classic {
		text, ok = d.Range, true
		if d.Range == spec.NoRange {
			text = "*"
		} else if i := strings.LastIndexByte(text, '@'); i >= 0 {
			text = text[i+1:]
		}
	} else if !e.IsWorkspace() {
		a.name, text, ok = berryRange(d)
	}
	if ok {
		rng, err := semrange.Parse(text)
		a.rng, a.ok = rng, err == nil
	}
	return a
}

// berryRange is what Yarn's resolvers can compare without the network
// (getSatisfying with a sorted answer): npm: ranges, aliases of them, and the
// Backstage plugin's ranges, which stand for ^version. Tags, patches and all
// other protocols stay where they are.
func berryRange(d yarnlock.Descriptor) (name, rng string, ok bool) {
	if d.Is(spec.Backstage) {
		return d.Name, "^" + spec.Parse(d.Range).Bind("npm"), true
	}
	if alias, ok := d.Alias(); ok {
		return alias.Name, spec.Bare(alias.Range), true
	}
	rng, ok = spec.NPM.Cut(d.Range)
	return d.Name, rng, ok
}

// candidates are the distinct versions that the asks have now, in lock order.
// On Classic they are told by version, the first entry standing for all; on
// Berry by locator, registry packages only.
func candidates(kind yarnlock.Kind, asks []ask) []*version {
	var list []*version
	byLocator := map[yarnlock.Locator]*version{} // on Classic all of a group have one name
	for i := range asks {
		a := &asks[i]
		text := a.at.Version
		if kind == yarnlock.Berry {
			version, ok := a.at.Resolution.Version()
			if !ok {
				continue
			}
			text = version
		}
		at := yarnlock.Locator{Name: a.at.Resolution.Name, Reference: text}
		v := byLocator[at]
		if v == nil {
			parsed, err := semrange.ParseVersion(text)
			if err != nil {
				continue
			}
			v = &version{entry: a.at, parsed: parsed}
			byLocator[at] = v
			list = append(list, v)
		}
		a.have = v
	}
	return list
}
