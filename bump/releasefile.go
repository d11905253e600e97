package bump

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/workspace"
)

// bumpRelease writes the release into backstage.json, which it creates when
// there is none, as the official tool does.
func (pl *planner) bumpRelease() error {
	to := pl.manifest.ReleaseVersion
	path := filepath.Join(pl.in.Project.Root, "backstage.json")
	change := Change{File: "backstage.json", Section: "version", Name: "backstage.json", From: pl.plan.Declared, To: to}
	if from, err := semrange.ParseVersion(pl.plan.From); err == nil {
		v, err := semrange.ParseVersion(to)
		if err != nil {
			return err
		}
		change.Jump = jumpOf(from, v)
	} else {
		change.Jump = jumpUnknown
	}
	file := pl.in.Project.Backstage
	if file == nil {
		pl.edit(path, nil, fmt.Appendf(nil, "{\n  \"version\": %q\n}\n", to))
		pl.plan.Changes = append(pl.plan.Changes, change)
		return nil
	}
	if pl.plan.Declared == to {
		return nil
	}
	read := file.Doc.Bytes()
	doc, err := jsonedit.Parse("backstage.json", read)
	if err != nil {
		return err
	}
	edited := workspace.VersionFile{Path: path, Doc: doc}
	if err := edited.SetVersion(to); err != nil {
		return err
	}
	pl.edit(path, read, doc.Bytes())
	pl.plan.Changes = append(pl.plan.Changes, change)
	return nil
}

// bumpLerna moves @backstage ranges in lerna.json. Its own version is the
// repo's, not Backstage's, and stays.
func (pl *planner) bumpLerna(t targets) error {
	lerna := pl.in.Project.Lerna
	if lerna == nil {
		return nil
	}
	path, doc := lerna.Path, lerna.Doc
	read := doc.Bytes()
	edited, err := jsonedit.Parse("lerna.json", read)
	if err != nil {
		return err
	}
	var walk func(v jsonedit.Value, at []string) error
	walk = func(v jsonedit.Value, at []string) error {
		for _, m := range v.Members() {
			here := append(append([]string{}, at...), m.Name)
			if m.Value.Kind() == jsonedit.Object {
				if err := walk(m.Value, here); err != nil {
					return err
				}
				continue
			}
			to := t[m.Name].version
			if to == nil {
				if v, ok := pl.manifest.Packages[m.Name]; ok && pl.patterns.match(m.Name) {
					to, _ = semrange.ParseVersion(v)
				}
			}
			if to == nil || m.Value.Kind() != jsonedit.String {
				continue
			}
			asked := spec.Read(m.Value.String())
			next, out := pkgjson.Retarget(asked, to, pkgjson.Options{AllowDowngrade: pl.opts.AllowDowngrade})
			if out.Verdict != pkgjson.Changed {
				continue
			}
			if err := edited.SetString(here, next); err != nil {
				return err
			}
			jump := pl.step(m.Name, nil, asked.Versions.Min(), to, asked.Raw, next, "lerna.json")
			pl.plan.Changes = append(pl.plan.Changes, Change{File: "lerna.json", Section: strings.Join(at, "."),
				Name: m.Name, From: asked.Raw, To: next, Jump: jump})
		}
		return nil
	}
	if err := walk(doc.Root(), nil); err != nil {
		return err
	}
	if string(edited.Bytes()) != string(read) {
		pl.edit(path, read, edited.Bytes())
	}
	return nil
}
