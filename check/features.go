package check

import (
	"slices"

	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// registers reads which modules a backend's source uses, and whether it is of the
// legacy system. known is false where the source is not here, or finds the
// features by itself.
//
// The backend's own files decide by what they import at all: a class or constant
// of a plugin that is used is a decision, and neither adding the plugin nor
// removing the dependency would be right. Of the portal's other packages, which
// may compose backends, what can be a feature counts.
func (m *model) registers(p *pkg) (found map[string]bool, legacy, known bool) {
	files := m.sources(p)
	if files == nil {
		return nil, false, false
	}
	found = map[string]bool{}
	for _, f := range files {
		if !f.test {
			legacy = m.legacy(p, f) || legacy
		}
	}
	seen := map[*pkg]bool{p: true}
	for queue := []*pkg{p}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, f := range m.sources(at) {
			if f.test || !f.has("import", "require", "export") {
				continue
			}
			s := f.scan()
			if s.discovers() {
				return nil, legacy, false
			}
			for _, im := range s.imports() {
				if !im.feature && (at != p || !im.used) {
					continue
				}
				found[im.module] = true
				if own := m.byName[spec.PackageOf(im.module)]; own != nil && !seen[own] && own.side != sideFrontend {
					seen[own] = true
					queue = append(queue, own)
				}
			}
		}
	}
	return found, legacy, true
}

// discovers reports whether the file has a loader that finds the backend's
// features in its dependencies: it is added, or handed on by a loader of the
// portal's own.
func (s source) discovers() bool {
	n := 0
	for i, t := range s.tokens {
		if s.is(i, "add", "(", "dynamicPluginsFeatureDiscoveryLoader") || s.is(i, "add", "(", "featureDiscoveryServiceFactory") {
			return true
		}
		if t.Is("discoveryFeatureLoader") {
			n++
		}
	}
	return n > 1 // it is imported and used
}

// exportsFeature reports whether there is something to add in a package. Features
// are made with @backstage/backend-plugin-api: what does not load it has none.
func (m *model) exportsFeature(name string, legacy bool) bool {
	if own := m.byName[name]; own != nil {
		files := m.sources(own)
		return files == nil || slices.ContainsFunc(files, func(f *sourceFile) bool {
			return !f.test && f.has("export default", "as default", "legacyPlugin")
		})
	}
	if legacy || m.graph == nil {
		return true
	}
	for _, n := range m.graph.Ident(name) {
		e := m.graph.Entry(n)
		if e == nil || len(e.Dependencies) == 0 {
			continue // it says nothing of what it loads
		}
		if !slices.ContainsFunc(slices.Concat(e.Dependencies, e.PeerDependencies), func(d yarnlock.Dep) bool { return makesFeatures(d.Name) }) {
			return false
		}
	}
	return true
}

// makesFeatures reports whether a package is one with which backend features are
// made, or hands on what makes them.
func makesFeatures(name string) bool {
	return name == "@backstage/backend-plugin-api" || name == "@backstage/backend-defaults" || portal.ParseName(name).Kind == portal.Backend || portal.ParseName(name).Kind == portal.BackendModule
}

// mentions is a file of a package that imports a module, if only its types.
func (m *model) mentions(p *pkg, name string) string {
	for _, f := range m.sources(p) {
		if f.has(name) && slices.ContainsFunc(f.scan().tokens, func(t jsscan.Token) bool { return t.Kind == jsscan.String && spec.PackageOf(t.Text) == name }) {
			return f.name
		}
	}
	return ""
}

func (m *model) mentionsWord(p *pkg, word string) bool {
	return slices.ContainsFunc(m.sources(p), func(f *sourceFile) bool { return !f.test && f.has(word) })
}
