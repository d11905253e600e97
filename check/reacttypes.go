package check

import (
	"fmt"

	"github.com/portalctl/portalctl/internal/finding"
)

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
