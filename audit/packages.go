package audit

import (
	"cmp"
	"strings"

	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Packages are the packages of the locks, each once, sorted: what to ask OSV
// about.
func Packages(sides ...[]*Lock) []osv.Package {
	seen := map[osv.Package]bool{}
	var list []osv.Package
	for _, locks := range sides {
		for _, l := range locks {
			for _, e := range l.Lock.Entries {
				for _, p := range packagesOf(e) {
					if !seen[p] {
						seen[p] = true
						list = append(list, p)
					}
				}
			}
		}
	}
	sorting.By(list, comparePackages)
	return list
}

func comparePackages(a, b osv.Package) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
}

// packageOf is the npm package that an entry installs: the real one behind an
// alias, the patched one behind patch:. What comes from git or a URL counts
// under its name: a fork of a vulnerable version is taken for vulnerable. What
// lies in the repository itself (workspaces, link:, portal:, file:) is not an npm
// package, whatever its name.
func packageOf(e *yarnlock.Entry) (osv.Package, bool) {
	if list := packagesOf(e); len(list) > 0 {
		return list[0], true
	}
	return osv.Package{}, false
}

// packagesOf is packageOf first, and the others that the entry may install: where
// what is written and the address of the tarball disagree, asking for one of them
// could miss what is installed. Names and versions are as registries have them.
func packagesOf(e *yarnlock.Entry) []osv.Package {
	if _, _, registry := e.Package(); !registry && ownCode(e) {
		return nil
	}
	var list []osv.Package
	for _, name := range e.Names() {
		for _, version := range e.Versions() {
			list = append(list, osv.Package{Name: name, Version: version})
		}
	}
	return list
}

// ownCode reports whether a package lies in the repository, or cannot be told
// at all.
func ownCode(e *yarnlock.Entry) bool {
	loc, ok := e.Resolution.Unpatched()
	return !ok || spec.Local(loc.Reference) || spec.IsPath(loc.Reference) || strings.HasPrefix(loc.Reference, "~/")
}
