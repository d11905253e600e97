package audit

import (
	"cmp"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/osv"
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
				p, ok := packageOf(e)
				if ok && !seen[p] {
					seen[p] = true
					list = append(list, p)
				}
			}
		}
	}
	slices.SortFunc(list, comparePackages)
	return list
}

func comparePackages(a, b osv.Package) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
}

// packageOf is the npm package that an entry installs: the real one behind an
// alias, the patched one behind patch:. What comes from git or a URL counts
// under its name: a fork of a vulnerable version is taken for vulnerable. What
// lies in the repository itself (workspaces, link:, portal:, file:) is no npm
// package, whatever its name.
func packageOf(e *yarnlock.Entry) (osv.Package, bool) {
	if name, version, ok := e.Package(); ok {
		return osv.Package{Name: name, Version: version}, true
	}
	ref := e.Resolution.Reference
	for strings.HasPrefix(ref, "patch:") {
		inner, ok := yarnlock.ParseLocator(yarnlock.ParseRange(ref).Source)
		if !ok {
			return osv.Package{}, false
		}
		ref = inner.Reference
	}
	for _, own := range []string{"workspace:", "link:", "portal:", "file:", "exec:", "./", "../", "/", "~/"} {
		if strings.HasPrefix(ref, own) {
			return osv.Package{}, false
		}
	}
	if e.Version == "" || e.Version == "0.0.0-use.local" {
		return osv.Package{}, false
	}
	return osv.Package{Name: e.Resolution.Name, Version: e.Version}, true
}
