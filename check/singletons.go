package check

import (
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/portalctl/portalctl/internal/portal"
)

const configReason = "listed in .portalctl.yaml"

// singletonReason says why a second copy of a package breaks the portal, "" if
// it does not: by the list of every portal, which .portalctl.yaml adds to.
func (m *model) singletonReason(name string) string {
	if reason := portal.SingletonReason(name); reason != "" {
		return reason
	}
	for _, glob := range m.opts.Config.Texts("singletons") {
		if ok, _ := doublestar.Match(glob, name); ok {
			return configReason
		}
	}
	return ""
}

func (m *model) isSingleton(name string) bool { return m.singletonReason(name) != "" }

func isBackstage(name string) bool { return strings.HasPrefix(name, "@backstage/") }
