package workspace

import (
	"path"

	"github.com/portalctl/portalctl/internal/pkgjson"
)

// With is the project as it would be with other texts of some package.json
// files, by their path relative to the root with forward slashes; the others of
// texts are ignored. Nothing is read from disk: which workspaces there are does
// not change. p stays as it is.
func (p *Project) With(texts map[string][]byte) (*Project, error) {
	out := *p
	out.Workspaces = make([]*Workspace, len(p.Workspaces))
	for i, ws := range p.Workspaces {
		out.Workspaces[i] = ws
		rel := path.Join(ws.Rel, pkgjson.FileName)
		text, ok := texts[rel]
		if !ok {
			continue
		}
		file, err := pkgjson.Parse(rel, text)
		if err != nil {
			return nil, err
		}
		changed := *ws
		changed.File = file
		out.Workspaces[i] = &changed
	}
	out.byName, out.byRel = map[string]*Workspace{}, make(map[string]*Workspace, len(out.Workspaces))
	for _, ws := range out.Workspaces {
		out.byRel[ws.Rel] = ws
	}
	if err := out.index(); err != nil {
		return nil, err
	}
	return &out, nil
}
