package relock

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// builtinSelector is the patch that plugin-compat applies to a package.
func builtinSelector(name string) string { return "optional!" + spec.CompatPatch(name) }

// prepare finds out and queues what p asks for. It is Project.preparePackage:
// packageExtensions, the implicit @types peers, then for each dependency the
// reduceDependency hooks in the order in which Yarn loads its plugins
// (resolutions, catalogs, compat patches, the Backstage plugin), and the
// binding of what is relative to the package.
func (s *solver) prepare(p *pkg) error {
	deps, peers := p.fields.Dependencies, p.fields.PeerDependencies
	npeers := len(peers)
	for _, x := range s.cfg.extensions.For(p.loc.Name, p.version) {
		for _, d := range x.Deps {
			if !hasDep(deps, d.Name) {
				deps = append(slices.Clip(deps), yarnlock.Dep{Name: d.Name, Range: spec.Normalize(d.Range)})
			}
		}
		npeers += len(x.Peers)
	}
	p.peered = npeers > 0 || len(p.fields.PeerDependenciesMeta) > 0
	p.edges = make([]edge, len(deps))
	for i, d := range deps {
		to, err := s.reduce(p, descriptor{Name: d.Name, Range: d.Range})
		if err != nil {
			return err
		}
		p.edges[i] = edge{name: d.Name, asked: d.Range, to: s.want(to, p, d.Name), alsoPeer: hasDep(peers, d.Name)}
	}
	for _, m := range p.fields.DependenciesMeta {
		if m.Optional() {
			for i := range p.edges {
				if p.edges[i].name == m.Name {
					p.edges[i].optional = true
				}
			}
		}
	}
	return nil
}

func hasDep(deps []yarnlock.Dep, name string) bool {
	for i := range deps {
		if deps[i].Name == name {
			return true
		}
	}
	return false
}

// reduce runs the hooks on one dependency of p.
func (s *solver) reduce(p *pkg, d descriptor) (descriptor, error) {
	if r := s.resolution(p, d); r != nil {
		if spec.Catalog.In(r.Value) {
			return d, fault.At(r.pos, "the resolution of %s is %q, and Yarn knows no catalogs there", d.Name, r.Value).
				WithNext("Write the version range itself, then run the command again.")
		}
		d.Range = s.bind(spec.Normalize(r.Value), s.rootLocator())
	}
	if d.Is(spec.Catalog) {
		rng, err := s.fromCatalog(p, d)
		if err != nil {
			return d, err
		}
		d.Range = rng
	}
	if spec.CompatPatched(d.Name) {
		d.Range = spec.PatchRange(d, builtinSelector(d.Name))
	}
	if d.Is(spec.Backstage) {
		rng, err := s.bindBackstage(p, d)
		if err != nil {
			return d, err
		}
		d.Range = rng
	}
	d.Range = s.bind(d.Range, p.loc)
	return d, nil
}

// bind ties a range that is relative to its package (file:, link:, portal:,
// exec:, patches by relative path) to that package; others stay.
func (s *solver) bind(rng string, parent locator) string {
	switch {
	case spec.NPM.In(rng), spec.Workspace.In(rng):
		return rng
	case spec.Patch.In(rng):
		if !relativePatch(rng) {
			return rng
		}
	case spec.IsPath(rng):
		rng = spec.File.Of(rng)
	case !spec.Local(rng):
		return rng
	}
	return spec.WithLocator(rng, parent)
}

// relativePatch reports whether one of the patch files of a patch: range is
// given by a path relative to the package that asks for it.
func relativePatch(rng string) bool {
	for path := range strings.SplitSeq(spec.Parse(rng).Selector(), "&") {
		if i := strings.LastIndexByte(path, '!'); i >= 0 {
			path = path[i+1:]
		}
		if path != "" && !isBuiltinPatch(path) && !strings.HasPrefix(path, "~/") && !strings.HasPrefix(path, "/") {
			return true
		}
	}
	return false
}

func isBuiltinPatch(path string) bool {
	return strings.HasPrefix(path, "builtin<") && strings.HasSuffix(path, ">")
}

// catalogsSince is the Yarn that brought catalogs and the age gate.
const catalogsSince = "4.10.0"

// fromCatalog resolves catalog: ranges (plugin-catalog).
func (s *solver) fromCatalog(p *pkg, d descriptor) (string, error) {
	if !s.cfg.yarn.atLeast(catalogsSince) {
		return "", fault.At(s.askPos(p, d.Name), "%s of %s: Yarn %s knows no catalogs", d.Range, d.Name, s.in.YarnVersion).
			WithNext("Move the repo to Yarn %s or newer (yarn set version stable), or write the version range itself.", catalogsSince)
	}
	if spec.CompatPatched(d.Name) && !s.cfg.yarn.atLeast("4.11.0") { // its hooks ran in another order
		return "", fault.At(s.askPos(p, d.Name), "%s of %s: Yarn %s takes no catalog for a package that it patches", d.Range, d.Name, s.in.YarnVersion).
			WithNext("Move the repo to Yarn 4.11.0 or newer (yarn set version stable), or write the version range itself.")
	}
	name, _ := spec.Catalog.Cut(d.Range)
	what := "the default catalog"
	if name != "" {
		what = "the catalog " + name
	}
	rng, ok := s.in.Settings.CatalogRange(name, d.Name)
	if !ok {
		return "", fault.At(s.askPos(p, d.Name), "%s of %s: %s has no such package", d.Range, d.Name, what).
			WithNext("Add %s to %s in .yarnrc.yml, then run the command again.", d.Name, what)
	}
	return s.bind(spec.Normalize(rng), s.rootLocator()), nil
}

// resolution is an entry of the root's resolutions field.
type resolution struct {
	yarnlock.Override
	pos fault.Pos // of the value
}

func loadResolutions(root *pkgjson.File) map[string][]resolution {
	rules := map[string][]resolution{}
	for _, r := range root.Resolutions() {
		if o, ok := yarnlock.OverrideOf(yarnlock.Berry, r.Pattern, r.Value); ok { // of others Yarn warns
			rules[o.Name] = append(rules[o.Name], resolution{o, r.Pos})
		}
	}
	return rules
}

// resolution is the one that replaces a range of p's, or nil.
func (s *solver) resolution(p *pkg, d descriptor) *resolution {
	rules := s.resolutions[d.Name]
	for i := range rules {
		if rules[i].Matches(p.loc, d.Range) {
			return &rules[i]
		}
	}
	return nil
}

// askPos is where p states its dependency on name, as far as a user can edit
// it: a package.json of the project, else the lock.
func (s *solver) askPos(p *pkg, name string) fault.Pos {
	switch {
	case p.ws != nil:
		return depPos(p.ws.file, name)
	case p.file != nil:
		return depPos(p.file, name)
	case p.entry != nil:
		for _, d := range p.entry.Dependencies {
			if d.Name == name {
				return s.in.Lock.DepPos(d)
			}
		}
	}
	return fault.Pos{}
}
