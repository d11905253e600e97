package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/sorting"
)

// breach is a rule that a lock with steps made does not keep.
type breach struct {
	// rule and name tell one breach from another: an advisory, and the package
	// that it is for; versions are those of the package that are to blame.
	rule, name string
	versions   []string
	reason     string
}

// refused says what a trial does beside ending findings, "" if nothing.
func (x *fixer) refused(t *trial) string {
	if bad := x.breaches(t); len(bad) > 0 {
		return bad[0].reason
	}
	return ""
}

// breaches are what a trial does beside ending findings: a finding that was not
// there, a second copy of what must be one, a @backstage package off the release.
// What Yarn does to the lock without a step is no step's doing.
func (x *fixer) breaches(t *trial) []breach {
	var out []breach
	for _, key := range t.advisories() {
		if versions := t.found[key]; len(versions) > x.copies(key) {
			out = append(out, breach{key[1], key[0], newIn(versions, x.was(key[0])),
				fmt.Sprintf("it would bring %s, for %s %s", key[1], key[0], versions[len(versions)-1])})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.versions)) {
		versions, was := t.versions[name], x.was(name)
		had := max(1, len(x.before.versions[name]))
		if x.plain != nil {
			had = max(had, len(x.plain.versions[name]))
		}
		if len(versions) > had && x.lock.Singleton != nil && x.lock.Singleton(name) {
			out = append(out, breach{"one copy", name, newIn(versions, was),
				fmt.Sprintf("it would bring a second copy of %s (%s), of which there must be one", name, strings.Join(versions, ", "))})
			continue
		}
		if !strings.HasPrefix(name, "@backstage/") || !x.m.onRelease() {
			continue
		}
		for _, v := range newIn(versions, was) {
			if x.lock.Release[name] != v {
				out = append(out, breach{"release", name, []string{v}, fmt.Sprintf("it would move %s to %s, off the Backstage release", name, v)})
				break
			}
		}
	}
	return out
}

// was are the versions of a package without a step: in the lock as it is, and in
// what Yarn makes of it.
func (x *fixer) was(name string) []string {
	if x.plain == nil {
		return x.before.versions[name]
	}
	return slices.Concat(x.before.versions[name], x.plain.versions[name])
}

func newIn(versions, was []string) []string {
	return slices.DeleteFunc(slices.Clone(versions), func(v string) bool { return slices.Contains(was, v) })
}

// key tells one breach from another.
func (b breach) key() [2]string { return [2]string{b.rule, b.name} }

// suspects are the steps that look guilty of breaches: on each way up from what is to
// blame, those of the first package that moves. It is a guess that saves looking: who
// makes it proves it. Where it has proved wrong, they are those of all packages on the
// way that are new: another step may bring the same. A breach that one of those already
// suspected may have brought waits for the next look.
func (x *fixer) suspects(t *trial, steps []*remedy, bad []breach) []*remedy {
	if len(bad) == 0 {
		return nil
	}
	to := map[osv.Package][]*remedy{}
	for _, r := range steps {
		for _, m := range r.moves {
			if !slices.Contains(x.before.versions[m.Name], m.To) {
				p := osv.Package{Name: m.Name, Version: m.To}
				to[p] = union(to[p], []*remedy{r})
			}
		}
	}
	g := depgraph.Of(t.lock, t.project, t.settings)
	var sets [][]*remedy
	for _, b := range bad {
		if set := x.asking(g, b, to); len(set) > 0 {
			sets = append(sets, set)
		}
	}
	sorting.Stable(sets, func(a, b []*remedy) int { return cmp.Compare(len(a), len(b)) })
	var out []*remedy
	for _, set := range sets {
		if !slices.ContainsFunc(set, func(r *remedy) bool { return slices.Contains(out, r) }) {
			out = union(out, set)
		}
	}
	return out
}

// asking are the steps whose packages ask for what a breach is about, directly or
// through others that do not move. An ask that the lock had before is not what
// brings it.
func (x *fixer) asking(g *depgraph.Graph, b breach, to map[osv.Package][]*remedy) []*remedy {
	var out []*remedy
	x.via[b.key()] = nil
	seen := map[depgraph.Node]bool{}
	var todo []depgraph.Node
	for _, n := range g.Ident(b.name) {
		if slices.Contains(b.versions, g.Version(n)) {
			seen[n], todo = true, append(todo, n)
		}
	}
	for first := len(todo); len(todo) > 0; todo, first = todo[1:], first-1 {
		if e := g.Entry(todo[0]); e != nil {
			if p, ok := packageOf(e); ok && len(to[p]) > 0 {
				x.via[b.key()] = append(x.via[b.key()], p)
				if out = union(out, to[p]); !x.wrong[b.key()] {
					continue
				}
			} else if ok && first <= 0 && slices.Contains(x.before.versions[p.Name], p.Version) {
				continue // it asks for nothing that it did not before
			}
		}
		for e := range g.In(todo[0]) {
			if first > 0 && x.before.lock.Lookup(e.Key) != nil || seen[e.From] {
				continue
			}
			seen[e.From] = true
			todo = append(todo, e.From)
		}
	}
	return out
}

// union are the ways of two lists, each once.
func union(a, b []*remedy) []*remedy { return append(slices.Clone(a), without(b, a)...) }

// without are the ways of a list that another does not have.
func without(list, out []*remedy) []*remedy {
	return slices.DeleteFunc(slices.Clone(list), func(r *remedy) bool { return slices.Contains(out, r) })
}
