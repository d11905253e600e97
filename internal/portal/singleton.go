package portal

import "strings"

// singleton is a package of which a second copy breaks the portal.
type singleton struct {
	name, reason string
}

// singletons are those that no rule by names covers.
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
	pluginReason  = "a plugin's React contexts, routes and API refs exist once for each copy"
	appAPIReason  = "the app's APIs exist once for each copy"
	backendReason = "a backend plugin's extension points and service references exist once for each copy"
)

// SingletonReason says why a second copy of a package breaks a portal; "" means
// that it does not, as far as is known. The rules by name are those of the
// former versions:check, for the plugins of all scopes.
func SingletonReason(name string) string {
	for _, s := range singletons {
		if s.name == name {
			return s.reason
		}
	}
	switch {
	case name == "@backstage/backend-app-api":
		return backendReason
	case strings.HasPrefix(name, "@backstage/") && strings.HasSuffix(name, "-app-api"):
		return appAPIReason
	case strings.Contains(name, "backstage") && isPlugin(name):
		if kind := ParseName(name).Kind; kind == Backend || kind == BackendModule {
			return backendReason
		}
		return pluginReason
	}
	return ""
}

// IsSingleton reports whether a second copy of a package breaks a portal.
func IsSingleton(name string) bool { return SingletonReason(name) != "" }

// isPlugin tells plugins and modules from their libraries: a second copy of a
// -react, -node or -common package is a waste, but works.
func isPlugin(name string) bool {
	switch ParseName(name).Kind {
	case Plugin, Backend, BackendModule, FrontendModule:
		return !strings.HasSuffix(name, "-test-utils")
	}
	return false
}
