// Package dts reads what a published package exports by its type declarations:
// the names of each subpath, which of them are deprecated and why. Declarations
// are followed from file to file as TypeScript does, by exports, typesVersions
// and types of package.json. What another package exports, and what cannot be
// read, is said and never guessed.
package dts

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Package is what a package exports.
type Package struct {
	// Modules are its subpaths: ".", "./alpha".
	Modules map[string]*Module
	// Closed: no other subpath can be imported. Without an exports field every
	// file can.
	Closed bool `json:",omitempty"`
}

// Module is one subpath.
type Module struct {
	Names map[string]Name `json:",omitempty"`
	// From are the modules of other packages that all names are exported from.
	From []string `json:",omitempty"`
	// Unknown is why there may be names that are not listed, "" if there are none.
	Unknown string `json:",omitempty"`
	// Asset: no code, a style sheet or JSON. It has no names.
	Asset bool `json:",omitempty"`
}

// Name is an exported name.
type Name struct {
	Deprecated bool `json:",omitempty"`
	// Reason is what the declaration says of its deprecation, in one line.
	Reason string `json:",omitempty"`
	// Origin is "module#name" for a name of another package.
	Origin string `json:",omitempty"`
	// Members are the deprecated members of the types that it is declared with.
	Members []Member `json:",omitempty"`
}

// Member is a deprecated property or method.
type Member struct {
	// Owner is the type that has it, and Far how many types lie between the name
	// and that type: 0 for its own.
	Owner, Name, Reason string
	Far                 int `json:",omitempty"`
}

// Wanted reports whether Read may need a file of a tarball.
func Wanted(name string) bool {
	return name == "package.json" || strings.HasSuffix(name, "/package.json") && strings.Count(name, "/") <= 2 ||
		strings.HasSuffix(name, ".d.ts") || strings.HasSuffix(name, ".d.mts") || strings.HasSuffix(name, ".d.cts")
}

// Read reads a package from its files, by their paths below its folder. An error
// means that there is no package.json that can be read.
func Read(files map[string][]byte) (*Package, error) {
	var m manifest
	if err := json.Unmarshal(files["package.json"], &m); err != nil {
		return nil, err
	}
	r := &resolver{files: files, manifest: m, parsed: map[string]*file{}, handed: map[string]Name{}}
	p := &Package{Modules: map[string]*Module{}, Closed: m.closed()}
	for subpath, target := range r.entries() {
		p.Modules[subpath] = r.module(target)
	}
	return p, nil
}

// Module is what a subpath exports. known is false for one that the package does
// not name; that it cannot be imported is certain only of a package that is
// Closed.
func (p *Package) Module(subpath string) (m *Module, known bool) {
	if m, known = p.Modules[subpath]; known {
		return m, true
	}
	for _, pattern := range slices.Sorted(maps.Keys(p.Modules)) {
		before, after, star := strings.Cut(pattern, "*")
		if star && len(subpath) >= len(before)+len(after) && strings.HasPrefix(subpath, before) && strings.HasSuffix(subpath, after) {
			return p.Modules[pattern], true
		}
	}
	return nil, false
}

// Subpath is the subpath of a module that is imported from a package:
// "./alpha" for "@a/b/alpha" of "@a/b".
func Subpath(pkg, module string) string {
	if rest, ok := strings.CutPrefix(module, pkg+"/"); ok {
		return "./" + rest
	}
	return "."
}
