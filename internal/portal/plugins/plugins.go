// Package plugins knows which Backstage plugins a portal's backend has: the
// dependencies of its backend package, with role and plugin ID.
package plugins

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/workspace"
)

// how says how a package's role and plugin ID are known.
type how string

// The ways, from the surest to the least sure.
const (
	howInstalled how = "installed" // package.json below node_modules
	howWorkspace how = "workspace" // package.json of a workspace
	howDynamic   how = "dynamic"   // package.json below the folder of dynamic plugins
	howRegistry  how = "registry"  // packument
	howName      how = "name"      // Backstage's naming convention (ADR 11)
)

// Package is one plugin package of a backend.
type Package struct {
	Name    string
	Version string // "" when not known
	Role    string // backend-plugin or backend-plugin-module
	// PluginID is the plugin's, of a module the ID of the plugin that it extends.
	PluginID string
	How      how
	// Backend is the name of the backend package that has it as a dependency,
	// "" for a dynamic plugin.
	Backend string
	// Dir is the package's folder when it is installed or a workspace, where
	// its migrations are; "" otherwise.
	Dir string
}

// maxManifest limits a package.json below node_modules, in bytes.
const maxManifest = 4 << 20

// Backends are the workspaces that run as a backend: those of the role backend,
// or without any of them packages/backend, as in portals from before roles.
func Backends(p *workspace.Project) []*workspace.Workspace {
	var out []*workspace.Workspace
	for _, w := range p.Workspaces {
		if w.File.Backstage.Role == "backend" {
			out = append(out, w)
		}
	}
	if w := p.ByRel("packages/backend"); len(out) == 0 && w != nil {
		out = append(out, w)
	}
	return out
}

// Registry answers for packages that are neither installed nor workspaces.
type Registry struct {
	// Plugin says what a package is; nil knows nothing.
	Plugin func(name string) (role, pluginID string, ok bool)
	// Brings are the dependencies of a library that a backend may be composed in,
	// none of any other package; nil knows none.
	Brings func(name string) []string
}

// Read lists the plugin packages of the project's backends, sorted by name:
// the dependencies (not those for development) of every backend, and those of
// the libraries that it is composed of. registry answers for packages that are
// neither installed nor workspaces; the zero value asks nobody.
func Read(p *workspace.Project, registry Registry) ([]Package, error) {
	backends := Backends(p)
	if len(backends) == 0 {
		return nil, fault.At(fault.Pos{File: pkgjson.FileName}, "no workspace is a backend").
			WithNext(`Give the backend's package.json "backstage": {"role": "backend"}`)
	}
	var out []Package
	for _, b := range backends {
		w := walk{p: p, backend: b, registry: registry, seen: map[string]bool{}}
		if err := w.deps(b.File, b.Dir); err != nil {
			return nil, err
		}
		out = append(out, w.out...)
	}
	sortPackages(out)
	return out, nil
}

// ReadDynamic lists the plugin packages below a folder of dynamic plugins
// (dynamicPlugins.rootDirectory of @backstage/backend-dynamic-feature-service),
// one folder each; none when there is no such folder.
func ReadDynamic(dir string) ([]Package, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: dir}, "the folder of dynamic plugins cannot be read")
	}
	var out []Package
	for _, e := range entries {
		folder := filepath.Join(dir, e.Name())
		f, err := readManifest(folder)
		if err != nil {
			return nil, err
		}
		if f == nil {
			continue
		}
		for _, pkg := range fromSource(fromManifest(f, f.Name, howDynamic, folder)) {
			if pkg.isPlugin() {
				out = append(out, pkg)
			}
		}
	}
	sortPackages(out)
	return out, nil
}

func sortPackages(list []Package) {
	sorting.By(list, func(a, b Package) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Backend, b.Backend))
	})
}

// IsDynamic reports whether it is below the folder of dynamic plugins, and so in
// no lock.
func (p Package) IsDynamic() bool { return p.How == howDynamic }

func (p Package) isPlugin() bool {
	return (p.Role == "backend-plugin" || p.Role == "backend-plugin-module") && p.PluginID != ""
}

// describe finds out what a package is that the backend b brings; dir is the
// folder of the package that asks for it.
func describe(p *workspace.Project, b *workspace.Workspace, dir, name string, registry Registry) (Package, error) {
	pkg := Package{Name: name, Backend: b.Name()}
	if w := p.ByName(name); w != nil {
		pkg = fromManifest(w.File, name, howWorkspace, w.Dir)
		pkg.Backend = b.Name()
		return pkg, nil
	}
	f, folder, err := installed(p, dir, name)
	if err != nil {
		return pkg, err
	}
	if f != nil {
		pkg = fromManifest(f, name, howInstalled, folder)
		pkg.Backend = b.Name()
		return pkg, nil
	}
	role, id, named := portal.BackendPlugin(name)
	if registry.Plugin != nil && (named || strings.Contains(name, "plugin") || strings.Contains(name, "backend")) {
		if r, i, ok := registry.Plugin(name); ok && r != "" {
			pkg.Role, pkg.PluginID, pkg.How = r, cmp.Or(i, id), howRegistry
			return pkg, nil
		}
	}
	if named {
		pkg.Role, pkg.PluginID, pkg.How = role, id, howName
	}
	return pkg, nil
}

// installed finds a package as Node does: in the node_modules of dir and of the
// folders above it, up to the project's root. f is nil when there is none.
func installed(p *workspace.Project, dir, name string) (f *pkgjson.File, folder string, err error) {
	for ; ; dir = filepath.Dir(dir) {
		folder := filepath.Join(dir, "node_modules", filepath.FromSlash(name))
		if f, err := readManifest(folder); f != nil || err != nil {
			return f, folder, err
		}
		if dir == p.Root || dir == filepath.Dir(dir) {
			return nil, "", nil
		}
	}
}

// Version is the version of a package that a backend loads, such as
// @backstage/backend-defaults; "" when it is not installed.
func Version(p *workspace.Project, backend *workspace.Workspace, name string) (string, error) {
	if w := p.ByName(name); w != nil {
		return w.File.Version, nil
	}
	f, _, err := installed(p, backend.Dir, name)
	if f == nil || err != nil {
		return "", err
	}
	return f.Version, nil
}

// fromManifest takes role and ID from package.json; packages from before these
// fields have their name.
func fromManifest(f *pkgjson.File, name string, how how, dir string) Package {
	pkg := Package{Name: name, Version: f.Version, Role: f.Backstage.Role, PluginID: f.Backstage.PluginID, How: how, Dir: dir}
	role, id, ok := portal.BackendPlugin(name)
	if !ok {
		return pkg
	}
	if pkg.Role == "" {
		pkg.Role, pkg.How = role, howName
	}
	if pkg.PluginID == "" {
		pkg.PluginID, pkg.How = id, howName
	}
	return pkg
}

// readManifest reads the package.json of a folder; nil when there is none. What
// is installed is read leniently: a broken file counts as absent, the backend
// would not start with it.
func readManifest(folder string) (*pkgjson.File, error) {
	path := filepath.Join(folder, pkgjson.FileName)
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxManifest {
		return nil, nil
	}
	src, err := repofile.Read(path, maxManifest)
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: path}, "the manifest cannot be read")
	}
	f, err := pkgjson.Parse(path, src)
	if err != nil {
		return nil, nil
	}
	return f, nil
}
