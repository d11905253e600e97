package check

import (
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
