package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/audit/trust"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
)

// Defaults are the options where neither a flag nor policy says something: what
// is high or critical fails, what nobody rates or no version fixes warns.
func Defaults() Options { return Options{FailOn: "high", NoScore: Warn} }

// With is o with what a policy says.
func (o Options) With(p ignore.Policy) Options {
	if p.FailOn != "" {
		o.FailOn = p.FailOn
	}
	if p.NoScore != "" {
		o.NoScore = p.NoScore
	}
	for _, b := range []struct {
		to   *bool
		from *bool
	}{{&o.FailOnUnfixable, p.FailOnUnfixable}, {&o.Prod, p.Prod}, {&o.Strict, p.Strict}} {
		if b.from != nil {
			*b.to = *b.from
		}
	}
	return o
}

func (o Options) check() error {
	if words := append(slices.Clone(Ratings), None); !slices.Contains(words, o.FailOn) {
		return fault.New("%q is not a valid severity to fail on", o.FailOn).WithNext("Use one of: %s", strings.Join(words, ", "))
	}
	if words := []string{Block, Warn, Allow}; !slices.Contains(words, o.NoScore) {
		return fault.New("%q is not what a finding without a score can do", o.NoScore).WithNext("Use one of: %s", strings.Join(words, ", "))
	}
	return nil
}

// judge decides what a finding means.
func (b *builder) judge(f *Finding) {
	f.Verdict, f.Why = b.verdict(f)
	if b.recorded[f.Fingerprint] && !f.Malicious() {
		f.Verdict, f.Why, f.Known = verdictAllowed, "in the baseline", true
	}
	d := b.in.Decisions
	if d == nil {
		return
	}
	s := f.subject()
	if ig, ok := d.Ignored(s); ok {
		f.Verdict, f.Why, f.Ignore, f.Known = verdictIgnored, "ignored: "+reason(ig), &ig, false
		return
	}
	if ig, ok := d.Added(s); ok {
		f.Pending = &ig
	}
}

func reason(ig ignore.Ignore) string {
	text := ig.Reason
	if text == "" {
		text = "no reason given"
	}
	if ig.Owner != "" {
		text += ", " + ig.Owner
	}
	if ig.Expires != "" {
		text += ", until " + ig.Expires
	}
	return text
}

// verdict is that of a finding that nothing ignores. Malware blocks whatever
// else holds: what a change did not bring is in the portal all the same.
func (b *builder) verdict(f *Finding) (Verdict, string) {
	switch {
	case f.Malicious():
		return verdictBlocks, "malware"
	case b.in.Base != nil && f.Status != statusNew:
		return verdictAllowed, "the base has it, too"
	}
	rating := f.Advisory.Rating
	if rating == "" {
		switch b.opts.NoScore {
		case Block:
			return b.unfixable(f, "it has no severity (--no-score block)")
		case Warn:
			return verdictWarns, "it has no severity"
		}
		return verdictAllowed, "it has no severity"
	}
	if at := slices.Index(Ratings, b.opts.FailOn); at < 0 || slices.Index(Ratings, rating) < at {
		return verdictAllowed, fmt.Sprintf("below --fail-on %s", b.opts.FailOn)
	}
	return b.unfixable(f, rating)
}

// unfixable blocks, unless it was there and there is nothing to move to: who
// cannot fix it would turn the gate off. A change need not bring it.
func (b *builder) unfixable(f *Finding, why string) (Verdict, string) {
	if f.Fixed != "" || f.Above != "" {
		return verdictBlocks, why + f.worse()
	}
	if b.in.Base == nil && !b.opts.FailOnUnfixable {
		return verdictWarns, why + ", but no version fixes it"
	}
	return verdictBlocks, why + ", and no version fixes it" + f.worse()
}

func (f *Finding) worse() string {
	if f.Worse == "" {
		return ""
	}
	return "; the base has it, too, but " + f.Worse
}

// rules adds what the rules about locks and settings found. Errors that the
// change adds block; without a base they warn, as nothing is known to be new, unless
// the rule was asked to judge all there is.
func (b *builder) rules() {
	if b.in.Trust == nil {
		return
	}
	b.r.Unknown = append(b.r.Unknown, b.in.Trust.Unknown...)
	for _, f := range b.in.Trust.Findings {
		rf := ruleFinding{Finding: f.Finding, New: f.New, Verdict: verdictAllowed}
		switch counts := f.New || b.in.Base == nil; {
		case f.Severity == finding.Error && (f.New || f.Whole && b.in.Base == nil):
			rf.Verdict = verdictBlocks
		case f.Severity.Fails() && counts:
			rf.Verdict = verdictWarns
		}
		if d := b.in.Decisions; d != nil {
			s := ignore.Subject{Rule: f.Rule, Package: f.Name, Lock: f.Pos.File}
			if ig, ok := d.Ignored(s); ok {
				rf.Verdict, rf.Ignore = verdictIgnored, &ig
			} else if ig, ok := d.Added(s); ok {
				rf.Pending = &ig
			}
		}
		b.r.Rules = append(b.r.Rules, rf)
	}
}

// decisions adds the findings about the ignores themselves.
func (b *builder) decisions() {
	d := b.in.Decisions
	if d == nil {
		return
	}
	if d.Note != "" {
		b.r.Notes = append(b.r.Notes, d.Note)
	}
	for _, f := range d.Findings(b.opts.Strict, b.opts.Prod || b.opts.Partial) {
		rf := ruleFinding{Finding: f, New: true, Verdict: verdictAllowed}
		switch f.Severity {
		case finding.Error:
			rf.Verdict = verdictBlocks
		case finding.Warning:
			rf.Verdict = verdictWarns
		}
		b.r.Rules = append(b.r.Rules, rf)
	}
}

// Rules are all rules that a configuration of audit may name.
func Rules() []finding.Rule { return append(append(trust.Rules(), ruleStale), ignore.Rules()...) }
