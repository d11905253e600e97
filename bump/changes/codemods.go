package changes

import (
	"context"
	"strings"

	"github.com/portalctl/portalctl/internal/codemods"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
)

// codemods lists the official recipes of the releases in between that are about
// something which is here.
func (b *builder) codemods(context.Context) error {
	keys := configKeys(b.source.yaml)
	m := &matcher{b: b}
	for _, r := range codemods.Between(b.in.Standing.Release, b.in.Release) {
		var at []place
		for _, i := range r.Imports {
			at = append(at, places(b.index.names[spec.PackageOf(i.Module)][importedName{i.Module, i.Name}], "")...)
		}
		for _, t := range r.Texts {
			at = append(at, m.inStyles(t)...)
		}
		for _, k := range r.Config {
			at = append(at, keys[k]...)
		}
		for _, name := range r.Packages {
			for _, ws := range b.in.From.Project.Workspaces {
				for _, d := range ws.File.AllDeps() {
					if d.Name == name {
						at = append(at, place{File: strings.TrimPrefix(ws.Rel+"/package.json", "./"), Line: d.Pos.Line})
					}
				}
			}
		}
		for i := range at {
			at[i].How = ""
		}
		if at = sortedPlaces(at); len(at) > 0 {
			b.r.Codemods = append(b.r.Codemods, codemod{Name: r.Name, Command: r.Command(), Places: at})
		}
	}
	sorting.Stable(b.r.Codemods, func(x, y codemod) int { return strings.Compare(x.Name, y.Name) })
	return nil
}
