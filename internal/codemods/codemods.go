// Package codemods knows the official recipes that rewrite a portal's code for a
// release of Backstage: which release each is for, and what code it is about.
package codemods

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/portalctl/portalctl/internal/semrange"
)

//go:generate go run ./gentable -from $BACKSTAGE_CODEMODS -to table.tsv

// table is a line for each recipe: its name, the release, and then what it is
// about, each separated by a tab:
//
//	import:MODULE#NAME  a name that its inputs import
//	text:TEXT           a style sheet's class or variable that it replaces
//	config:KEY          a key of app-config that it removes or renames
//	package:NAME        a dependency that it replaces
//
// gentable writes it; table.LICENSE says where the data comes from.
//
//go:embed table.tsv
var table string

// Recipe is one recipe.
type Recipe struct {
	// Name is that in the registry of codemods: "@backstage/loading-to-is-pending".
	Name    string
	Release string
	Imports []Import
	// Texts, Config and Packages are style classes and variables, keys of app-config
	// and dependencies.
	Texts, Config, Packages []string
}

// Import is a name of a module.
type Import struct{ Module, Name string }

// Command runs the recipe in the portal's root.
func (r Recipe) Command() string { return "npx codemod " + r.Name }

var recipes = sync.OnceValue(func() []Recipe {
	var list []Recipe
	for line := range strings.Lines(table) {
		fields := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if len(fields) < 3 || strings.HasPrefix(line, "#") {
			continue
		}
		r := Recipe{Name: fields[0], Release: fields[1]}
		for _, f := range fields[2:] {
			kind, what, _ := strings.Cut(f, ":")
			switch kind {
			case "import":
				module, name, _ := strings.Cut(what, "#")
				r.Imports = append(r.Imports, Import{module, name})
			case "text":
				r.Texts = append(r.Texts, what)
			case "config":
				r.Config = append(r.Config, what)
			case "package":
				r.Packages = append(r.Packages, what)
			}
		}
		list = append(list, r)
	}
	return list
})

// Between are the recipes of the releases above from and up to to, oldest first.
func Between(from, to string) []Recipe {
	low, errLow := semrange.ParseVersion(from)
	high, errHigh := semrange.ParseVersion(to)
	if errLow != nil || errHigh != nil {
		return nil
	}
	var out []Recipe
	for _, r := range recipes() {
		v, err := semrange.ParseVersion(r.Release)
		if err == nil && v.GreaterThan(low) && !v.GreaterThan(high) {
			out = append(out, r)
		}
	}
	return out
}

// Concerns reports whether a recipe is about names of a package.
func Concerns(pkg string) bool {
	return slices.ContainsFunc(recipes(), func(r Recipe) bool {
		return slices.ContainsFunc(r.Imports, func(i Import) bool { return i.Module == pkg || strings.HasPrefix(i.Module, pkg+"/") })
	})
}
