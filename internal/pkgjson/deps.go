package pkgjson

import (
	"cmp"
	"slices"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
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
	Parsed  spec.Spec // Spec taken apart
	Pos     fault.Pos // of the spec
}

// Deps lists the dependencies of a section in file order. Of several of one
// name only the last is listed, the one that counts.
func (f *File) Deps(s Section) []Dep {
	if i := slices.Index(sections[:], s); i >= 0 {
		return f.deps[i]
	}
	return nil
}

// Has reports whether a section lists a package.
func (f *File) Has(s Section, name string) bool {
	return slices.ContainsFunc(f.Deps(s), func(d Dep) bool { return d.Name == name })
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
// has the spec that it is to get; its Pos is not looked at. The file is parsed
// once more, which proves that the result is a manifest still.
func (f *File) SetAll(deps []Dep) error {
	edits := make([]edit, 0, len(deps))
	for _, d := range deps {
		i, now := slices.Index(sections[:], d.Section), -1
		if i >= 0 {
			now = slices.IndexFunc(f.deps[i], func(x Dep) bool { return x.Name == d.Name })
		}
		if now < 0 {
			return fault.At(fault.Pos{File: f.file}, "there is no %q in %s", d.Name, d.Section).WithNext(nextReport)
		}
		if f.deps[i][now].Spec != d.Spec { // else it reads so, whatever its escapes
			edits = append(edits, edit{f.spans[i][now], d.Spec})
		}
	}
	if len(edits) == 0 {
		return nil
	}
	sorting.By(edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	text, at := make([]byte, 0, len(f.src)+16*len(edits)), 0
	for _, e := range edits {
		if e.start < at {
			return fault.At(fault.Pos{File: f.file}, "two edits of one dependency").WithNext(nextReport)
		}
		text = append(append(text, f.src[at:e.start]...), jsonedit.Literal(e.spec)...)
		at = e.end
	}
	next, err := Parse(f.file, append(text, f.src[at:]...))
	if err != nil {
		return fault.Wrap(err, fault.Pos{File: f.file}, "an edit would break the file").WithNext(nextReport)
	}
	*f = *next
	return nil
}

const nextReport = "This is a defect of portalctl: please report it with the file."

// span is where a dependency's spec stands in the text.
type span struct{ start, end int }

type edit struct {
	span
	spec string
}

func loadDeps(root jsonedit.Value, section Section) ([]Dep, []span, error) {
	v, ok := field(root, string(section))
	if !ok {
		return nil, nil, nil
	}
	if err := want(v, jsonedit.Object, string(section), `{"name": "^1.0.0"}`); err != nil {
		return nil, nil, err
	}
	members := last(v.Members())
	deps, spans := make([]Dep, 0, len(members)), make([]span, 0, len(members))
	for _, m := range members {
		if err := checkName(m.Pos(), m.Name); err != nil {
			return nil, nil, err
		}
		asked, err := text(m.Value, "the version of "+m.Name, `"^1.0.0"`)
		if err != nil {
			return nil, nil, err
		}
		start, end := m.Value.Span()
		spans = append(spans, span{start, end})
		deps = append(deps, Dep{Section: section, Name: m.Name, Spec: asked, Parsed: spec.Read(asked), Pos: m.Value.Pos()})
	}
	return deps, spans, nil
}
