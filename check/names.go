package check

import (
	"strings"

	"github.com/portalctl/portalctl/internal/portal"
)

// side is where a package runs.
type side int

const (
	sideNone side = iota // not known, or a tool
	sideFrontend
	sideBackend
	sideCommon
)

// sideOfKind is where packages of a kind run.
func sideOfKind(k portal.Kind) side {
	switch k {
	case portal.Plugin, portal.React, portal.FrontendModule:
		return sideFrontend
	case portal.Backend, portal.BackendModule, portal.Node:
		return sideBackend
	case portal.Common:
		return sideCommon
	}
	return sideNone
}

// roles are those of @backstage/cli-node's PackageRoles, with where they run.
var roles = map[string]side{
	"frontend": sideFrontend, "frontend-plugin": sideFrontend, "frontend-plugin-module": sideFrontend, "web-library": sideFrontend,
	"frontend-dynamic-container": sideFrontend,
	"backend":                    sideBackend, "backend-plugin": sideBackend, "backend-plugin-module": sideBackend, "node-library": sideBackend,
	"common-library": sideCommon,
	"cli":            sideNone, "cli-module": sideNone,
}

// wantedRole is the role that a package of that kind has.
func wantedRole(k portal.Kind) string {
	return map[portal.Kind]string{
		portal.Plugin: "frontend-plugin", portal.Backend: "backend-plugin", portal.BackendModule: "backend-plugin-module",
		portal.FrontendModule: "frontend-plugin-module", portal.Common: "common-library", portal.React: "web-library", portal.Node: "node-library",
	}[k]
}

// frameworkSides are the @backstage packages besides plugins whose names start
// like this and that only one side can load.
var frameworkSides = []struct {
	prefix string
	side   side
}{
	{"@backstage/backend-", sideBackend},
	{"@backstage/core-", sideFrontend},
	{"@backstage/frontend-", sideFrontend},
	{"@backstage/app-defaults", sideFrontend},
	{"@backstage/integration-react", sideFrontend},
	{"@backstage/ui", sideFrontend},
}

// sideOf is where a package of another repo runs, by its name alone. What is
// not sure is sideNone.
func sideOf(name string) side {
	for _, f := range frameworkSides {
		if name == f.prefix || strings.HasSuffix(f.prefix, "-") && strings.HasPrefix(name, f.prefix) {
			return f.side
		}
	}
	n := portal.ParseName(name)
	if n.Kind == portal.Plugin && !strings.Contains(name, "backstage") {
		return sideNone // anything may be called a plugin
	}
	if strings.HasSuffix(name, "-test-utils") {
		return sideNone
	}
	return sideOfKind(n.Kind)
}
