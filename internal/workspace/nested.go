package workspace

import (
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/internal/pkgjson"
)

// nestedDepth is how far below the root other portals are looked for: real ones
// are at "dynamic-plugins" or "workspaces/x". A walk of the whole repo would
// cost more than everything else.
const nestedDepth = 2

// Nested are the portals below the root that are not workspaces of it, by folder
// (relative, with forward slashes): a package.json with a backstage.json beside
// it that names a version. What cannot be read is none.
func (p *Project) Nested() map[string]*VersionFile {
	found := map[string]*VersionFile{}
	p.nested(".", nestedDepth, found)
	return found
}

func (p *Project) nested(rel string, depth int, found map[string]*VersionFile) {
	entries, err := p.repo.ReadDir(filepath.Join(p.Root, filepath.FromSlash(rel)))
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") || e.Name() == "node_modules" {
			continue
		}
		at := e.Name()
		if rel != "." {
			at = rel + "/" + at
		}
		dir := filepath.Join(p.Root, filepath.FromSlash(at))
		if p.byRel[at] == nil && p.repo.IsFile(filepath.Join(dir, pkgjson.FileName)) {
			if v, err := readVersionFile(p.repo.Around(dir), dir, "backstage.json"); err == nil && v != nil && v.Version != "" {
				found[at] = v
				continue
			}
		}
		if depth > 1 {
			p.nested(at, depth-1, found)
		}
	}
}
