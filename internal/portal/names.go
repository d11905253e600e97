package portal

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
