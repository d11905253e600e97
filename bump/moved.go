package bump

import (
	"path/filepath"

	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/repofile"
)

// movedTo is the new name of an installed package, from backstage.moved in its
// package.json, or "". The official versions:migrate reads the same field.
func (pl *planner) movedTo(name string) string {
	dirs := []string{pl.in.Project.Root}
	for _, ws := range pl.in.Project.Workspaces {
		if ws.Dir != pl.in.Project.Root {
			dirs = append(dirs, ws.Dir)
		}
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, "node_modules", filepath.FromSlash(name), pkgjson.FileName)
		src, err := pl.in.Project.ReadInstalled(path, repofile.MaxManifest)
		if err != nil {
			continue
		}
		// A broken manifest in node_modules is the package manager's problem.
		if f, err := pkgjson.Parse(path, src); err == nil {
			return f.Backstage.Moved
		}
	}
	return ""
}
