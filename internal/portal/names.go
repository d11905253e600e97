package portal

import "strings"

// BackendPlugin reads a package name by Backstage's naming rules (ADR 11): the
// role of a backend plugin or of a backend module, and the ID of the plugin that
// it is or extends. ok is false for a name that says neither. Names are the
// weakest source of an ID: backstage.pluginId in package.json goes before.
func BackendPlugin(name string) (role, pluginID string, ok bool) {
	scope, base, scoped := strings.Cut(name, "/")
	if !scoped {
		scope, base = "", name
	}
	base = strings.TrimSuffix(base, "-dynamic") // wrappers of Red Hat's distribution
	if id, found := strings.CutSuffix(base, "-plugin-for-backstage-backend"); found && id != "" {
		// @aws/amazon-ecs-plugin-for-backstage-backend
		return "backend-plugin", id, true
	}
	rest, plugin := strings.CutPrefix(base, "plugin-")
	if i := strings.Index(base, "-plugin-"); !plugin && i >= 0 && (strings.Contains(base[:i], "backstage") || strings.Contains(base[:i], "community")) {
		rest, plugin = base[i+len("-plugin-"):], true
	}
	if id, module, found := strings.Cut(rest, "-backend-module-"); found && id != "" && module != "" {
		// "@roadiehq/scaffolder-backend-module-utils" says enough without plugin-.
		return "backend-plugin-module", id, plugin || scope != ""
	}
	if id, found := strings.CutSuffix(rest, "-backend"); found && id != "" {
		return "backend-plugin", id, plugin
	}
	return "", "", false
}
