package pinning

import (
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/semrange"
)

// excuse finds why a key is off the release, or "".
func (p *prover) excuse(name string, a ask, release *semver.Version, all []ask, found, available []string) string {
	excludes := func(a ask) bool { return !a.tag && !a.rng.Satisfies(release) }
	switch {
	case a.tag, excludes(a): // a tag admits one version
		return byRange
	case !p.lower && semrange.Compare(a.got, release) > 0 && slices.Contains(copies(p.before, name), a.got.Original()):
		return byAhead
	case !slices.Contains(available, release.Original()):
		return byMissing
	case single(name) && len(found) == 1 && slices.ContainsFunc(all, excludes):
		return byOneCopy
	}
	return ""
}

// notLowered checks that nobody gets less than before, unless the range itself
// says so.
func (p *prover) notLowered(v *verdict, name string, list []ask) {
	if p.lower {
		return
	}
	for _, a := range list {
		if a.floor != nil && semrange.Compare(a.got, a.floor) < 0 && !a.tag && a.rng.Satisfies(a.floor) {
			v.fault("%s: %s had %s and got %s", name, a.key, a.floor, a.got)
		}
	}
}

// inherit hands what the lock had to those who ask now if all who asked before
// are gone: the package, and its data, are not.
func (p *prover) inherit(name string, list []ask) {
	if slices.ContainsFunc(list, func(a ask) bool { return a.floor != nil }) {
		return
	}
	for i := range list {
		a := &list[i]
		for _, text := range copies(p.before, name) {
			old := version(text)
			if !a.tag && a.rng.Satisfies(old) && (a.floor == nil || semrange.Compare(a.floor, old) < 0) {
				a.floor = old
			}
		}
	}
}

// forced checks that the copies of a package cannot be fewer: a singleton has
// no version for all, and no two copies that ranges keep off the release have
// one for both. (What is ahead stays where it is, as the release's copy does.)
func (p *prover) forced(v *verdict, name string, list []ask, available []string) {
	fits := func(w *semver.Version, asks []ask) bool {
		return !slices.ContainsFunc(asks, func(a ask) bool {
			return a.tag || !a.rng.Satisfies(w) || !p.lower && a.floor != nil && semrange.Compare(w, a.floor) < 0
		})
	}
	some := func(asks []ask) (string, bool) {
		for _, text := range available {
			if w := version(text); w != nil && fits(w, asks) {
				return text, true
			}
		}
		return "", false
	}
	if w, ok := some(list); ok && single(name) {
		v.fault("%s: %s fits all who ask, but there are several copies", name, w)
	}
	byCopy := map[string][]ask{}
	release := version(p.release[name])
	for _, a := range list {
		if a.tag || !a.rng.Satisfies(release) || !slices.Contains(available, p.release[name]) {
			byCopy[a.got.Original()] = append(byCopy[a.got.Original()], a)
		}
	}
	texts := sorted(byCopy)
	for i, x := range texts {
		for _, y := range texts[i+1:] {
			if w, ok := some(slices.Concat(byCopy[x], byCopy[y])); ok {
				v.fault("%s: %s would do for the copies %s and %s", name, w, x, y)
			}
		}
	}
}

// single is the rule of the former versions:check.
func single(name string) bool {
	_, base, _ := strings.Cut(name, "/")
	if strings.HasSuffix(base, "-app-api") || base == "core-plugin-api" || base == "frontend-plugin-api" {
		return true
	}
	return strings.HasPrefix(base, "plugin-") && !strings.HasSuffix(base, "-react") &&
		!strings.HasSuffix(base, "-node") && !strings.HasSuffix(base, "-common")
}

// copies are the versions that a lock has of a package.
func copies(s *scanned, name string) []string {
	var list []string
	for _, e := range s.entries {
		if e.pkg() == name && !slices.Contains(list, e.version) {
			list = append(list, e.version)
		}
	}
	slices.Sort(list)
	return list
}

func sorted[T any](m map[string]T) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}
