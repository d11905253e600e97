package check

import (
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// singleton is a package of which a second copy breaks the portal.
type singleton struct {
	name   string // or a glob
	reason string
}

// singletons are those of any portal, besides Backstage's own (see
// singletonReason). .portalctl.yaml adds to them.
var singletons = []singleton{
	{"react", "hooks fail when a component and its renderer use different copies"},
	{"react-dom", "a second renderer does not share events, portals or context"},
	{"react-router", "the router's context is in one copy: links and params of the other find none"},
	{"react-router-dom", "the router's context is in one copy: links and params of the other find none"},
	{"@material-ui/core", "themes and class names are kept in one copy: styles of the other get lost or clash"},
	{"@material-ui/styles", "themes and class names are kept in one copy: styles of the other get lost or clash"},
	{"@backstage/ui", "its provider and styles are in one copy"},
	{"@backstage/core-plugin-api", "route refs and contexts belong to one copy: a plugin with another one finds no API and no route"},
	{"@backstage/frontend-plugin-api", "route refs and extension data belong to one copy: the app does not see what a plugin with another one declares"},
	{"graphql", "it refuses objects of another copy (“Cannot use GraphQLSchema from another module or realm”)"},
}

const (
	pluginReason = "a plugin's React contexts, routes and API refs exist once for each copy"
	appAPIReason = "the app's APIs exist once for each copy"
	configReason = "listed in .portalctl.yaml"
)

// singletonReason says why a second copy of a package breaks the portal; ""
// means that it does not, as far as is known. The rules by name are those of
// the former versions:check, for the plugins of all scopes.
func (m *model) singletonReason(name string) string {
	for _, s := range singletons {
		if s.name == name {
			return s.reason
		}
	}
	for _, glob := range m.opts.Config.Texts("singletons") {
		if ok, _ := doublestar.Match(glob, name); ok {
			return configReason
		}
	}
	if isBackstage(name) && strings.HasSuffix(name, "-app-api") {
		return appAPIReason
	}
	if strings.Contains(name, "backstage") && isPlugin(name) {
		return pluginReason
	}
	return ""
}

// isPlugin tells plugins and modules from their libraries: a second copy of a
// -react, -node or -common package is a waste, but works.
func isPlugin(name string) bool {
	switch parseName(name).kind {
	case kindPlugin, kindBackend, kindBackendModule, kindFrontendModule:
		return !strings.HasSuffix(name, "-test-utils")
	}
	return false
}

func (m *model) isSingleton(name string) bool { return m.singletonReason(name) != "" }

func isBackstage(name string) bool { return strings.HasPrefix(name, "@backstage/") }
