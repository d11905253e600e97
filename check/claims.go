package check

import (
	"slices"

	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
)

// One mistake is one finding: a rule that comes after another one passes over
// what that one's findings explain. A finding explains something only where it
// is shown; one that is off, ignored or in the baseline hides nothing.

// cause is what a finding can explain: a place in a package.json, a package of
// the lock, or all versions of a name.
type cause struct {
	pos  fault.Pos
	node depgraph.Node
	name string
}

func at(pos fault.Pos) cause        { return cause{pos: pos, node: depgraph.None} }
func entry(n depgraph.Node) cause   { return cause{node: n} }
func allVersions(name string) cause { return cause{name: name, node: depgraph.None} }
func (c cause) nothing() bool       { return c.node == depgraph.None && c.name == "" && c.pos.Line == 0 }
func entries(ns []depgraph.Node) (list []cause) {
	for _, n := range ns {
		list = append(list, entry(n))
	}
	return list
}

// add records a finding of the rule at work, with what it explains. It reports
// whether the finding is shown.
func (m *model) add(f finding.Finding, explains ...cause) bool {
	if f.Severity == "" {
		f.Severity = m.rule.Severity
	}
	m.findings = append(m.findings, f)
	if m.filter.Hides(f) {
		return false
	}
	m.claim(explains...)
	return true
}

// claim notes what a finding of the rule at work explains.
func (m *model) claim(explains ...cause) {
	for _, c := range explains {
		if !c.nothing() && !slices.Contains(m.claims[c], m.rule.ID) {
			m.claims[c] = append(m.claims[c], m.rule.ID)
		}
	}
}

// isClaimed reports whether a finding of a rule that the one at work comes after
// explains something, or an earlier one of its own does.
func (m *model) isClaimed(c cause) bool {
	return slices.ContainsFunc(m.claims[c], func(id string) bool {
		return id == m.rule.ID || slices.Contains(m.rule.after, id)
	})
}
