package trust

import (
	"cmp"
	"context"
	"slices"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/license"
	"github.com/portalctl/portalctl/internal/sorting"
)

// Check runs the rules. An error is only a context that ended: what cannot be
// judged is in Unknown.
func Check(ctx context.Context, in Input) (*Result, error) {
	c := newChecker(in)
	for _, l := range in.Head.Locks {
		a := c.now.aliases(l)
		c.cacheKey(l)
		c.lockVersion(l)
		needed := required(l)
		for _, e := range l.Entries {
			c.integrity(l, e, a, needed)
			c.origin(l, e)
			c.local(l, e)
		}
	}
	c.archives()
	c.settings(ctx)
	if !c.off(ruleYarnrc) {
		c.manifests()
	}
	c.names()
	c.typosquat()
	if err := c.online(ctx); err != nil {
		return nil, err
	}
	if err := c.licenses(ctx); err != nil {
		return nil, err
	}
	if err := c.contents(ctx); err != nil {
		return nil, err
	}
	return c.result(), ctx.Err()
}

// checker collects what the rules find.
type checker struct {
	in   Input
	was  *past
	head tree
	base tree
	// now and old are the manifests of the two.
	now, old manifests
	allowed  *allowlist
	findings []Finding
	unknown  []finding.Unknown
	known    map[PackageVersion]license.Declared
	// heads and bases are the files with settings of both sides.
	heads, bases []*settings
}

func newChecker(in Input) *checker {
	c := &checker{in: in, base: tree{}}
	dirs := folders(in)
	c.head = within(in.Head.Files, dirs)
	if in.Base != nil {
		c.base = within(in.Base.Files, dirs)
	}
	c.now = manifestsOf(c.head, nil)
	c.old = manifestsOf(c.base, &c.now)
	c.heads, c.bases = readSettings(c.now), readSettings(c.old)
	c.was = newPast(in.Base, c.old)
	c.allowed = newAllowlist(in, c.sides())
	return c
}

// sides are the settings that decide: the base's, or the head's without one.
func (c *checker) sides() []*settings {
	if c.in.Base != nil {
		return c.bases
	}
	return c.heads
}

// issue is what a rule has to say, before it is weighed.
type issue struct {
	rule string
	pos  fault.Pos
	// name is the package, host or setting; kind tells issues of one rule
	// about it apart, and issues of one kind are put together when they are many.
	name, kind    string
	message, next string
	// added says that the base does not have it.
	added bool
	// standing is the severity where nothing is compared; Info unless it is set.
	standing finding.Severity
	// weak: at most a warning, also when the change adds it. note: information,
	// whatever the rule's severity.
	weak, note bool
	// whole: it counts as much where nothing is compared.
	whole bool
	// lines say more of it.
	lines []string
}

// add weighs an issue and notes it, unless its rule is off. What the change
// adds has the rule's severity. Next to it, what was there is information; with
// nothing to compare with, it has its standing.
func (c *checker) add(i issue) {
	added := i.added && c.in.Base != nil
	configured, isSet := c.in.Severities[i.rule]
	s := cmp.Or(i.standing, finding.Info)
	switch {
	case configured == finding.Off:
		return
	case !added && c.in.Base != nil:
		s = finding.Info
	case isSet:
		s = configured
	case added:
		s = rules[slices.IndexFunc(rules, func(r finding.Rule) bool { return r.ID == i.rule })].Severity
	}
	if i.weak && s == finding.Error {
		s = finding.Warning
	}
	if i.note {
		s = finding.Info
	}
	c.findings = append(c.findings, Finding{finding.Finding{
		Rule: i.rule, Severity: s, Pos: i.pos, Name: i.name, Key: i.kind, Message: i.message, Next: i.next, Lines: i.lines}, added, i.whole})
}

func (c *checker) off(rule string) bool { return c.in.Severities[rule] == finding.Off }

// result puts the findings in order before those of one kind become one: the answers
// of a registry come in any order, and which package such a finding names must not
// depend on it.
func (c *checker) result() *Result {
	sorting.Stable(c.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key))
	})
	return &Result{together(c.findings), c.unknown, c.known}
}
