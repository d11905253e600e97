package check

import "strings"

// kind is what a package's name says that it is, by the naming rules of
// Backstage's ADR 11.
type kind int

const (
	kindNone           kind = iota // says nothing
	kindPlugin                     // plugin-x
	kindBackend                    // plugin-x-backend
	kindBackendModule              // plugin-x-backend-module-y
	kindFrontendModule             // plugin-x-module-y
	kindCommon                     // plugin-x-common
	kindReact                      // plugin-x-react
	kindNode                       // plugin-x-node
)

// named is a package name taken apart.
type named struct {
	kind kind
	// family is the name without what tells the packages of a plugin apart:
	// "@acme/plugin-x" for all of them. "" if the name is no plugin's.
	family string
	// id is the plugin's id as the name has it: "x".
	id string
}

// parseName reads a package name. Dynamic plugins' wrappers add -dynamic.
func parseName(name string) named {
	scope, base, scoped := strings.Cut(name, "/")
	if !scoped {
		scope, base = "", name
	}
	base = strings.TrimSuffix(base, "-dynamic")
	if before, rest, ok := strings.Cut(base, "-plugin-for-backstage"); ok {
		return forBackstage(scope, before, rest)
	}
	at := -1
	if strings.HasPrefix(base, "plugin-") {
		at = 0
	} else if i := strings.Index(base, "-plugin-"); i >= 0 && (strings.Contains(base[:i], "backstage") || strings.Contains(base[:i], "community")) {
		at = i + 1 // not eslint-plugin-x or backend-plugin-api
	}
	var n named
	prefix, rest := "", base
	if at >= 0 {
		prefix, rest = base[:at+len("plugin-")], base[at+len("plugin-"):]
	}
	n.kind, n.id = cutKind(rest)
	switch {
	case at < 0 && n.kind == kindBackendModule:
		// "scaffolder-backend-module-x" says enough without plugin-.
	case at < 0:
		return named{}
	case n.kind == kindNone && !strings.HasSuffix(rest, "-test-utils"):
		n.kind = kindPlugin
	}
	if n.id != "" {
		n.family = strings.TrimPrefix(scope+"/"+prefix+n.id, "/")
	}
	return n
}

// forBackstage reads names such as @aws/aws-codebuild-plugin-for-backstage-backend.
func forBackstage(scope, id, rest string) named {
	k, ok := map[string]kind{"": kindPlugin, "-frontend": kindPlugin, "-backend": kindBackend, "-common": kindCommon, "-react": kindReact, "-node": kindNode}[rest]
	if !ok {
		return named{}
	}
	return named{k, strings.TrimPrefix(scope+"/"+id, "/"), id}
}

// cutKind takes the suffix off what follows plugin-.
func cutKind(rest string) (kind, string) {
	if id, _, ok := strings.Cut(rest, "-backend-module-"); ok {
		return kindBackendModule, id
	}
	for suffix, k := range map[string]kind{"-backend": kindBackend, "-common": kindCommon, "-react": kindReact, "-node": kindNode} {
		if id, ok := strings.CutSuffix(rest, suffix); ok {
			return k, id
		}
	}
	if id, _, ok := strings.Cut(rest, "-module-"); ok {
		return kindFrontendModule, id
	}
	if rest == "backend" {
		return kindBackend, ""
	}
	return kindNone, rest
}

// side is where a package runs.
type side int

const (
	sideNone side = iota // not known, or a tool
	sideFrontend
	sideBackend
	sideCommon
)

func (k kind) side() side {
	switch k {
	case kindPlugin, kindReact, kindFrontendModule:
		return sideFrontend
	case kindBackend, kindBackendModule, kindNode:
		return sideBackend
	case kindCommon:
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

// wanted is the role that a package of that kind has.
func (k kind) wanted() string {
	return map[kind]string{
		kindPlugin: "frontend-plugin", kindBackend: "backend-plugin", kindBackendModule: "backend-plugin-module",
		kindFrontendModule: "frontend-plugin-module", kindCommon: "common-library", kindReact: "web-library", kindNode: "node-library",
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
	n := parseName(name)
	if n.kind == kindPlugin && !strings.Contains(name, "backstage") {
		return sideNone // anything may be called a plugin
	}
	if strings.HasSuffix(name, "-test-utils") {
		return sideNone
	}
	return n.kind.side()
}
