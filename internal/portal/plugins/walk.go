package plugins

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/workspace"
)

// walk collects the plugins of one backend.
type walk struct {
	p        *workspace.Project
	backend  *workspace.Workspace
	registry Registry
	seen     map[string]bool
	out      []Package
}

// deps takes what a package brings at run time. A backend may be composed in a
// library, of the repository or a published one (a feature loader): the plugins
// are then the library's dependencies. What a plugin itself depends on is its
// own affair: types and clients of other plugins.
func (w *walk) deps(f *pkgjson.File, dir string) error {
	for _, section := range pkgjson.Sections() {
		if section == pkgjson.DevDependencies || section == pkgjson.PeerDependencies {
			continue
		}
		var names []string
		for _, dep := range f.Deps(section) {
			names = append(names, dep.Name)
		}
		if err := w.names(names, dir); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) names(names []string, dir string) error {
	for _, name := range names {
		if w.seen[name] {
			continue
		}
		w.seen[name] = true
		if err := w.dependency(name, dir); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) dependency(name, dir string) error {
	pkg, err := describe(w.p, w.backend, dir, name, w.registry)
	if err != nil {
		return err
	}
	if pkg.isPlugin() || pkg.Role == "backend-plugin" {
		for _, one := range fromSource(pkg) {
			if one.isPlugin() {
				w.out = append(w.out, one)
			}
		}
		return nil
	}
	if own := w.p.ByName(name); own != nil {
		if !runsElsewhere(own.File.Backstage.Role) && own.Rel != "packages/app" {
			return w.deps(own.File, own.Dir)
		}
		return nil
	}
	f, folder, err := installed(w.p, dir, name)
	switch {
	case err != nil:
		return err
	case f == nil && w.registry.Brings != nil:
		return w.names(w.registry.Brings(name), dir)
	case f == nil || !composes(f):
		return nil
	}
	return w.deps(f, folder)
}

// runsElsewhere are the roles of what a backend may depend on without running
// it: packages/app is there for its built files.
func runsElsewhere(role string) bool {
	return role == "frontend" || role == "cli" || strings.HasPrefix(role, "frontend-plugin") || role == "web-library"
}

// composes reports whether a published library may bring plugins: one for
// Backstage's backend, but not Backstage's own framework.
func composes(f *pkgjson.File) bool {
	return Composes(f.Name, f.Backstage.Role) &&
		slices.ContainsFunc(f.Deps(pkgjson.Dependencies), func(d pkgjson.Dep) bool { return strings.HasPrefix(d.Name, "@backstage/") })
}

// Composes reports whether a published package of that name and role may bring
// plugins, if it needs anything of Backstage.
func Composes(name, role string) bool {
	return role == "node-library" && !strings.HasPrefix(name, "@backstage/")
}
