package pkgjson

import (
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsonedit"
)

// load fills the model. Values of null count as absent, as in Yarn.
func (f *File) load(doc *jsonedit.Doc) error {
	root := doc.Root()
	if err := want(root, jsonedit.Object, "a package.json", "{}"); err != nil {
		return err
	}
	var err error
	f.NamePos = fault.Pos{File: f.file}
	if v, ok := field(root, "name"); ok {
		f.NamePos = v.Pos()
		if f.Name, err = text(v, "name", `"my-package"`); err != nil {
			return err
		}
		if err := checkName(v.Pos(), f.Name); err != nil {
			return err
		}
	}
	if v, ok := field(root, "version"); ok {
		if f.Version, err = text(v, "version", `"1.0.0"`); err != nil {
			return err
		}
	}
	if v, ok := field(root, "packageManager"); ok {
		s, err := text(v, "packageManager", `"yarn@4.0.0"`)
		if err != nil {
			return err
		}
		f.PackageManager = ParsePackageManager(s)
	}
	if v, ok := field(root, "workspaces"); ok {
		if err := f.loadWorkspaces(v); err != nil {
			return err
		}
	}
	for i, section := range sections {
		if f.deps[i], f.spans[i], err = loadDeps(root, section); err != nil {
			return err
		}
	}
	if f.resolutions, err = loadResolutions(root); err != nil {
		return err
	}
	f.loadLenient(root)
	return nil
}

// loadWorkspaces reads both forms. Yarn ignores any other type in silence,
// which would look like an empty monorepo here: it is an error instead.
func (f *File) loadWorkspaces(v jsonedit.Value) error {
	const example = `["packages/*", "plugins/*"]`
	f.HasWorkspaces = true
	list := v
	if v.Kind() == jsonedit.Object {
		var ok bool
		if list, ok = field(v, "packages"); !ok {
			return nil
		}
	}
	if err := want(list, jsonedit.Array, "workspaces", example); err != nil {
		return err
	}
	for _, e := range list.Elements() {
		glob, err := text(e, "a workspaces pattern", `"packages/*"`)
		if err != nil {
			return err
		}
		f.Workspaces = append(f.Workspaces, glob)
	}
	return nil
}

// WorkspacePos is the place of pattern i of Workspaces.
func (f *File) WorkspacePos(i int) fault.Pos {
	for _, path := range [][]string{{"workspaces"}, {"workspaces", "packages"}} {
		if v, ok := f.Doc().Get(path...); ok && i < len(v.Elements()) {
			return v.Elements()[i].Pos()
		}
	}
	return fault.Pos{File: f.file}
}

// field is a member that is there and not null.
func field(v jsonedit.Value, name string) (jsonedit.Value, bool) {
	m, ok := v.Get(name)
	return m, ok && m.Kind() != jsonedit.Null
}

func text(v jsonedit.Value, what, example string) (string, error) {
	if err := want(v, jsonedit.String, what, example); err != nil {
		return "", err
	}
	return v.String(), nil
}

func want(v jsonedit.Value, kind jsonedit.Kind, what, example string) error {
	if v.Kind() == kind {
		return nil
	}
	return fault.At(v.Pos(), "%s is %s, but must be %s", what, v.Kind(), kind).
		WithNext("Write it as %s, for example, then run the command again.", example)
}

// last keeps the members that count: of each name the last one.
func last(members []jsonedit.Member) []jsonedit.Member {
	seen := make(map[string]int, len(members))
	for i, m := range members {
		seen[m.Name] = i
	}
	if len(seen) == len(members) {
		return members
	}
	var kept []jsonedit.Member
	for i, m := range members {
		if seen[m.Name] == i {
			kept = append(kept, m)
		}
	}
	return kept
}
