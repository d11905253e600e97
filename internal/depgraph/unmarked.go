package depgraph

import (
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// unmarked finds what backstage:^ became in the locks of early Backstage plugins
// of Yarn, or is nil where keys say it themselves. The plugin of Backstage 1.33
// wrote backstage:<release>; those of 1.34 to 1.38 put npm:^<version> in the place
// of the range, so that only the entries of workspaces still say backstage:^. Of
// several such keys the release's is the highest: what others ask for is older.
func unmarked(lock *yarnlock.Lock) func(name string) (yarnlock.Descriptor, bool) {
	asked := false
	for _, e := range lock.Entries {
		for _, k := range e.Keys {
			if k.Is(spec.Backstage) && strings.Contains(k.Range, "::") {
				return nil // a newer plugin: what has no such key has no entry
			}
		}
		asked = asked || e.IsWorkspace() && slices.ContainsFunc(e.Dependencies, func(d yarnlock.Dep) bool { return d.Range == spec.BackstageRange })
	}
	if !asked {
		return nil // no plugin wrote it
	}
	return func(name string) (under yarnlock.Descriptor, ok bool) {
		var top *semver.Version
		for _, e := range lock.Named(name) {
			for _, k := range e.Keys {
				if k.Name != name {
					continue
				}
				if k.Is(spec.Backstage) {
					return k, true
				}
				text, caret := strings.CutPrefix(k.Range, string(spec.NPM)+"^")
				if v, err := semver.NewVersion(text); caret && err == nil && (top == nil || v.GreaterThan(top)) {
					under, ok, top = k, true, v
				}
			}
		}
		return under, ok
	}
}
