package published

import (
	"cmp"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/dts"
	"github.com/portalctl/portalctl/internal/spec"
)

// State is whether a version exports a name.
type State int

const (
	Exported State = iota
	NotExported
	NotKnown
)

// Answer is what a version says of a name.
type Answer struct {
	State State
	Name  dts.Name
	// Why it is not known, "" where the facts have no declarations at all.
	Why string
}

// Lookup asks whether a module of the package exports a name, be it by handing on
// all that another package exports. other gives the facts of that package, nil
// where they cannot be had.
func (f *Facts) Lookup(module, name string, other func(pkg string) *Facts) Answer {
	return f.lookup(module, name, other, map[string]bool{})
}

// lookup knows the modules that were asked already: two that hand on each other's
// names have nothing more between them.
func (f *Facts) lookup(module, name string, other func(pkg string) *Facts, asked map[string]bool) Answer {
	if f == nil || f.Types == nil {
		return Answer{State: NotKnown}
	}
	asked[module] = true
	m, known := f.Types.Module(dts.Subpath(f.Name, module))
	switch {
	case !known && !f.Types.Closed:
		return Answer{State: NotKnown, Why: module + " is a file of the package that its package.json does not name"}
	case !known:
		return Answer{State: NotExported}
	case m.Asset:
		return Answer{}
	}
	if n, ok := m.Names[name]; ok {
		return Answer{Name: n}
	}
	for _, from := range m.From {
		if name == "default" {
			break // export * leaves it out
		}
		if asked[from] {
			continue
		}
		facts := other(spec.PackageOf(from))
		if facts == nil || facts.Types == nil || facts == f {
			return Answer{State: NotKnown, Why: module + " exports all of " + from + ", which was not read"}
		}
		if a := facts.lookup(from, name, other, asked); a.State != NotExported {
			return a
		}
	}
	if m.Unknown != "" {
		return Answer{State: NotKnown, Why: module + ": " + m.Unknown}
	}
	return Answer{State: NotExported}
}

// Elsewhere is the module of the package that has a name, other than the one that
// was asked: the shortest that does not deprecate it, "" for none.
func (f *Facts) Elsewhere(module, name string) string {
	here := dts.Subpath(f.Name, module)
	var subpaths []string
	for sub, m := range f.Types.Modules {
		if n, ok := m.Names[name]; ok && sub != here && !n.Deprecated {
			subpaths = append(subpaths, sub)
		}
	}
	if len(subpaths) == 0 {
		return ""
	}
	slices.SortFunc(subpaths, func(x, y string) int { return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)) })
	return f.Name + strings.TrimPrefix(subpaths[0], ".")
}
