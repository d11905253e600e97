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
