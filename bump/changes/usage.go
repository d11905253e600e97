package changes

import (
	"cmp"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
)

// usage is what a file does besides importing.
type usage struct {
	// attributes are those of each element, by the element's name as it stands
	// there, with their first line.
	attributes map[string]map[string]int
	// members are the properties that are read or called (.x), keys those that are
	// given or taken apart ({x: …}, {x}), each with its first line.
	members, keys map[string]int
	// strings are the literals and what elements show, with their first line.
	strings map[string]int
}

// usage reads the tokens of a file, once.
func (f *sourceFile) usage() *usage {
	if f.used != nil {
		return f.used
	}
	u := &usage{attributes: map[string]map[string]int{}, members: map[string]int{}, keys: map[string]int{}, strings: map[string]int{}}
	f.used = u
	ts := f.tokens
	var open []string // elements whose tags are open
	for i, t := range ts {
		before := func(text string) bool { return i > 0 && ts[i-1].Is(text) }
		after := func(text string) bool { return i+1 < len(ts) && ts[i+1].Is(text) }
		switch {
		case t.Kind == jsscan.String || t.Kind == jsscan.Template:
			first(u.strings, t.Text, t.Line)
			if after(":") && (before("{") || before(",")) {
				first(u.keys, t.Text, t.Line)
			}
		case t.Role == jsscan.Element && before("<"):
			name := t.Text
			for k := i + 1; k+1 < len(ts) && ts[k].Is(".") && ts[k+1].Role == jsscan.Element; k += 2 {
				name += "." + ts[k+1].Text
			}
			open = append(open, name)
			if u.attributes[name] == nil {
				u.attributes[name] = map[string]int{}
			}
		case t.Role == jsscan.Attribute && len(open) > 0:
			of := u.attributes[open[len(open)-1]]
			first(of, t.Text, t.Line)
			if value := literal(ts, i+1); value != "" {
				first(of, t.Text+"="+value, t.Line)
			}
		case t.Role == jsscan.TagEnd && len(open) > 0:
			open = open[:len(open)-1]
		case t.Kind == jsscan.Word && t.Role == jsscan.NoRole:
			switch {
			case before(".") || before("?."):
				first(u.members, t.Text, t.Line)
			case (before("{") || before(",") || before(";")) && (after(":") || after(",") || after("}") || after("(") || after("?") || after("=")):
				first(u.keys, t.Text, t.Line)
			}
		}
	}
	return u
}

// literal is the text that an attribute is given at i: ="x" or ={'x'}.
func literal(ts []jsscan.Token, i int) string {
	if i >= len(ts) || !ts[i].Is("=") {
		return ""
	}
	if i++; i < len(ts) && ts[i].Is("{") {
		i++
	}
	if i < len(ts) && ts[i].Kind == jsscan.String {
		return ts[i].Text
	}
	return ""
}

func first(m map[string]int, key string, line int) {
	if _, have := m[key]; !have {
		m[key] = line
	}
}

// importedName is a name of a package that the source takes.
type importedName struct {
	// module is as it is imported, name as the module exports it.
	module, name string
}

// use is one place where a name is taken.
type use struct {
	file  *sourceFile
	line  int
	local string // "" where it has no name in the file
	// module is what is imported; set in index.modules alone.
	module string
}

// index is what the source takes from packages.
type index struct {
	// names are the uses of each name, by package.
	names map[string]map[importedName][]use
	// modules are the places where a module is referred to, by package.
	modules map[string][]use
}

// indexOf sorts the imports of a source by package.
func indexOf(s *source) *index {
	x := &index{names: map[string]map[importedName][]use{}, modules: map[string][]use{}}
	for _, f := range s.files {
		for _, im := range f.imports {
			pkg := spec.PackageOf(im.Module)
			if pkg == "" {
				continue
			}
			x.modules[pkg] = append(x.modules[pkg], use{file: f, line: im.Line, module: im.Module})
			for _, n := range im.Taken(f.tokens) {
				x.add(pkg, im.Module, n.Name, use{file: f, line: n.Line, local: n.Local})
			}
		}
	}
	return x
}

func (x *index) add(pkg, module, name string, u use) {
	if x.names[pkg] == nil {
		x.names[pkg] = map[importedName][]use{}
	}
	key := importedName{module, name}
	x.names[pkg][key] = append(x.names[pkg][key], u)
}

// places are uses as a report has them, in the order of files.
func places(uses []use, how how) []place {
	var out []place
	for _, u := range uses {
		out = append(out, place{File: u.file.name, Line: u.line, How: how})
	}
	return sortedPlaces(out)
}

func sortedPlaces(list []place) []place {
	sorting.By(list, func(a, b place) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(string(a.How), string(b.How)))
	})
	return slices.CompactFunc(list, func(a, b place) bool { return a.File == b.File && a.Line == b.Line })
}
