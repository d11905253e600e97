package workspace

import (
	"io/fs"
	"strings"
)

// Written visits the files below the root that people wrote, by their path in
// files, which is the root: those of the workspaces, neither what is built nor
// installed, nor projects of their own that lie between. Links are not followed.
// A folder that cannot be read is told to failed; only the root itself is an error.
func (p *Project) Written(files fs.FS, visit func(name string), failed func(name string, err error)) error {
	own := map[string]bool{}
	for _, ws := range p.Workspaces {
		own[ws.Rel] = true
	}
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && name == ".":
			return err
		case err != nil:
			failed(name, err)
		case d.IsDir() && name != "." && (MadeFolder(d.Name()) || !own[name] && hasManifest(files, name)):
			return fs.SkipDir
		case d.Type().IsRegular():
			visit(name)
		}
		return nil
	})
}

// MadeFolder tells by their names the folders of what is installed or built, and hidden
// ones, in which no source of a package is.
func MadeFolder(dir string) bool {
	switch dir {
	case "node_modules", "dist", "dist-types", "dist-dynamic", "dist-scalprum", "coverage", "storybook-static", "playwright-report":
		return true
	}
	return strings.HasPrefix(dir, ".") && dir != "." && dir != ".storybook"
}

func hasManifest(files fs.FS, dir string) bool {
	_, err := fs.Stat(files, dir+"/package.json")
	return err == nil
}
