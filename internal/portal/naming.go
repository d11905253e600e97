package portal

import "strings"

// Kind is what a package's name says that it is, by the naming rules of
// Backstage's ADR 11.
type Kind int

const (
	NoKind         Kind = iota // says nothing
	Plugin                     // plugin-x
	Backend                    // plugin-x-backend
	BackendModule              // plugin-x-backend-module-y
	FrontendModule             // plugin-x-module-y
	Common                     // plugin-x-common
	React                      // plugin-x-react
	Node                       // plugin-x-node
)

// Naming is a package name taken apart.
type Naming struct {
	Kind Kind
	// Family is the name without what tells the packages of a plugin apart:
	// "@acme/plugin-x" for all of them. "" if the name is not a plugin's.
	Family string
	// ID is the plugin's id as the name has it: "x".
	ID string
}

// ParseName reads a package name. Dynamic plugins' wrappers add -dynamic.
func ParseName(name string) Naming {
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
	var n Naming
	prefix, rest := "", base
	if at >= 0 {
		prefix, rest = base[:at+len("plugin-")], base[at+len("plugin-"):]
	}
	n.Kind, n.ID = cutKind(rest)
	switch {
	case at < 0 && n.Kind == BackendModule:
		// "scaffolder-backend-module-x" says enough without plugin-.
	case at < 0:
		return Naming{}
	case n.Kind == NoKind && !strings.HasSuffix(rest, "-test-utils"):
		n.Kind = Plugin
	}
	if n.ID != "" {
		n.Family = strings.TrimPrefix(scope+"/"+prefix+n.ID, "/")
	}
	return n
}

// forBackstage reads names such as @aws/aws-codebuild-plugin-for-backstage-backend.
func forBackstage(scope, id, rest string) Naming {
	k, ok := map[string]Kind{"": Plugin, "-frontend": Plugin, "-backend": Backend, "-common": Common, "-react": React, "-node": Node}[rest]
	if !ok {
		return Naming{}
	}
	return Naming{k, strings.TrimPrefix(scope+"/"+id, "/"), id}
}

// cutKind takes the suffix off what follows plugin-.
func cutKind(rest string) (Kind, string) {
	if id, _, ok := strings.Cut(rest, "-backend-module-"); ok {
		return BackendModule, id
	}
	for suffix, k := range map[string]Kind{"-backend": Backend, "-common": Common, "-react": React, "-node": Node} {
		if id, ok := strings.CutSuffix(rest, suffix); ok {
			return k, id
		}
	}
	if id, _, ok := strings.Cut(rest, "-module-"); ok {
		return FrontendModule, id
	}
	if rest == "backend" {
		return Backend, ""
	}
	return NoKind, rest
}

// BackendPlugin reads a package name by Backstage's naming rules (ADR 11): the
// role of a backend plugin or of a backend module, and the ID of the plugin that
// it is or extends. ok is false for a name that says neither. Names are the
// weakest source of an ID: backstage.pluginId in package.json goes before.
func BackendPlugin(name string) (role, pluginID string, ok bool) {
	n := ParseName(name)
	switch {
	case n.ID == "":
	case n.Kind == Backend:
		return "backend-plugin", n.ID, true
	case n.Kind == BackendModule:
		return "backend-plugin-module", n.ID, true
	}
	return "", "", false
}

// IsTooling reports whether a package of Backstage is there to build, test or
// keep a portal, and never runs in one: what is published with the role cli or
// cli-module, the kits for tests and for developing plugins, and the linter's
// rules. create-app lists @backstage/cli under the app's dependencies, so that
// the section of package.json does not tell. cli-common and cli-node are libraries
// that the backend loads, too.
func IsTooling(name string) bool {
	switch name {
	case "@backstage/cli", "@backstage/cli-defaults", "@backstage/codemods", "@backstage/create-app", "@backstage/dev-utils",
		"@backstage/eslint-plugin", "@backstage/repo-tools", "@backstage/test-utils", "@techdocs/cli":
		return true
	}
	return strings.HasPrefix(name, "@backstage/cli-module-") ||
		strings.HasPrefix(name, "@backstage/") && strings.HasSuffix(name, "-test-utils")
}
