package finding

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// IgnoreRule is the rule of findings about the ignores themselves. Every
// command that takes ignores has it.
var IgnoreRule = Rule{ID: "ignore-expired", Title: "an ignore in " + ConfigFile + " has run out", Severity: Error}

const day = "2006-01-02"

// ignores reads the list of ignores. Each needs a reason and a last day:
// whoever set a finding aside has to look at it again.
func (c *Config) ignores(v yamledit.Value, rules []Rule) error {
	if v.Kind() != yamledit.Sequence && v.Kind() != yamledit.Null {
		return fault.At(v.Pos(), "ignore is %s, but must be a list", v.Kind()).
			WithNext("Write one \"- rule: …\" for each ignore")
	}
	for _, it := range v.Items() {
		ig, err := parseIgnore(it, rules)
		if err != nil {
			return err
		}
		c.Ignores = append(c.Ignores, ig)
	}
	return nil
}

func parseIgnore(v yamledit.Value, rules []Rule) (Ignore, error) {
	ig := Ignore{Pos: v.Pos()}
	list, err := Members(v, "an ignore", "rule: duplicate")
	if err != nil {
		return ig, err
	}
	for _, m := range list {
		text := strings.TrimSpace(m.Value.String())
		switch m.Key {
		case "rule":
			ig.Rule = text
			if !slices.ContainsFunc(rules, func(r Rule) bool { return r.ID == text }) {
				return ig, UnknownRule(m.Value.Pos(), text, rules)
			}
		case "package", "file":
			if !doublestar.ValidatePattern(text) || text == "" {
				return ig, fault.At(m.Value.Pos(), "%q is not a valid glob", text).
					WithNext(`Use * for a part of a name and ** for several folders`)
			}
			if m.Key == "package" {
				ig.Package = text
			} else {
				ig.File = text
			}
		case "reason":
			ig.Reason = text
		case "expires":
			ig.Expires = text
			last, err := time.Parse(day, text)
			if err != nil {
				return ig, fault.At(m.Value.Pos(), "expires is %q, which is no day", text).
					WithNext("Write it as 2026-12-31, the last day on which the ignore counts")
			}
			ig.until = last.AddDate(0, 0, 1)
		default:
			return ig, UnknownKey(m, []string{"rule", "package", "file", "reason", "expires"})
		}
	}
	for _, need := range []struct{ what, have string }{
		{"rule", ig.Rule}, {"reason", ig.Reason}, {"expires", ig.Expires}, {"package or a file", ig.Package + ig.File},
	} {
		if need.have == "" {
			return ig, fault.At(ig.Pos, "the ignore has no %s", need.what).
				WithNext("Give each ignore a rule, a package or file, a reason, and the last day on which it counts (expires)")
		}
	}
	return ig, nil
}

func (ig Ignore) matches(f Finding) bool {
	return ig.Rule == f.Rule && glob(ig.Package, f.Name) && glob(ig.File, f.Pos.File)
}

func glob(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	ok, _ := doublestar.Match(pattern, text)
	return ok
}

// ignore sets aside what the configuration ignores. An ignore that has run out
// has no effect any more and is a finding of its own.
func (r *Report) ignore(cfg *Config, now time.Time) {
	if cfg == nil || len(cfg.Ignores) == 0 {
		return
	}
	kept := r.Findings[:0]
	for _, f := range r.Findings {
		i := slices.IndexFunc(cfg.Ignores, func(ig Ignore) bool { return ig.matches(f) && now.Before(ig.until) })
		if i < 0 {
			kept = append(kept, f)
			continue
		}
		r.Ignored = append(r.Ignored, Ignored{f, cfg.Ignores[i].Reason, cfg.Ignores[i].Expires})
	}
	r.Findings = kept
	for _, ig := range cfg.Ignores {
		if now.Before(ig.until) {
			continue
		}
		name := ig.Package
		if name == "" {
			name = ig.File
		}
		f := []Finding{{
			Rule: IgnoreRule.ID, Severity: IgnoreRule.Severity, Pos: ig.Pos, Name: name, Key: ig.Rule,
			Message: fmt.Sprintf("the ignore of %s for %s ran out on %s (%s)", ig.Rule, name, ig.Expires, ig.Reason),
			Next:    "Fix what it ignores, or decide again: give it a later day",
		}}
		fingerprints(f)
		r.Findings = append(r.Findings, f...)
	}
}
