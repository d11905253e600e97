package trust

import (
	"cmp"
	"context"
	"slices"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// Check runs the rules. An error is only a context that ended: what cannot be
// judged is in Unknown.
func Check(ctx context.Context, in Input) (*Result, error) {
	c := newChecker(in)
	for _, l := range in.Head.Locks {
		c.lock(c.pair(l))
	}
	return c.result(), ctx.Err()
}

// checker collects what the rules find.
type checker struct {
	in       Input
	findings []Finding
	unknown  []finding.Unknown
}

func newChecker(in Input) *checker { return &checker{in: in} }

// lockPair is a lock with what it was at the base.
type lockPair struct {
	head, base *yarnlock.Lock // base is nil without one
}

func (c *checker) pair(head *yarnlock.Lock) lockPair {
	p := lockPair{head: head}
	if c.in.Base == nil {
		return p
	}
	file := head.File
	if was, ok := c.in.Moved[file]; ok {
		file = was
	}
	for _, l := range c.in.Base.Locks {
		if l.File == file {
			p.base = l
		}
	}
	return p
}

func (c *checker) lock(p lockPair) {}

// grade is what a finding weighs: the rule's severity for what the change adds,
// and standing for what was there when nothing is compared. Next to what a
// change adds, what was there is information.
func (c *checker) grade(rule string, added bool, standing finding.Severity) finding.Severity {
	s, configured := c.in.Severities[rule]
	i := slices.IndexFunc(rules, func(r finding.Rule) bool { return r.ID == rule })
	switch {
	case s == finding.Off:
		return s
	case !added && c.in.Base != nil:
		return finding.Info
	case configured:
		return s
	case added:
		return rules[i].Severity
	}
	return standing
}

// add notes a finding unless its rule is off. standing is its severity where
// there is no base.
func (c *checker) add(f finding.Finding, added bool, standing finding.Severity) {
	added = added && c.in.Base != nil
	f.Severity = c.grade(f.Rule, added, standing)
	if f.Severity != finding.Off {
		c.findings = append(c.findings, Finding{f, added})
	}
}

func (c *checker) off(rule string) bool { return c.in.Severities[rule] == finding.Off }

func (c *checker) result() *Result {
	slices.SortStableFunc(c.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key))
	})
	return &Result{c.findings, c.unknown}
}
