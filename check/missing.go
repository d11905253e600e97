package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/spec"
)

// mostMissing is how many descriptors can be missing one by one. A lock that lacks
// more was not written after the last edit, or is not this project's: that is one
// mistake, and one command mends it.
const mostMissing = 5

// missing are dependencies without an entry, and workspaces that the lock has
// otherwise. It reports whether there are any: the lock is out of date then.
//
// A bare lock does not tell which resolutions put other ranges in the place of
// those that its entries list: what it lacks is not a finding then.
func (m *model) missing() bool {
	all := m.graph.Missing()
	if m.in.Project == nil {
		return len(all) > 0
	}
	left := slices.DeleteFunc(m.missingByResolution(all), func(e depgraph.Edge) bool { return m.isClaimed(at(e.Pos)) })
	workspaces := m.lockedWorkspaces(m.in.Lock)
	known := workspaces != nil && !workspaces.strange()
	descriptors := map[string]bool{}
	for _, e := range left {
		if p := m.owner(e); !known || p == nil || workspaces.entry[p] != nil {
			descriptors[missingText(e)] = true
		}
	}
	if len(descriptors) > mostMissing {
		m.missingAtOnce(left, len(descriptors))
		return true
	}
	outOfDate := len(all) > 0
	places := map[cause]bool{}
	if known {
		outOfDate = m.workspaceNames(workspaces) || outOfDate
		left = slices.DeleteFunc(left, func(e depgraph.Edge) bool {
			p := m.owner(e)
			return m.isClaimed(at(e.Pos)) || p != nil && m.isClaimed(at(p.File.NamePos))
		})
		for _, e := range all {
			places[at(e.Pos)] = true
		}
	}
	m.missingOnes(left)
	if known {
		outOfDate = m.entriesDiffer(workspaces, places) || outOfDate
	}
	return outOfDate
}

// owner is the workspace that asks, nil for others.
func (m *model) owner(e depgraph.Edge) *pkg {
	if ws := m.graph.Workspace(e.From); ws != nil {
		return m.byName[ws.Name]
	}
	return nil
}

// missingOnes reports what is missing one by one.
func (m *model) missingOnes(left []depgraph.Edge) {
	inLock := map[depgraph.Node][]depgraph.Edge{}
	var order []depgraph.Node
	for _, e := range left {
		if ws := m.graph.Workspace(e.From); ws != nil && e.Pos.File != m.in.Lock.File {
			m.add(finding.Finding{Rule: ruleStale, Pos: e.Pos, Name: e.Name, Key: e.Range,
				Message: fmt.Sprintf("yarn.lock has no entry for %s@%s, which %s asks for", e.Name, e.Range, ws.Name), Next: m.nextInstall(), Fixes: inLockOnly})
			continue
		}
		if len(inLock[e.From]) == 0 {
			order = append(order, e.From)
		}
		inLock[e.From] = append(inLock[e.From], e)
	}
	for _, n := range order {
		list := inLock[n]
		texts := make([]string, len(list))
		for i, e := range list {
			texts[i] = missingText(e)
		}
		slices.Sort(texts)
		m.add(finding.Finding{Rule: ruleStale, Pos: list[0].Pos, Name: m.graph.Name(n), Key: strings.Join(texts, " "),
			Message: fmt.Sprintf("%s depends on %s, which yarn.lock has no entry for", m.label(n), english.Some(texts, 3)), Next: m.nextInstall(), Fixes: inLockOnly})
	}
}

func missingText(e depgraph.Edge) string { return e.Name + "@" + spec.Bare(e.Range) }

// missingByResolution reports resolutions that the lock does not know yet: all who
// ask for the package lack an entry, and the resolution is the place to look at.
// It returns what no resolution explains.
func (m *model) missingByResolution(all []depgraph.Edge) []depgraph.Edge {
	asked := map[string]int{}
	left := slices.DeleteFunc(slices.Clone(all), func(e depgraph.Edge) bool {
		i := slices.IndexFunc(m.overrides(), func(o override) bool { return o.Name == e.Name && overrideMatches(o.Override, m.graph, e) })
		if i < 0 {
			return false
		}
		asked[m.overrides()[i].res.Key]++
		return true
	})
	for _, o := range m.overrides() {
		if n := asked[o.res.Key]; n > 0 {
			asked[o.res.Key] = 0 // two resolutions cannot have one key, but a file may
			m.add(finding.Finding{Rule: ruleStale, Pos: o.res.Pos, Name: o.Name, Key: o.res.Key + " " + o.res.Value,
				Message: fmt.Sprintf("yarn.lock does not have what the resolution %q: %q gives to %s", o.res.Key, o.res.Value, english.CountOf(n, "dependency", "dependencies")),
				Next:    m.nextInstall(), Fixes: inLockOnly})
		}
	}
	return left
}

// missingAtOnce is the one finding about a lock that lacks much.
func (m *model) missingAtOnce(list []depgraph.Edge, descriptors int) {
	f := finding.Finding{Rule: ruleStale, Pos: list[0].Pos, Name: "yarn.lock", Key: "missing", Next: m.nextInstall(), Fixes: inLockOnly}
	f.Message = fmt.Sprintf("yarn.lock has no entry for %d of the descriptors that are asked for (it has %s)", descriptors, english.CountOf(len(m.in.Lock.Entries), "entry", "entries"))
	texts := make([]string, len(list))
	for i, e := range list {
		texts[i] = fmt.Sprintf("%s:%d: %s", e.Pos.File, e.Pos.Line, missingText(e))
	}
	listAll(&f, "missing", texts)
	m.add(f)
}

// listAll gives a finding about many its lines: the first of them, and all in the
// details.
func listAll(f *finding.Finding, key string, texts []string) {
	f.Lines = slices.Clone(texts[:min(len(texts), 2*mostMissing)])
	if n := len(texts) - len(f.Lines); n > 0 {
		f.Lines = append(f.Lines, fmt.Sprintf("and %d more", n))
	}
	f.Details = map[string]any{key: texts}
}
