package audit

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/portalctl/portalctl/audit/trust"
	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/license"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/sbom"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Inventory is what the locks of the head install, with what the report found. name is
// what the whole is called where no package.json says it; made is when the document is
// made, and tool the version of portalctl.
func (in Input) Inventory(r *Report, name string, made time.Time, tool string) *sbom.Inventory {
	b := &inventory{in: in, out: &sbom.Inventory{Created: made, Tool: tool}, refs: map[lockedPackage][]string{}}
	b.out.Root = sbom.Component{Ref: "portal", Name: name, Application: true}
	for _, l := range in.Head {
		b.lock(newModel(l))
	}
	sorting.Stable(b.out.Components, func(x, y sbom.Component) int { return strings.Compare(x.Ref, y.Ref) })
	b.out.Root.DependsOn = sorted(b.out.Root.DependsOn)
	b.vulnerabilities(r)
	for _, err := range r.Incomplete {
		b.out.Lacks = append(b.out.Lacks, english.Plain(err.Error()))
	}
	for _, u := range in.Unread {
		b.out.Lacks = append(b.out.Lacks, u.Path+" "+u.Reason)
	}
	return b.out
}

// lockedPackage is a package in a lock.
type lockedPackage struct {
	lock string
	osv.Package
}

type inventory struct {
	in  Input
	out *sbom.Inventory
	// refs are the components of a package, by lock, name and version.
	refs map[lockedPackage][]string
}

// lock adds the entries of a lock and the workspaces of its project. Each entry is a
// component, but for what only a patch is made of: that is its ancestor.
func (b *inventory) lock(m *model) {
	refs, ancestors := m.refs()
	for n := range depgraph.Node(m.graph.Len()) {
		if ancestors[n] {
			continue
		}
		c := b.component(m, n, refs)
		for _, e := range m.graph.Out(n) {
			if e.Kind == depgraph.Source && ancestors[e.To] {
				a := b.component(m, e.To, refs)
				c.Ancestor = &a
			} else if e.To != n && e.Kind != depgraph.Source {
				c.DependsOn = append(c.DependsOn, refs[e.To])
			}
		}
		c.DependsOn = sorted(c.DependsOn)
		if entry := m.graph.Entry(n); entry != nil {
			for _, p := range packagesOf(entry) {
				key := lockedPackage{m.Path, p}
				b.refs[key] = append(b.refs[key], c.Ref)
			}
		}
		if ws := m.graph.Workspace(n); ws != nil {
			if m.dir() == "." && ws.Rel == "." {
				b.root(c)
				continue
			}
			b.out.Root.DependsOn = append(b.out.Root.DependsOn, c.Ref)
		} else if m.Tool != "" || m.Project == nil {
			// Who asks is not read from such a lock.
			b.out.Root.DependsOn = append(b.out.Root.DependsOn, c.Ref)
		}
		b.out.Components = append(b.out.Components, c)
	}
}

// root takes the package.json at the root for the whole.
func (b *inventory) root(c sbom.Component) {
	root := &b.out.Root
	if c.Name != "" {
		root.Name = c.Name
	}
	root.Version, root.License, root.Known = c.Version, c.License, c.Known
	root.DependsOn = append(root.DependsOn, c.DependsOn...)
}

// refs name the nodes of a lock, and tell which are only there to be patched.
func (m *model) refs() (refs []string, ancestors []bool) {
	refs, ancestors = make([]string, m.graph.Len()), make([]bool, m.graph.Len())
	seen := map[string]bool{}
	for n := range depgraph.Node(m.graph.Len()) {
		ref := m.Path + "#"
		if ws := m.graph.Workspace(n); ws != nil {
			ref += ws.Name + "@" + spec.Workspace.Of(ws.Rel)
		} else {
			e := m.graph.Entry(n)
			ref += e.Resolution.String()
			if seen[ref] && e.Resolved != "" {
				ref += "#" + openAddress(e.Resolved)
			}
			asked, patched := false, false
			for edge := range m.graph.In(n) {
				patched = patched || edge.Kind == depgraph.Source
				asked = asked || edge.Kind != depgraph.Source
			}
			ancestors[n] = patched && !asked
		}
		for seen[ref] {
			ref += "'"
		}
		seen[ref], refs[n] = true, ref
	}
	return refs, ancestors
}

func (b *inventory) component(m *model, n depgraph.Node, refs []string) sbom.Component {
	c := sbom.Component{Ref: refs[n], Name: m.graph.Name(n), Version: m.graph.Version(n), Development: !m.prod.Has(n)}
	if m.Tool != "" {
		c.Development = m.Dev[m.graph.Entry(n)]
	}
	if ws := m.graph.Workspace(n); ws != nil {
		m.workspace(&c, ws)
		return c
	}
	e := m.graph.Entry(n)
	c.PURL, c.Address = located(m.Lock.Lock, e)
	c.Hashes = hashes(m.Lock, e)
	if name, version, ok := e.Package(); ok {
		c.Name, c.Version = name, version
		if list := e.Versions(); len(list) > 0 {
			c.Version = list[0]
		}
		if b.in.Trust != nil {
			c.License, c.Known = b.in.Trust.Licenses[trust.PackageVersion{Name: c.Name, Version: c.Version}]
		}
	}
	var aliases []string
	for _, k := range e.Keys {
		if k.Name != c.Name && !slices.Contains(aliases, k.Name) {
			aliases = append(aliases, k.Name)
			c.Properties = append(c.Properties, sbom.Property{Name: "portalctl:alias", Value: k.Name})
		}
	}
	if rel, ok := e.Resolution.Workspace(); ok { // one that the lock alone has
		c.Version = ""
		c.Properties = append(c.Properties, sbom.Property{Name: "portalctl:folder", Value: path.Join(m.dir(), rel)})
	}
	c.Patches = patchFiles(e)
	return c
}

// workspace is what a package.json of the repository says.
func (m *model) workspace(c *sbom.Component, ws *depgraph.Workspace) {
	c.Name, c.Development = ws.Name, false
	c.Properties = append(c.Properties, sbom.Property{Name: "portalctl:folder", Value: path.Join(m.dir(), ws.Rel)})
	if c.Name == "" {
		c.Name = path.Join(m.dir(), ws.Rel)
	}
	if m.Project == nil {
		return
	}
	file := m.Project.ByRel(ws.Rel)
	if file == nil {
		return
	}
	c.Version, c.License, c.Known = file.File.Version, license.Read(file.File.License), true
	role := file.File.Backstage.Role
	c.Application = ws.Rel == "." || role == "backend" || role == "frontend"
	if role != "" {
		c.Properties = append(c.Properties, sbom.Property{Name: "portalctl:role", Value: role})
	}
}

// patchFiles are the files of all patches of an entry, the first that is applied first.
func patchFiles(e *yarnlock.Entry) []string {
	var list []string
	for loc, ok := e.Resolution, true; ok && loc.Is(spec.Patch); loc, ok = loc.Patched() {
		var files []string
		for name := range strings.SplitSeq(loc.Parsed().Selector(), "&") {
			files = append(files, strings.TrimPrefix(strings.TrimPrefix(name, "optional!"), "~/"))
		}
		list = append(files, list...)
	}
	return list
}
