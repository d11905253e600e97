package pkgjson

import (
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsonedit"
)

// Section is the name of a member of package.json that lists dependencies.
type Section string

// The four sections.
const (
	Dependencies         Section = "dependencies"
	DevDependencies      Section = "devDependencies"
	PeerDependencies     Section = "peerDependencies"
	OptionalDependencies Section = "optionalDependencies"
)

var sections = [...]Section{Dependencies, DevDependencies, PeerDependencies, OptionalDependencies}

// Sections lists the four sections, in the order in which reports show them.
func Sections() []Section { return sections[:] }

// Dep is one dependency as written.
type Dep struct {
	Section Section
	Name    string
	Spec    string
	Pos     fault.Pos // of the spec
}

// Deps lists the dependencies of a section in file order. Of several of one
// name only the last is listed, the one that counts.
func (f *File) Deps(s Section) []Dep {
	for i := range sections {
		if sections[i] == s {
			return f.deps[i]
		}
	}
	return nil
}

// AllDeps lists the dependencies of all sections, section by section.
func (f *File) AllDeps() []Dep {
	var all []Dep
	for i := range f.deps {
		all = append(all, f.deps[i]...)
	}
	return all
}

// Set changes the spec of an existing dependency, and no other byte.
func (f *File) Set(s Section, name, spec string) error {
	return f.Edit(func(d *jsonedit.Doc) error { return d.SetString([]string{string(s), name}, spec) })
}

// SetAll is Set for many dependencies at once: all of them or none. Each Dep
// has the spec that it is to get; its Pos is not looked at.
func (f *File) SetAll(deps []Dep) error {
	sets := make([]jsonedit.StringSet, len(deps))
	for i, d := range deps {
		sets[i] = jsonedit.StringSet{Path: []string{string(d.Section), d.Name}, Value: d.Spec}
	}
	return f.Edit(func(doc *jsonedit.Doc) error { return doc.SetStrings(sets) })
}

func loadDeps(root jsonedit.Value, section Section) ([]Dep, error) {
	v, ok := field(root, string(section))
	if !ok {
		return nil, nil
	}
	if err := want(v, jsonedit.Object, string(section), `{"name": "^1.0.0"}`); err != nil {
		return nil, err
	}
	members := last(v.Members())
	deps := make([]Dep, 0, len(members))
	for _, m := range members {
		if err := checkName(m.Pos(), m.Name); err != nil {
			return nil, err
		}
		spec, err := text(m.Value, "the version of "+m.Name, `"^1.0.0"`)
		if err != nil {
			return nil, err
		}
		deps = append(deps, Dep{Section: section, Name: m.Name, Spec: spec, Pos: m.Value.Pos()})
	}
	return deps, nil
}
