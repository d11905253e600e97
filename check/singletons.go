package check

import (
	"fmt"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/portal"
)

const configReason = "listed in .portalctl.yaml"

// Singleton is the rule of a portal for packages of which a second copy breaks
// it: the list of every portal, which config adds to. Whatever else decides about
// copies, such as the writer of the lock, has to go by the same rule.
func Singleton(config *finding.Config) func(name string) bool {
	return func(name string) bool { return singletonReason(config, name) != "" }
}

// singletonReason says why a second copy of a package breaks the portal, "" if
// it does not.
func singletonReason(config *finding.Config, name string) string {
	if reason := portal.SingletonReason(name); reason != "" {
		return reason
	}
	for _, glob := range config.Texts("singletons") {
		if ok, _ := doublestar.Match(glob, name); ok {
			return configReason
		}
	}
	return ""
}

func (m *model) singletonReason(name string) string { return singletonReason(m.opts.Config, name) }

func (m *model) isSingleton(name string) bool { return m.singletonReason(name) != "" }

func isBackstage(name string) bool { return strings.HasPrefix(name, "@backstage/") }

// reactTypes are the packages that tsc has to find in one major version: what one
// declares is no JSX element for another. The root package.json of a new portal holds
// them together with resolutions for that reason (create-app's template).
const reactTypes, reactDOMTypes = "@types/react", "@types/react-dom"

func isReactTypes(name string) bool { return name == reactTypes || name == reactDOMTypes }

// reactTypesToKeep are the highest types of the React that the portal has, nil
// if none are there.
func (m *model) reactTypesToKeep(list []*instance) *instance {
	copies := m.instances("react")
	if len(copies) == 0 {
		return nil
	}
	major := m.keep("react", copies).parsed.Major()
	for _, in := range list {
		if in.parsed.Major() == major {
			return in
		}
	}
	return nil
}

// asReactTypes makes a duplicate that of types: nothing loads them, and one
// resolution does for all.
func (m *model) asReactTypes(f *finding.Finding, keep *instance) {
	f.Severity = finding.Warning
	f.Message += "; tsc takes what they declare for different things (“cannot be used as a JSX component”)"
	f.Next = fmt.Sprintf(`Add "%s": "^%d" to the resolutions of the root package.json, then run %s`, f.Name, keep.parsed.Major(), m.install())
	f.Fixes = []finding.Fix{finding.FixManifest}
}
