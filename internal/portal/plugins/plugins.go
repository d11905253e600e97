// Package plugins knows which Backstage plugins a portal's backend has: the
// dependencies of its backend package, with role and plugin ID.
package plugins

import (
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/workspace"
)

// How says how a package's role and plugin ID are known.
type How string

// The ways, from the surest to the least sure.
const (
	Installed How = "installed" // package.json below node_modules
	Workspace How = "workspace" // package.json of a workspace
	Registry  How = "registry"  // packument
	ByName    How = "name"      // Backstage's naming convention (ADR 11)
)

// Package is one plugin package of a backend.
type Package struct {
	Name    string
	Version string // "" when not known
	Role    string // backend-plugin or backend-plugin-module
	// PluginID is the plugin's, of a module the ID of the plugin that it extends.
	PluginID string
	How      How
	// Backend is the name of the backend package that has it as a dependency.
	Backend string
}

// Read lists the plugin packages of the project's backends, sorted by name:
// the dependencies of every workspace of role backend. registry answers for
// packages that are neither installed nor workspaces; nil asks nobody.
func Read(p *workspace.Project, registry func(name string) (role, pluginID string, ok bool)) ([]Package, error) {
	return nil, fault.New("no reader of plugins yet")
}
