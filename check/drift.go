package check

import (
	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/semrange"
)

// drifted reports whether a package of the release is locked in another version
// although all that ask for it admit the release's, or are such packages
// themselves: the lock alone can bring it back.
func (m *model) drifted(n depgraph.Node) bool {
	if m.drift == nil {
		m.drift = m.driftSet()
	}
	return m.drift.Has(n)
}

// driftSet begins with all that is off the release, and takes out what somebody
// holds there who is not in it, until that is nobody: packages that ask for each
// other do not make each other drift.
func (m *model) driftSet() depgraph.Set {
	set := make(depgraph.Set, m.after.Len())
	var off []depgraph.Node
	for n := range depgraph.Node(m.after.Len()) {
		if want, ok := m.versions[m.after.Name(n)]; ok && m.after.Workspace(n) == nil && want != m.after.Version(n) {
			if _, err := semrange.ParseVersion(want); err == nil {
				set[n] = true
				off = append(off, n)
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for _, n := range off {
			if !set[n] {
				continue
			}
			for e := range m.after.In(n) {
				if m.excludesRelease(e) && !set.Has(e.From) {
					set[n], changed = false, true
					break
				}
			}
		}
	}
	return set
}

// excludesRelease reports whether a range does not admit the release's version of
// what it asks for.
func (m *model) excludesRelease(e depgraph.Edge) bool {
	want, err := semrange.ParseVersion(m.versions[m.after.Name(e.To)])
	r, ok := m.rangeOf(&e)
	return err != nil || !ok || !r.Satisfies(want)
}

// driftRoot is the package with which a drift begins: one that nobody holds off
// the release but what would come back with it.
func (m *model) driftRoot(n depgraph.Node) depgraph.Node {
	seen := map[depgraph.Node]bool{}
	for !seen[n] {
		seen[n] = true
		for e := range m.after.In(n) {
			if m.excludesRelease(e) {
				n = e.From
				break
			}
		}
	}
	return n
}
