package audit

import (
	"maps"
	"path"
	"path/filepath"
	"slices"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yamledit"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// lineKind is what a line of the project's own is.
type lineKind uint8

const (
	dependency lineKind = iota
	oldResolution
	newResolution
	catalogEntry
)

// lineChange is a line that changes, with what it takes to write it.
type lineChange struct {
	fixedLine
	kind lineKind
	// ws is the folder of the workspace from the project's root, catalog the name
	// of the catalog.
	ws, catalog string
	// asks is the name that is asked for, pkg the package behind it, version what
	// it is to get.
	asks, pkg, version string
}

func (l lineChange) place() string { return l.File + "\x00" + l.catalog + "\x00" + l.Name }

func (x *fixer) resolutionLine(kind lineKind, asks, key, old, value string, pkg osv.Package, to string) lineChange {
	l := lineChange{fixedLine: fixedLine{x.rootManifest(), 0, key, old, value}, kind: kind, ws: ".", asks: asks, pkg: pkg.Name, version: to}
	for _, r := range x.m.Project.RootWorkspace().File.Resolutions() {
		if r.Key == key {
			l.Line = r.Pos.Line
		}
	}
	return l
}

// catalogLine is an entry of a catalog; one that lies outside of the repository
// cannot be moved.
func (x *fixer) catalogLine(catalog, name string, pkg osv.Package, v *semver.Version) (lineChange, bool) {
	for _, e := range catalogOf(x.m.Settings, catalog) {
		if e.Name != name || e.DocPath == nil || x.m.Settings.File == nil {
			continue
		}
		next, out := pkgjson.Retarget(spec.Read(e.Range), v, pkgjson.Options{})
		if out.Verdict != pkgjson.Changed {
			return lineChange{}, false
		}
		return lineChange{fixedLine: fixedLine{x.rel(".yarnrc.yml"), e.Pos.Line, name, e.Range, next}, kind: catalogEntry, catalog: catalog,
			asks: name, pkg: pkg.Name, version: v.Original()}, true
	}
	return lineChange{}, false
}

func catalogOf(s *yarnrc.Settings, name string) []yarnrc.CatalogEntry {
	if name == "" {
		return s.Catalog
	}
	return s.Catalogs[name]
}

// edited is a project with the lines of remedies changed.
type edited struct {
	project  *workspace.Project
	settings *yarnrc.Settings
	// texts are the files that changed, by their path from the project's root.
	texts map[string][]byte
	moves map[string]map[string]string
	binds []relock.Bind
}

// edit makes the changes of remedies. Of two that change one line, or move one
// version, the higher target counts.
func (x *fixer) edit(list []*remedy) (*edited, error) {
	e := &edited{settings: x.m.Settings, texts: map[string][]byte{}, moves: map[string]map[string]string{}}
	lines := map[string]lineChange{}
	for _, r := range list {
		for _, m := range r.moves {
			if e.moves[m.Name] == nil {
				e.moves[m.Name] = map[string]string{}
			}
			if have, ok := e.moves[m.Name][m.From]; !ok || semrange.CompareText(have, m.To) < 0 {
				e.moves[m.Name][m.From] = m.To
			}
		}
		for _, l := range r.lines {
			if have, ok := lines[l.place()]; !ok || semrange.CompareText(have.version, l.version) < 0 {
				lines[l.place()] = l
			}
		}
	}
	files := map[string]*pkgjson.File{}
	for _, place := range slices.Sorted(maps.Keys(lines)) {
		l := lines[place]
		if err := x.change(e, files, l); err != nil {
			return nil, err
		}
		e.binds = append(e.binds, relock.Bind{Descriptor: x.descriptor(l), Package: l.pkg, Version: l.version})
	}
	for rel, f := range files {
		e.texts[rel] = f.Bytes()
	}
	project, err := x.m.Project.With(e.texts)
	e.project = project
	return e, err
}

func (x *fixer) change(e *edited, files map[string]*pkgjson.File, l lineChange) error {
	if l.kind == catalogEntry {
		return x.changeCatalog(e, l)
	}
	rel := path.Join(l.ws, pkgjson.FileName)
	f := files[rel]
	if f == nil {
		var err error
		if f, err = pkgjson.Parse(rel, x.m.Project.ByRel(l.ws).File.Bytes()); err != nil {
			return err
		}
		files[rel] = f
	}
	if l.kind != dependency {
		return f.SetResolution(l.Name, l.To)
	}
	var deps []pkgjson.Dep
	for _, d := range f.AllDeps() {
		if d.Name == l.Name && d.Spec == l.From && d.Section != pkgjson.PeerDependencies {
			d.Spec = l.To
			deps = append(deps, d)
		}
	}
	return f.SetAll(deps)
}

func (x *fixer) changeCatalog(e *edited, l lineChange) error {
	rel, err := filepath.Rel(x.m.Project.Root, x.m.Settings.FilePath)
	if err != nil {
		return err
	}
	rel = filepath.ToSlash(rel)
	text := e.texts[rel]
	if text == nil {
		text = x.m.Settings.File.Bytes()
	}
	doc, err := yamledit.Parse(rel, text)
	if err != nil {
		return err
	}
	next := *e.settings
	if next.Catalogs = maps.Clone(next.Catalogs); l.catalog == "" {
		next.Catalog = slices.Clone(next.Catalog)
	} else {
		next.Catalogs[l.catalog] = slices.Clone(next.Catalogs[l.catalog])
	}
	for i, entry := range catalogOf(&next, l.catalog) {
		if entry.Name == l.Name {
			if err := doc.SetString(entry.DocPath, l.To); err != nil {
				return err
			}
			catalogOf(&next, l.catalog)[i].Range = l.To
		}
	}
	e.settings, e.texts[rel] = &next, doc.Bytes()
	return nil
}

// descriptor is the key that a line has in the lock.
func (x *fixer) descriptor(l lineChange) yarnlock.Descriptor {
	rng := l.To
	if x.m.Lock.Lock.Kind == yarnlock.Berry {
		rng = spec.Normalize(rng)
	}
	return yarnlock.Descriptor{Name: l.asks, Range: rng}
}
