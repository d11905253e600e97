package audit

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/workspace"
)

// The parts of a portal that a package can end up in.
const (
	runsInFrontend = "frontend"
	runsInBackend  = "backend"
	runsInTooling  = "tooling"
)

// Where is who asks for a package.
type Where struct {
	// Paths are the shortest ones, one from each workspace that needs the
	// package: those that development alone takes last, the shortest first.
	Paths []Path
	// Parts are the parts of the portal that it ends up in: by the roles of the
	// workspaces that need it in production, else tooling.
	Parts []string
	// Production says that it is needed apart from development.
	Production bool
	// Pos is the line of package.json that asks for it directly, else the
	// entry of the lock.
	Pos fault.Pos
}

// Path is a way from a workspace to a package.
type Path struct {
	// Workspace is the name of the package.json, Folder where it is, from the
	// root of what is audited.
	Workspace string `json:"workspace"`
	Folder    string `json:"folder"`
	// Part is runsInFrontend, runsInBackend, runsInTooling, or "" for what is common to several.
	Part string `json:"part"`
	// Dev says that the path starts at a devDependency.
	Dev bool `json:"dev"`
	// Steps lead to the package. Of a way longer than maxSteps the middle is left
	// out: Cut steps, after the first half of those that are kept.
	Steps []pathStep `json:"steps"`
	Cut   int        `json:"stepsLeftOut,omitempty"`
	// Pos is where package.json asks for the first step.
	Pos fault.Pos `json:"-"`
	// tool is the first step that is tooling by its name, "" if none is.
	tool string
}

// aside reports whether the way is not one into production.
func (p Path) aside() bool { return p.Dev || p.tool != "" }

// pathStep is a package on a path, and the range that the one before asks for.
type pathStep struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Range   string `json:"range"`
}

// maxSteps is how many steps of a path are kept. Real ones have a dozen; a lock
// that is one chain would otherwise have a report of its length squared.
const maxSteps = 24

// String is workspace → package@version → ….
func (p Path) String() string {
	parts := []string{p.Workspace}
	for i, s := range p.Steps {
		if p.Cut > 0 && i == maxSteps/2 {
			parts = append(parts, fmt.Sprintf("(%d more)", p.Cut))
		}
		parts = append(parts, s.Name+"@"+s.Version)
	}
	return strings.Join(parts, " → ")
}

// shorten leaves the middle of a long way out.
func (p *Path) shorten() {
	if p.Cut = len(p.Steps) - maxSteps; p.Cut <= 0 {
		p.Cut = 0
		return
	}
	p.Steps = append(slices.Clone(p.Steps[:maxSteps/2]), p.Steps[len(p.Steps)-maxSteps/2:]...)
}

// model is a lock with its graph.
type model struct {
	*Lock
	graph *depgraph.Graph
	prod  depgraph.Set
	nodes map[osv.Package][]depgraph.Node
}

func newModel(l *Lock) *model {
	m := &model{Lock: l, graph: depgraph.Of(l.Lock, l.Project, l.Settings), nodes: map[osv.Package][]depgraph.Node{}}
	m.prod = m.graph.Production(portal.IsTooling)
	for _, e := range l.Lock.Entries {
		for _, p := range packagesOf(e) {
			m.nodes[p] = append(m.nodes[p], m.graph.Node(e))
		}
	}
	return m
}

// onRelease reports whether backstage.json names the release of the project.
func (m *model) onRelease() bool {
	return m.Project != nil && m.Project.Backstage != nil && m.Project.Backstage.Version != ""
}

// dir is the folder of the lock from the root.
func (m *model) dir() string { return dirOf(m.Lock) }

func dirOf(l *Lock) string { return path.Dir(l.Path) }

func join(dir, rel string) string { return path.Join(dir, rel) }

// at turns a place of the lock's project into one from the root.
func (m *model) at(pos fault.Pos) fault.Pos {
	if pos.File != "" && pos.File != m.Path {
		pos.File = path.Join(m.dir(), pos.File)
	}
	return pos
}

// production reports whether a package is needed apart from development. A
// package that nobody is known to ask for counts.
func (m *model) production(p osv.Package) bool {
	reached := false
	if m.Tool != "" {
		return slices.ContainsFunc(m.nodes[p], func(n depgraph.Node) bool { return !m.Dev[m.graph.Entry(n)] })
	}
	for _, n := range m.nodes[p] {
		if m.prod.Has(n) {
			return true
		}
		reached = reached || len(m.graph.Why(n)) > 0
	}
	return !reached
}

// where finds out who asks for a package.
func (m *model) where(p osv.Package) Where {
	w := Where{Production: m.production(p)}
	shortest := map[depgraph.Node]depgraph.Path{}
	for _, n := range m.nodes[p] {
		for _, way := range m.graph.Why(n) {
			have, ok := shortest[way.Workspace]
			if !ok || len(way.Steps) < len(have.Steps) {
				shortest[way.Workspace] = way
			}
		}
	}
	for _, ws := range m.graph.Workspaces() {
		if way, ok := shortest[ws]; ok {
			w.Paths = append(w.Paths, m.path(way))
		}
	}
	// A list is cut short: what brings the package into production is not to be
	// hidden behind forty workspaces whose tests do.
	sorting.Stable(w.Paths, func(a, b Path) int {
		if a.aside() != b.aside() {
			if a.aside() {
				return 1
			}
			return -1
		}
		return len(a.Steps) + a.Cut - len(b.Steps) - b.Cut
	})
	w.Parts = m.parts(p)
	w.Pos = m.pos(p, w.Paths)
	return w
}

func (m *model) pos(p osv.Package, paths []Path) fault.Pos {
	for _, way := range paths {
		if len(way.Steps) == 1 && way.Pos.Line > 0 {
			return way.Pos
		}
	}
	for _, n := range m.nodes[p] {
		return m.Lock.Lock.Pos(m.graph.Entry(n))
	}
	return fault.Pos{File: m.Path}
}

func (m *model) path(way depgraph.Path) Path {
	ws := m.graph.Workspace(way.Workspace)
	out := Path{Workspace: ws.Name, Folder: path.Join(m.dir(), ws.Rel), Part: m.part(ws)}
	if out.Workspace == "" {
		out.Workspace = out.Folder
	}
	for i, e := range way.Steps {
		// A patch and what it patches are one package: the edge between the two
		// is not a step that a person takes.
		if e.Kind == depgraph.Source {
			continue
		}
		if i == 0 {
			out.Dev, out.Pos = e.Kind == depgraph.Dev, m.at(e.Pos)
		}
		if name := m.graph.Name(e.To); out.tool == "" && portal.IsTooling(name) {
			out.tool = name
		}
		out.Steps = append(out.Steps, pathStep{Name: e.Name, Version: m.graph.Version(e.To), Range: e.Range})
	}
	out.shorten()
	return out
}

// parts are where a package ends up: the parts of the workspaces that lead to
// it without passing a devDependency, tooling or another workspace.
func (m *model) parts(p osv.Package) []string {
	seen := make([]bool, m.graph.Len())
	var todo []depgraph.Node
	for _, n := range m.nodes[p] {
		seen[n] = true
		todo = append(todo, n)
	}
	var parts []string
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if ws := m.graph.Workspace(n); ws != nil {
			switch part := m.part(ws); part {
			case "":
				parts = append(parts, runsInFrontend, runsInBackend)
			default:
				parts = append(parts, part)
			}
			continue
		}
		for e := range m.graph.In(n) {
			if e.Kind != depgraph.Dev && !portal.IsTooling(m.graph.Name(e.To)) && !seen[e.From] {
				seen[e.From] = true
				todo = append(todo, e.From)
			}
		}
	}
	if len(parts) == 0 {
		return []string{runsInTooling}
	}
	slices.Sort(parts)
	return slices.Compact(parts)
}

// roleParts are the roles that package.json gives in backstage.role
// (PackageRoles of @backstage/cli-node).
var roleParts = map[string]string{
	"frontend": runsInFrontend, "frontend-plugin": runsInFrontend, "frontend-plugin-module": runsInFrontend, "web-library": runsInFrontend,
	"frontend-dynamic-container": runsInFrontend,
	"backend":                    runsInBackend, "backend-plugin": runsInBackend, "backend-plugin-module": runsInBackend, "node-library": runsInBackend,
	"common-library": "",
	"cli":            runsInTooling, "cli-module": runsInTooling,
}

// part is the part of the portal that a workspace belongs to: by its role, else
// by its name. What has neither, such as the root, is tooling.
func (m *model) part(ws *depgraph.Workspace) string {
	var file *workspace.Workspace
	if m.Project != nil {
		file = m.Project.ByRel(ws.Rel)
	}
	if file != nil && file.File.Backstage.Role != "" {
		if part, ok := roleParts[file.File.Backstage.Role]; ok {
			return part
		}
	}
	switch {
	case portal.IsBackend(ws.Name), ws.Name == "backend":
		return runsInBackend
	case ws.Name == "app":
		return runsInFrontend
	}
	return runsInTooling
}
