package bump

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/spec"
)

// manifestMove edits one package.json.
type manifestMove struct {
	pl   *planner
	file string
	old  *pkgjson.File // as it is read: places are its
	doc  *jsonedit.Doc
}

// moveManifests edits the package.json files, and makes the project that they leave
// the one that the other steps read.
func (pl *planner) moveManifests(list []*moving) error {
	texts := map[string][]byte{}
	for _, ws := range pl.in.Project.Workspaces {
		src := ws.File.Bytes()
		edited := *ws.File
		e := &manifestMove{pl: pl, file: pl.rel(ws.Path()), old: ws.File}
		err := edited.Edit(func(doc *jsonedit.Doc) error {
			e.doc = doc
			for _, m := range list {
				if m.Left != "" {
					continue
				}
				if err := e.move(m); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if text := edited.Bytes(); string(text) != string(src) {
			texts[e.file] = text
			pl.edit(ws.Path(), src, text)
		}
	}
	if len(texts) == 0 {
		return nil
	}
	project, err := pl.in.Project.With(texts)
	if err != nil {
		return err
	}
	pl.in.Project = project
	return nil
}

func (e *manifestMove) move(m *moving) error {
	steps := []func(*moving) error{e.dependencies, e.aliases, e.raised, e.resolutions, e.metadata}
	for _, step := range steps {
		if err := step(m); err != nil {
			return err
		}
	}
	return nil
}

// changed records one literal.
func (e *manifestMove) changed(m *moving, section, name, from, to, what string, line int) {
	e.pl.plan.Changes = append(e.pl.plan.Changes, Change{File: e.file, Section: section, Name: name, From: from, To: to, Jump: jumpNone})
	m.Edits = append(m.Edits, movePlace{File: e.file, Line: line, What: what})
}

// dependencies moves what the four sections ask for. Where the new name is there
// already, in the section or for a development dependency in dependencies, that one
// stays and the old one goes.
func (e *manifestMove) dependencies(m *moving) error {
	for _, d := range e.old.AllDeps() {
		if d.Name != m.Name {
			continue
		}
		section := string(d.Section)
		path := []string{section, m.Name}
		_, taken := e.doc.Get(section, m.To)
		if !taken && d.Section == pkgjson.DevDependencies {
			_, taken = e.doc.Get(string(pkgjson.Dependencies), m.To)
		}
		e.changed(m, section, m.Name, d.Spec, "", "dependency", d.Pos.Line)
		if taken {
			if err := e.doc.Remove(path); err != nil {
				return err
			}
			e.pl.note(Note{Kind: noteGeneral, File: e.file, Name: m.To, Message: m.Name + " is merged into the dependency that is there already"})
			continue
		}
		next := m.specFor(d.Parsed, d.Section == pkgjson.PeerDependencies)
		if d.Parsed.Kind == spec.KindCatalog {
			e.pl.note(Note{Kind: noteGeneral, File: e.file, Name: m.Name, Message: "its range was in a catalog; " + m.To + " has one of its own, and the catalog's entry can go"})
		}
		if err := e.doc.SetString(path, next); err != nil {
			return err
		}
		if err := e.doc.Rename(path, m.To); err != nil {
			return err
		}
		e.pl.plan.Changes = append(e.pl.plan.Changes, Change{File: e.file, Section: section, Name: m.To, To: next, Jump: jumpNone})
	}
	return nil
}

// specFor is how to ask for the new package where the old one was asked for by s:
// in the same style, or as the portal asks for the new one already.
func (m *moving) specFor(s spec.Spec, peer bool) string {
	if m.keep != "" {
		return m.keep
	}
	if s.Kind == spec.KindBackstage && strings.HasPrefix(m.To, backstageScope) {
		return s.Raw
	}
	if s.Kind == spec.KindRange {
		next, out := pkgjson.Retarget(s, m.version, pkgjson.Options{Peer: peer, AllowDowngrade: true})
		if out.Verdict == pkgjson.Changed || s.Versions.Satisfies(m.version) {
			return next
		}
	}
	return m.Range
}

// aliases moves what stands for the package under a name of the portal's own.
func (e *manifestMove) aliases(m *moving) error {
	for _, d := range e.old.AllDeps() {
		if d.Parsed.Kind != spec.KindAlias || d.Parsed.Name != m.Name {
			continue
		}
		next := spec.NPM.Of(m.To + "@" + m.specFor(spec.Read(d.Parsed.Range), d.Section == pkgjson.PeerDependencies))
		if err := e.ask(m, d, next); err != nil {
			return err
		}
	}
	return nil
}

// raised lifts what asks for the new name already, where that does not fit.
func (e *manifestMove) raised(m *moving) error {
	if !m.raise {
		return nil
	}
	for _, d := range e.old.AllDeps() {
		if d.Name != m.To || d.Parsed.Kind != spec.KindRange {
			continue
		}
		next := m.specFor(d.Parsed, d.Section == pkgjson.PeerDependencies)
		if next == d.Spec {
			continue
		}
		if err := e.ask(m, d, next); err != nil {
			return err
		}
	}
	return nil
}

// ask has a dependency ask for something else under the name that it has.
func (e *manifestMove) ask(m *moving, d pkgjson.Dep, next string) error {
	if err := e.doc.SetString([]string{string(d.Section), d.Name}, next); err != nil {
		return err
	}
	e.changed(m, string(d.Section), d.Name, d.Spec, next, "dependency", d.Pos.Line)
	return nil
}

// resolutions moves the keys that name the package, as what is resolved or as whose
// dependency it is.
func (e *manifestMove) resolutions(m *moving) error {
	for _, r := range e.old.Resolutions() {
		key, value := r.Key, r.Value
		switch {
		case r.Pattern.Name == m.Name:
			key = strings.TrimSuffix(key, m.Name) + m.To
			value = m.specFor(r.Parsed, false)
		case r.Pattern.Parent == m.Name && strings.HasPrefix(key, m.Name+"/"):
			key = m.To + strings.TrimPrefix(key, m.Name)
		case r.Parsed.Kind == spec.KindAlias && r.Parsed.Name == m.Name:
			value = spec.NPM.Of(m.To + "@" + m.specFor(spec.Read(r.Parsed.Range), false))
		default:
			continue
		}
		path := []string{"resolutions", r.Key}
		e.changed(m, "resolutions", r.Key, r.Value, "", "resolution", r.KeyPos.Line)
		if _, taken := e.doc.Get("resolutions", key); taken && key != r.Key {
			if err := e.doc.Remove(path); err != nil {
				return err
			}
			continue
		}
		if err := e.doc.SetString(path, value); err != nil {
			return err
		}
		if key != r.Key {
			if err := e.doc.Rename(path, key); err != nil {
				return err
			}
		}
		e.pl.plan.Changes = append(e.pl.plan.Changes, Change{File: e.file, Section: "resolutions", Name: key, To: value, Jump: jumpNone})
	}
	return nil
}

// metadata moves what package.json says of the dependency elsewhere: whether it is
// optional or built, that it is bundled, that it is the plugin of this module.
func (e *manifestMove) metadata(m *moving) error {
	for _, section := range []string{"dependenciesMeta", "peerDependenciesMeta", "overrides"} {
		v, ok := e.doc.Get(section, m.Name)
		if !ok {
			continue
		}
		path, line := []string{section, m.Name}, e.line(section, m.Name)
		if v.Kind() == jsonedit.String { // an override: Yarn reads none, npm does
			asked := spec.Read(v.String())
			if cannotFollow(asked) != "" {
				continue
			}
			if err := e.doc.SetString(path, m.specFor(asked, false)); err != nil {
				return err
			}
		}
		var err error
		if _, taken := e.doc.Get(section, m.To); taken {
			err = e.doc.Remove(path)
		} else {
			err = e.doc.Rename(path, m.To)
		}
		if err != nil {
			return err
		}
		e.changed(m, section, m.To, m.Name, m.To, "metadata", line)
	}
	for _, list := range [][]string{{"bundledDependencies"}, {"bundleDependencies"}, {"backstage", "pluginPackages"}} {
		v, _ := e.doc.Get(list...)
		for i, item := range v.Elements() {
			if item.Kind() != jsonedit.String || item.String() != m.Name {
				continue
			}
			path := append(slices.Clone(list), strconv.Itoa(i))
			line := e.line(path...)
			if err := e.doc.SetString(path, m.To); err != nil {
				return err
			}
			e.changed(m, strings.Join(list, "."), m.To, m.Name, m.To, "metadata", line)
		}
	}
	if v, ok := e.doc.Get("backstage", "pluginPackage"); ok && v.Kind() == jsonedit.String && v.String() == m.Name {
		line := e.line("backstage", "pluginPackage")
		if err := e.doc.SetString([]string{"backstage", "pluginPackage"}, m.To); err != nil {
			return err
		}
		e.changed(m, "backstage", "pluginPackage", m.Name, m.To, "metadata", line)
	}
	return nil
}

// line is where something stands in the file as it was read.
func (e *manifestMove) line(path ...string) int {
	v, ok := e.old.Doc().Get(path...)
	if !ok {
		return 1
	}
	return v.Pos().Line
}

func compareMovePlaces(a, b movePlace) int {
	return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.What, b.What))
}
