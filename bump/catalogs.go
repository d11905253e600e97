package bump

import (
	"fmt"
	"maps"
	"slices"

	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yamledit"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// catalogEntry is one range in a catalog of .yarnrc.yml.
type catalogEntry struct {
	yarnrc.CatalogEntry
	section string // "catalog" or "catalogs.<name>"
}

// catalogEntries lists the ranges of all catalogs.
func (pl *planner) catalogEntries() []catalogEntry {
	if pl.in.Settings == nil {
		return nil
	}
	var out []catalogEntry
	for _, e := range pl.in.Settings.Catalog {
		out = append(out, catalogEntry{e, "catalog"})
	}
	for _, name := range slices.Sorted(maps.Keys(pl.in.Settings.Catalogs)) {
		for _, e := range pl.in.Settings.Catalogs[name] {
			out = append(out, catalogEntry{e, "catalogs." + name})
		}
	}
	return out
}

// rc is the project's own .yarnrc.yml, or nil.
func (pl *planner) rc() *yamledit.Doc {
	if pl.in.Settings == nil {
		return nil
	}
	return pl.in.Settings.File
}

func (pl *planner) bumpCatalogs(t targets) error {
	entries := pl.catalogEntries()
	if len(entries) == 0 {
		return nil
	}
	users := pl.catalogUsers()
	path := pl.in.Settings.FilePath
	file := pl.rel(path)
	if pl.rc() == nil {
		for _, e := range entries {
			pl.noteForeignCatalog(e)
		}
		return nil
	}
	read := pl.rc().Bytes()
	doc, err := yamledit.Parse(file, read)
	if err != nil {
		return err
	}
	for _, e := range entries {
		asked := spec.Read(e.Range)
		name := e.Name
		if asked.Kind == spec.KindAlias {
			name = asked.Name
		}
		if !pl.patterns.match(name) || t[name].version == nil {
			continue
		}
		to := t[name].version
		next, out := pkgjson.Retarget(asked, to, pkgjson.Options{AllowDowngrade: pl.opts.AllowDowngrade})
		switch out.Verdict {
		case pkgjson.Ahead:
			pl.noteAhead(fmt.Sprintf("%s:%d", file, e.Pos.Line), name, e.Range, to)
		case pkgjson.Changed:
			if e.DocPath == nil {
				pl.noteForeignCatalog(e)
				continue
			}
			if err := doc.SetString(e.DocPath, next); err != nil {
				return err
			}
			from := pl.lockedFor(name, pkgjson.Dep{Name: e.Name, Spec: e.Range})
			by := users[e.section+" "+e.Name]
			if len(by) == 0 {
				by = []string{"(" + e.section + ")"}
			}
			jump := pl.step(name, from, asked.Versions.Min(), to, e.Range, next, by...)
			pl.plan.Changes = append(pl.plan.Changes, Change{File: file, Section: e.section, Name: e.Name,
				From: e.Range, To: next, Jump: jump})
		}
	}
	if string(doc.Bytes()) != string(read) {
		pl.edit(path, read, doc.Bytes())
	}
	return nil
}

// noteForeignCatalog names a range that the bump would move if it could.
func (pl *planner) noteForeignCatalog(e catalogEntry) {
	if pl.patterns.match(e.Name) {
		pl.note(Note{Kind: noteKept, File: e.Pos.String(), Name: e.Name, Message: fmt.Sprintf(
			"its range %s is in a catalog outside the repo, or contains a variable: change it there", e.Range)})
	}
}

// catalogUsers maps "section name" of a catalog entry to the workspaces that
// refer to it.
func (pl *planner) catalogUsers() map[string][]string {
	users := map[string][]string{}
	for _, ws := range pl.in.Project.Workspaces {
		for _, d := range ws.File.AllDeps() {
			s := &d.Parsed
			if s.Kind != spec.KindCatalog {
				continue
			}
			section := "catalog"
			if s.Catalog != "" {
				section = "catalogs." + s.Catalog
			}
			key := section + " " + d.Name
			users[key] = append(users[key], ws.Name())
		}
	}
	return users
}
