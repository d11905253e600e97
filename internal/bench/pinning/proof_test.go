package pinning

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/semrange"
)

// claim is what the proof is about: a lock before and after pinning.
type claim struct {
	old, new string
	// dir has the package.json files as the bump left them.
	dir      string
	release  map[string]string
	registry func(name string) []string // versions that could be had
	// lower: --allow-downgrade.
	lower bool
}

// The reasons why a copy may be off the release.
const (
	byRange   = "range"       // a range excludes the release's version
	byAhead   = "ahead"       // the lock had a higher one
	byMissing = "unavailable" // the registry lacks it
	byOneCopy = "one copy"    // a singleton that all who ask share
)

// offCopy is a copy off the release, and why that is right.
type offCopy struct{ name, version, reason string }

// verdict is the outcome of a proof.
type verdict struct {
	on, of   int
	off      []offCopy
	faults   []string
	doubles  []string // covered names with several versions
	oldTwice []string
}

func (v *verdict) fault(format string, args ...any) {
	v.faults = append(v.faults, fmt.Sprintf(format, args...))
}

// ask is one key of the lock that wants a covered package.
type ask struct {
	key   string
	rng   semrange.Range
	tag   bool
	floor *semver.Version // what those who ask had before
	got   *semver.Version
}

// prover holds what all packages of a claim share.
type prover struct {
	claim
	before, after *scanned
	had           map[[2]string]*semver.Version // asker and dependency to version
	askers        map[string][][2]string        // key to those who ask with it
	stated        map[string][]string
}

// prove looks at every covered package of the new lock.
func prove(t testing.TB, c claim) *verdict {
	t.Helper()
	p := &prover{claim: c, after: scan(c.new), before: scan(c.old)}
	if len(p.after.entries) == 0 {
		t.Fatal("the new lock has no entries")
	}
	p.had, _ = edges(p.before)
	_, p.askers = edges(p.after)
	p.stated = asked(manifests(t, c.dir), p.after)
	v := &verdict{}
	groups := map[string][]*entry{}
	for _, e := range p.after.entries {
		if name := e.pkg(); name != "" && c.release[name] != "" {
			groups[name] = append(groups[name], e)
		}
	}
	for _, name := range sorted(groups) {
		p.judge(v, name, groups[name])
	}
	for _, e := range p.before.entries {
		name := e.pkg()
		if c.release[name] != "" && len(copies(p.before, name)) > 1 && !slices.Contains(v.oldTwice, name) {
			v.oldTwice = append(v.oldTwice, name)
		}
	}
	return v
}

// edges are, for each package and dependency, the version that it leads to, and
// for each key those who ask with it. A registry package is there with its
// version and, for what the old lock had in another version, without, then with
// the highest that any of its versions led to. A range that a resolution or the
// Backstage plugin replaced leads to the only key of that name, if there is but
// one.
func edges(s *scanned) (had map[[2]string]*semver.Version, askers map[string][][2]string) {
	had, askers = map[[2]string]*semver.Version{}, map[string][][2]string{}
	for _, e := range s.entries {
		for dep, rng := range e.deps {
			for _, key := range s.leadsTo(dep, rng) {
				askers[key] = append(askers[key], [2]string{e.resolution, dep})
				v := version(s.byKey[key].version)
				if v == nil || s.byKey[key].pkg() == "" {
					continue
				}
				for _, by := range []string{e.resolution, e.pkg()} {
					edge := [2]string{by, dep}
					if old := had[edge]; by != "" && (old == nil || semrange.Compare(old, v) < 0) {
						had[edge] = v
					}
				}
			}
		}
	}
	return had, askers
}

func (s *scanned) leadsTo(dep, rng string) []string {
	if key := dep + "@" + rng; s.byKey[key] != nil {
		return []string{key}
	}
	var list []string
	for key := range s.byKey {
		if strings.HasPrefix(key, dep+"@"+rng+"::") {
			return []string{key}
		}
		if strings.HasPrefix(key, dep+"@") {
			list = append(list, key)
		}
	}
	if len(list) == 1 {
		return list
	}
	return nil
}

func version(text string) *semver.Version {
	v, err := semrange.ParseVersion(text)
	if err != nil {
		return nil
	}
	return v
}

// asks reads the keys of the entries of one package.
func (p *prover) asks(v *verdict, name string, entries []*entry) (list []ask, ok bool) {
	ok = true
	for _, e := range entries {
		for _, key := range e.keys {
			text, isRange := rangeOf(key)
			if !isRange {
				continue // a patch: its source is a key too
			}
			a := ask{key: key, got: version(e.version)}
			var err error
			if a.rng, err = semrange.Parse(text); err != nil {
				a.tag = true
			} else if !a.rng.Satisfies(a.got) {
				v.fault("%s: %s is not in the range of %s", name, e.version, key)
				ok = false
			}
			if alias, _ := split(key); !a.tag && !slices.Contains(p.stated[alias], strings.TrimPrefix(key, alias+"@npm:")) &&
				!strings.Contains(key, "@backstage:") && !slices.ContainsFunc(p.stated[alias], isBound) {
				v.fault("%s: nothing asks for %s", name, key)
			}
			p.floor(&a)
			list = append(list, a)
		}
	}
	return list, ok
}

func isBound(rng string) bool { return strings.HasPrefix(rng, "backstage:") }

// floor is the highest version that a key, or anyone who asks with it, had.
func (p *prover) floor(a *ask) {
	raise := func(v *semver.Version) {
		if v != nil && (a.floor == nil || semrange.Compare(a.floor, v) < 0) {
			a.floor = v
		}
	}
	if e := p.before.byKey[a.key]; e != nil {
		raise(version(e.version))
	}
	// An exact version that the lock has counts as locked, whoever asks.
	if p.before.has(a.key) {
		raise(a.got)
	}
	for _, edge := range p.askers[a.key] {
		if !p.before.has(edge[0]) {
			edge[0], _ = split(edge[0])
		}
		raise(p.had[edge])
	}
}

// judge holds one package against the rule.
func (p *prover) judge(v *verdict, name string, entries []*entry) {
	release := version(p.release[name])
	found := copies(p.after, name)
	v.of++
	if len(found) == 1 && found[0] == p.release[name] {
		v.on++
	}
	list, ok := p.asks(v, name, entries)
	if !ok {
		return
	}
	available := copies(p.before, name)
	for _, w := range p.registry(name) {
		if !slices.Contains(available, w) {
			available = append(available, w)
		}
	}
	p.inherit(name, list)
	p.notLowered(v, name, list)
	for _, got := range found {
		if got == p.release[name] {
			continue
		}
		reason := ""
		for _, a := range list {
			if a.got.Original() == got {
				r := p.excuse(name, a, release, list, found, available)
				if r == "" {
					v.fault("%s: %s has %s, but nothing keeps it from %s", name, a.key, got, release)
				}
				if reason == "" || r == byRange {
					reason = r
				}
			}
		}
		v.off = append(v.off, offCopy{name, got, reason})
	}
	if len(found) > 1 {
		v.doubles = append(v.doubles, name)
		p.forced(v, name, list, available)
	}
}

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
