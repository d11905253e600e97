package check

import (
	"slices"
	"strings"
	"sync"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/portalctl/portalctl/internal/dedupe"
	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// model is what the rules look at, and what they have found so far.
type model struct {
	in   Input
	opts Options

	graph *depgraph.Graph // nil without a lock
	// after is the graph once the moves of dedupe are made.
	after    *depgraph.Graph
	moves    []dedupe.Move
	packages []*pkg // own workspaces
	byName   map[string]*pkg
	// versions are those of the release, as far as they are known.
	versions map[string]string

	reach     depgraph.Set   // see reachable
	before    []depgraph.Set // runtimes of graph, see meet
	ways      *ways          // see path
	resolved  []override     // see overrides
	hasParsed bool
	direct    map[depgraph.Node]bool // see others
	names     []string               // see lockNames
	// parsedRanges are those that edges ask for; see rangeOf.
	parsedRanges map[[2]string]askedRange

	findings []finding.Finding
	unknown  []finding.Unknown
	// unused and ranges are what --fix-manifests would change: keys of
	// resolutions, and ranges by the package that they ask for.
	unused []string
	ranges []rangeEdit

	drift  depgraph.Set       // see drifted
	sameID map[*pkg]*pkg      // see sameIDs
	idsOf  map[*pkg]pluginIDs // see sourceIDs
	madeBy map[*pkg][]made    // see makes

	rule   rule // at work
	filter *finding.Filter
	claims map[cause][]string // rules by what their findings explain
}

// pkg is a workspace with what it is.
type pkg struct {
	*workspace.Workspace
	portal.Naming
	role string
	// is is what the package is in truth, see settleRoles: its role, unless its
	// source says otherwise. certain: its source makes such a thing.
	is      string
	certain bool
	side    side

	read  sync.Once
	files []*sourceFile // see sources
}

func newModel(in Input, opts Options) *model {
	m := &model{in: in, opts: opts, byName: map[string]*pkg{}, claims: map[cause][]string{},
		filter: finding.NewFilter("", opts.Config, opts.Baseline, opts.Now)}
	if in.Project != nil {
		for _, ws := range in.Project.Workspaces {
			p := newPkg(ws)
			m.packages = append(m.packages, p)
			if ws.File.Name != "" {
				m.byName[ws.File.Name] = p
			}
		}
	}
	m.readAhead()
	m.versions = m.releaseVersions()
	if in.Lock != nil {
		m.graph = newGraph(in, in.Lock)
		m.after = m.graph
	}
	return m
}

func newPkg(ws *workspace.Workspace) *pkg {
	p := &pkg{Workspace: ws, Naming: portal.ParseName(ws.File.Name), role: ws.File.Backstage.Role, is: ws.File.Backstage.Role}
	// A wrong role is a finding of its own; the name then says where the
	// package runs.
	p.side = roles[p.role]
	if s := sideOfKind(p.Kind); s != sideNone && p.Kind != portal.Plugin {
		p.side = s
	}
	if p.Kind == portal.Plugin && p.side == sideNone && (p.role == "" || roleUnknown(p.role)) {
		p.side = sideFrontend
	}
	return p
}

// hasSide reports whether there is a side that what p loads can be wrong for.
func (p *pkg) hasSide() bool {
	return p.side != sideNone
}

func roleUnknown(role string) bool { _, ok := roles[role]; return !ok }

// isOwnPlugin reports whether p is a plugin, a module or a library of plugins,
// not an app, a tool or something else.
func (p *pkg) isOwnPlugin() bool {
	switch p.role {
	case "frontend", "backend":
		return p.Kind != portal.NoKind
	case "cli", "cli-module":
		return false
	case "":
		b := p.File.Backstage
		return p.Kind != portal.NoKind || b.PluginID != "" || b.PluginPackage != "" || len(b.PluginPackages) > 0
	}
	return true
}

// isModule reports whether p extends a plugin that is not its own.
func (p *pkg) isModule() bool {
	if p.certain {
		return strings.HasSuffix(p.is, "-module")
	}
	return p.Kind == portal.BackendModule || p.Kind == portal.FrontendModule || strings.HasSuffix(p.is, "-module")
}

// releaseVersions are the versions of the release: its manifest's, or, as far
// as they go, those that backstage: ranges of the lock are bound to.
func (m *model) releaseVersions() map[string]string {
	declared := m.in.standing().Declared
	if m.in.Release != nil || m.in.Lock == nil || declared == "" {
		return m.in.Release
	}
	var bound map[string]string
	for _, e := range m.in.Lock.Entries {
		for _, k := range e.Keys {
			if !k.Is(spec.Backstage) {
				continue
			}
			r := spec.Parse(k.Range)
			if v := r.Bind("npm"); v != "" && r.Bind("backstage") == declared {
				if bound == nil {
					bound = map[string]string{}
				}
				bound[k.Name] = v
			}
		}
	}
	return bound
}

func (m *model) off(rule string) bool {
	s, ok := m.opts.Config.Severity(rule)
	return ok && s == finding.Off
}

// inScope reports whether the rules about several versions look at a package.
func (m *model) inScope(name string) bool {
	if m.opts.All {
		return true
	}
	globs := m.scope()
	if len(globs) == 0 {
		return isBackstage(name) || m.isSingleton(name)
	}
	return slices.ContainsFunc(globs, func(g string) bool { ok, _ := doublestar.Match(g, name); return ok })
}

// scope are the names that the user asked for, nil if none.
func (m *model) scope() []string {
	if len(m.opts.Scope) > 0 {
		return m.opts.Scope
	}
	return m.opts.Config.Texts("scopes")
}

// newGraph is the graph of the project over a lock.
func newGraph(in Input, lock *yarnlock.Lock) *depgraph.Graph {
	return depgraph.Of(lock, in.Project, in.Settings)
}
