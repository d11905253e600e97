package depgraph

import (
	"maps"
	"slices"

	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/workspace"
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
			if o, err := yarnlock.ParseOverride(lock.Kind, r.Key, r.Value); err == nil {
				opts.Overrides = append(opts.Overrides, o)
			}
		}
		if project.Backstage != nil {
			opts.Release = project.Backstage.Version
		}
	}
	if settings != nil {
		opts.Catalog = func(catalog, name string) (string, bool) {
			list := settings.Catalog
			if catalog != "" {
				list = settings.Catalogs[catalog]
			}
			for _, e := range list {
				if e.Name == name {
					return e.Range, true
				}
			}
			return "", false
		}
		if len(settings.PackageExtensions) > 0 {
			opts.Extensions = extensions(settings)
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

// extensions are the packageExtensions of .yarnrc.yml.
func extensions(settings *yarnrc.Settings) func(*yarnlock.Entry) []yarnlock.Dep {
	type rule struct {
		rng  semrange.Range
		deps []yarnlock.Dep
	}
	byName := map[string][]rule{}
	for _, x := range settings.PackageExtensions {
		d, ok := spec.ParseDescriptor(x.Descriptor)
		if !ok {
			continue
		}
		rng, err := semrange.Parse(spec.Bare(d.Range))
		if err != nil {
			continue
		}
		r := rule{rng: rng}
		for _, name := range slices.Sorted(maps.Keys(x.Dependencies)) {
			r.deps = append(r.deps, yarnlock.Dep{Name: name, Range: x.Dependencies[name]})
		}
		byName[d.Name] = append(byName[d.Name], r)
	}
	return func(e *yarnlock.Entry) []yarnlock.Dep {
		list := byName[e.Resolution.Name]
		if len(list) == 0 {
			return nil
		}
		v, err := semrange.ParseVersion(e.Version)
		if err != nil {
			return nil
		}
		var deps []yarnlock.Dep
		for _, r := range list {
			if r.rng.SatisfiesPeer(v) {
				deps = append(deps, r.deps...)
			}
		}
		return deps
	}
}
