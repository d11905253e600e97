package depgraph

import (
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnext"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// Of is the graph of a project over a lock: its workspaces, resolutions,
// catalogs, package extensions and Backstage release. project and settings may
// be nil, and say nothing then.
func Of(lock *yarnlock.Lock, project *workspace.Project, settings *yarnrc.Settings) *Graph {
	var opts options
	if project != nil {
		for _, ws := range project.Workspaces {
			opts.Workspaces = append(opts.Workspaces, graphWorkspace(ws))
		}
		for _, r := range project.RootWorkspace().File.Resolutions() {
			if o, ok := yarnlock.OverrideOf(lock.Kind, r.Pattern, r.Value); ok {
				opts.Overrides = append(opts.Overrides, o)
			}
		}
		if project.Backstage != nil {
			opts.Release = project.Backstage.Version
		}
	}
	if settings != nil {
		opts.Catalog = settings.CatalogRange
		opts.Extensions = yarnext.Set{}
		for _, x := range settings.PackageExtensions {
			opts.Extensions.Add(x.Descriptor, x.Dependencies, nil, nil)
		}
	}
	return newGraph(lock, opts)
}

func graphWorkspace(ws *workspace.Workspace) Workspace {
	w := Workspace{Name: ws.File.Name, Rel: ws.Rel, File: ws.File.Path()}
	for _, s := range []struct {
		section pkgjson.Section
		kind    Kind
	}{{pkgjson.Dependencies, prod}, {pkgjson.OptionalDependencies, optional}, {pkgjson.DevDependencies, Dev}} {
		for _, d := range ws.File.Deps(s.section) {
			w.Deps = append(w.Deps, dep{Name: d.Name, Range: d.Spec, Kind: s.kind, Line: d.Pos.Line, Col: d.Pos.Col})
		}
	}
	return w
}
