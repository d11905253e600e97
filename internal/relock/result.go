package relock

import (
	"cmp"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Result is the new lock and what changed.
type Result struct {
	// Lock is the text of the new yarn.lock.
	Lock []byte
	// Changed says that it differs from the old one.
	Changed bool

	Added   []Package
	Removed []Package
	Updated []Update

	// OnRelease of OfRelease packages of the release have its version and no
	// other. Both are zero without a release.
	OnRelease, OfRelease int
	// OffRelease are copies of packages that the release has in another
	// version, those that are ahead apart.
	OffRelease []Off
	// Ahead are copies that are newer than the release's version and were not
	// lowered.
	Ahead []Off

	// DuplicatesBefore and DuplicatesAfter are the packages with several
	// versions.
	DuplicatesBefore, DuplicatesAfter []Duplicate

	// LostPatches are patches of the project whose file is not there. The lock
	// keeps what it had, and Yarn fails.
	LostPatches []LostPatch

	// InstallScripts are new packages that run code when they are installed.
	InstallScripts []Package
}

// LostPatch is a patch file that is not there, and where it is asked for.
type LostPatch struct {
	Name, File string
	Pos        fault.Pos
}

// Package is a version of a package.
type Package struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Update is a package whose versions changed. From lacks what stayed, and so
// does To.
type Update struct {
	Name string   `json:"name"`
	From []string `json:"from"`
	To   []string `json:"to"`
}

// Duplicate is a package with several versions, lowest first.
type Duplicate struct {
	Name     string   `json:"name"`
	Versions []string `json:"versions"`
}

// versions are the versions of every registry package of a lock.
type versions map[string][]string

// census counts patched and unpatched copies as one.
func census(entries []*yarnlock.Entry) versions {
	return yarnlock.Versions(entries, nil)
}

func (v versions) duplicates() []Duplicate {
	var out []Duplicate
	for name, list := range v {
		if len(list) > 1 {
			out = append(out, Duplicate{name, sortVersions(list)})
		}
	}
	sorting.By(out, func(a, b Duplicate) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func sortVersions(list []string) []string {
	list = slices.Clone(list)
	semrange.SortText(list)
	return list
}

// result compares the lock with what it was.
func (s *solver) result(before versions) *Result {
	lock := s.in.Lock
	r := &Result{Changed: lock.Changed(), Lock: lock.Format()}
	after := before
	if r.Changed {
		after = census(lock.Entries)
	}
	r.DuplicatesBefore = before.duplicates()
	r.DuplicatesAfter = r.DuplicatesBefore
	if r.Changed {
		r.DuplicatesAfter = after.duplicates()
		r.compare(before, after)
		for _, p := range s.order {
			if _, version, ok := packageOf(p.loc); ok && p.install && !slices.Contains(before[p.loc.Name], version) {
				r.InstallScripts = append(r.InstallScripts, Package{p.loc.Name, version})
			}
		}
		sorting.By(r.InstallScripts, comparePackages)
		r.InstallScripts = slices.Compact(r.InstallScripts)
	}
	for d, file := range s.lost {
		r.LostPatches = append(r.LostPatches, LostPatch{Name: d.Name, File: file, Pos: s.descriptorPos(d)})
	}
	sorting.By(r.LostPatches, func(a, b LostPatch) int { return cmp.Compare(a.Name+" "+a.File, b.Name+" "+b.File) })
	s.measureRelease(r, before)
	return r
}

func packageOf(loc locator) (name, version string, ok bool) {
	e := yarnlock.Entry{Resolution: loc}
	return e.Package()
}

func (r *Result) compare(before, after versions) {
	for name, list := range after {
		if _, ok := before[name]; !ok {
			for _, v := range list {
				r.Added = append(r.Added, Package{name, v})
			}
			continue
		}
		from, to := without(before[name], list), without(list, before[name])
		if len(from) > 0 || len(to) > 0 {
			r.Updated = append(r.Updated, Update{name, from, to})
		}
	}
	for name, list := range before {
		if _, ok := after[name]; !ok {
			for _, v := range list {
				r.Removed = append(r.Removed, Package{name, v})
			}
		}
	}
	sorting.By(r.Added, comparePackages)
	sorting.By(r.Removed, comparePackages)
	sorting.By(r.Updated, func(a, b Update) int { return cmp.Compare(a.Name, b.Name) })
}

func without(list, minus []string) []string {
	var out []string
	for _, v := range list {
		if !slices.Contains(minus, v) {
			out = append(out, v)
		}
	}
	return sortVersions(out)
}

func comparePackages(a, b Package) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), semrange.CompareText(a.Version, b.Version))
}
