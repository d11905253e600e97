package check

import (
	"fmt"
	"slices"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// orphans are what nothing asks for. Yarn takes it out on the next install; on
// Classic deduping leaves such entries behind, and they do no harm.
func (m *model) orphans(outOfDate bool) {
	if m.in.Lock.Kind == yarnlock.Classic && m.in.Project == nil {
		return // without the package.json files nothing asks for anything
	}
	if outOfDate {
		return // one install puts both right
	}
	list := m.orphanKeys()
	if len(list) == 0 {
		return
	}
	texts := make([]string, len(list))
	for i, k := range list {
		texts[i] = k.String()
	}
	f := finding.Finding{Rule: ruleStale, Severity: finding.Warning, Pos: m.in.Lock.Pos(m.in.Lock.Lookup(list[0])),
		Name: "yarn.lock", Key: "orphans", Message: "nothing asks for " + english.Some(texts, 3),
		Next: m.nextInstall(), Fixes: inLockOnly, Details: map[string]any{"orphans": texts}}
	if len(list) > 3 {
		f.Message = fmt.Sprintf("nothing asks for %d descriptors: %s", len(list), english.Some(texts, 3))
	}
	if l := m.lockedWorkspaces(m.in.Lock); l != nil && len(l.left) > 0 {
		m.leftWorkspaces(&f, l.left, len(list))
	}
	if m.in.Lock.Kind == yarnlock.Classic {
		f.Severity, f.Next = finding.Info, "Leave it to the next yarn install, or run "+m.fix(" --prune")
		if m.opts.Prune && m.prunable(list) {
			f.FixedBy = finding.ByFix
		}
	} else if m.prunable(list) {
		f.FixedBy, f.Next = finding.ByFix, "Run "+m.fix("")
	}
	m.add(f)
}

// leftWorkspaces makes the finding one about workspaces that went: what only they
// ask for follows.
func (m *model) leftWorkspaces(f *finding.Finding, left []*yarnlock.Entry, keys int) {
	names := make([]string, len(left))
	for i, e := range left {
		names[i] = fmt.Sprintf("%s (%s)", e.Resolution.Name, workspaceFolder(e))
		keys -= len(e.Keys)
	}
	f.Pos = m.in.Lock.Pos(left[0])
	f.Message = "yarn.lock still has " + english.Form(len(left), "the workspace ", english.CountOf(len(left), "", "workspaces: ")) + english.Some(names, 3) + ", which the project does not have"
	if keys > 0 {
		f.Message += "; nothing else asks for " + english.Count(keys, "other descriptor")
	}
}

// prunable reports whether some of the orphans can go without anything else
// being brought in line. What a workspace's own entry in the lock still lists,
// although its package.json does not, cannot.
func (m *model) prunable(orphans []yarnlock.Descriptor) bool {
	lock, err := yarnlock.Parse(m.in.Lock.File, m.in.Lock.Format())
	if err != nil {
		return false
	}
	m.prune(lock)
	return slices.ContainsFunc(orphans, func(k yarnlock.Descriptor) bool { return lock.Lookup(k) == nil })
}

// orphanKeys are the keys that Prune would take out, in lock order.
func (m *model) orphanKeys() []yarnlock.Descriptor {
	g := m.graph
	asked := newAsked(g)
	reachable := g.Reachable()
	for n := range depgraph.Node(g.Len()) {
		if !reachable.Has(n) {
			continue
		}
		for _, e := range g.Out(n) {
			asked.visit(e.To, e.Key)
		}
	}
	for _, r := range g.Roots() {
		asked.visit(depgraph.None, r)
	}
	return asked.others()
}

// asked are the keys of a lock that somebody asks for, by the node of their
// entry and the place in it.
type asked struct {
	g    *depgraph.Graph
	keys [][]bool
}

func newAsked(g *depgraph.Graph) *asked {
	return &asked{g: g, keys: make([][]bool, g.Len())}
}

// visit takes a key of node n, or of the one that has it if n is None.
func (a *asked) visit(n depgraph.Node, k yarnlock.Descriptor) {
	if n == depgraph.None || a.g.Entry(n) == nil || !slices.Contains(a.g.Entry(n).Keys, k) {
		if n = a.g.Node(a.g.Lock().Lookup(k)); n == depgraph.None {
			return
		}
	}
	entry := a.g.Entry(n)
	if a.keys[n] == nil {
		a.keys[n] = make([]bool, len(entry.Keys))
	}
	i := slices.Index(entry.Keys, k)
	if a.keys[n][i] {
		return
	}
	a.keys[n][i] = true
	for _, s := range a.g.Resolver().Sources(k) {
		a.visit(depgraph.None, s)
	}
}

// others are the keys that were not visited, in lock order.
func (a *asked) others() []yarnlock.Descriptor {
	var list []yarnlock.Descriptor
	for _, e := range a.g.Lock().Entries {
		seen := a.keys[a.g.Node(e)]
		for i, k := range e.Keys {
			if seen == nil || !seen[i] {
				list = append(list, k)
			}
		}
	}
	return list
}

// prune takes out of a lock what nothing asks for. On Classic that is for
// options.Prune alone, and needs the package.json files to know who asks.
//
// Where the lock is not in line with the package.json files, nothing goes: what
// looks like an orphan may be what the next install builds on.
func (m *model) prune(lock *yarnlock.Lock) (yarnlock.Pruned, bool) {
	if lock.Kind == yarnlock.Classic && (!m.opts.Prune || m.in.Project == nil) {
		return yarnlock.Pruned{}, false
	}
	g := newGraph(m.in, lock)
	if len(g.Missing()) > 0 || !m.inLine(lock) {
		return yarnlock.Pruned{}, false
	}
	return lock.Prune(g.Roots(), g.Resolver()), true
}
