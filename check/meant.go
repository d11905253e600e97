package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// A pin whose key is misspelt protects nothing, and nobody notices. It is not to
// be deleted then, as one that has outlived its package is.

// leastLetters is how long a name has to be before a near one is taken for what
// was meant: among short names, near ones are just others.
const leastLetters = 5

// meant is what a resolution that applies to nothing was probably to be.
type meant struct {
	key          string
	wrong, right string // what was misspelt in it
	is           yarnlock.Override
}

// meantBy is the resolution that one with a misspelt key was to be; ok is false if
// none is near that applies to something.
func (m *model) meantBy(key string) (meant, bool) {
	i := slices.IndexFunc(m.overrides(), func(o override) bool { return o.res.Key == key })
	if i < 0 {
		return meant{}, false
	}
	o := m.overrides()[i]
	w := meant{is: o.Override}
	at := strings.LastIndex
	switch {
	case o.Parent != "" && len(m.graph.Ident(o.Parent)) == 0:
		w.wrong, w.right, at = o.Parent, m.nearName(o.Parent), strings.Index
		w.is.Parent = w.right
	case len(m.graph.Ident(o.Name)) == 0:
		w.wrong, w.right = o.Name, m.nearName(o.Name)
		w.is.Name = w.right
		if !m.mayMean(w.right, o.res.Value) {
			return meant{}, false
		}
	case o.Range != "":
		// The range that lacks an entry since the key does not name it any more.
		w.wrong, w.right = spec.Bare(o.Range), m.onlyMissing(o.Name)
		w.is.Range = spec.NPM.Of(w.right)
	}
	place := at(key, w.wrong)
	if w.right == "" || place < 0 || !m.appliesToAny(w.is) {
		return meant{}, false
	}
	w.key = key[:place] + w.right + key[place+len(w.wrong):]
	return w, true
}

// onlyMissing is the one range of a package that the lock has no entry for, else "".
func (m *model) onlyMissing(name string) string {
	only := ""
	for _, e := range m.graph.Missing() {
		switch rng := spec.Bare(e.Range); {
		case e.Name != name || rng == only:
		case only != "":
			return ""
		default:
			only = rng
		}
	}
	return only
}

// nearName is the package of the lock whose name is nearly that one, else "".
func (m *model) nearName(name string) string {
	if base := name[strings.LastIndexByte(name, '/')+1:]; len(base) < leastLetters {
		return ""
	}
	return fault.Nearest(name, m.lockNames())
}

// lockNames are the names of the packages in the lock, sorted.
func (m *model) lockNames() []string {
	if m.names == nil {
		for _, e := range m.graph.Lock().Entries {
			m.names = append(m.names, e.Resolution.Name)
		}
		slices.Sort(m.names)
		m.names = slices.Compact(m.names)
	}
	return m.names
}

// mayMean reports whether what a resolution gives is near to what the lock has of a
// package: who pins raises a version by one major at most.
func (m *model) mayMean(name, value string) bool {
	lowest := spec.Read(value).Versions.Min()
	if lowest == nil {
		return true // a patch, or a place: nothing to compare
	}
	major := lowest.Major()
	return slices.ContainsFunc(m.graph.Ident(name), func(n depgraph.Node) bool {
		v, err := semrange.ParseVersion(m.graph.Version(n))
		return err == nil && v.Major() <= major+1 && major <= v.Major()+1
	})
}

// appliesToAny reports whether a dependency of the lock is what a resolution is about.
func (m *model) appliesToAny(o yarnlock.Override) bool {
	for n := range depgraph.Node(m.graph.Len()) {
		for _, e := range m.graph.Out(n) {
			if overrideMatches(o, m.graph, e) {
				return true
			}
		}
	}
	return slices.ContainsFunc(m.graph.Missing(), func(e depgraph.Edge) bool { return overrideMatches(o, m.graph, e) })
}

// misspelt says which key was meant, and what to do; "" if none is near. What the
// lock lacks because of that follows from it.
func (m *model) misspelt(key string) (message, next string, follows []cause) {
	w, ok := m.meantBy(key)
	if !ok {
		return "", "", nil
	}
	for _, e := range m.graph.Missing() {
		if overrideMatches(w.is, m.graph, e) {
			follows = append(follows, at(e.Pos))
		}
	}
	return fmt.Sprintf("nothing asks for %s; is %s meant?", w.wrong, w.right),
		fmt.Sprintf("Write the key as %q, then run %s; or remove it if it is of no use any more", w.key, m.install()), follows
}
