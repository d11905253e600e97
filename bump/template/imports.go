package template

import (
	"io/fs"
	"path"
	"slices"

	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/workspace"
)

// imports is a file below a package's folder that imports the package name, "" for
// none: what a team's code uses is not taken away from it. The root's package.json is
// for tools, whose names stand in scripts and settings.
func (p *Portal) imports(dir, name string) string {
	if p.imported == nil {
		p.imported = map[string]map[string]string{}
	}
	seen := p.imported[dir]
	if seen == nil {
		seen = map[string]string{}
		p.imported[dir] = seen
		_ = fs.WalkDir(p.files, dir, func(file string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil // what cannot be read is not a portal's source
			case d.IsDir() && (workspace.MadeFolder(d.Name()) || dir == "." && file != "."):
				return fs.SkipDir
			case !d.Type().IsRegular() || !slices.Contains(jsscan.Extensions, path.Ext(file)):
				return nil
			}
			text, err := fs.ReadFile(p.files, file)
			if err != nil {
				return nil
			}
			tokens, err := jsscan.Scan(file, string(text))
			if err != nil {
				return nil
			}
			for _, i := range jsscan.Imports(tokens) {
				if pkg := spec.PackageOf(i.Module); pkg != "" && seen[pkg] == "" {
					seen[pkg] = file
				}
			}
			return nil
		})
	}
	return seen[name]
}
