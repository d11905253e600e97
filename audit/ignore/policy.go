package ignore

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/yamledit"
)

const day = 24 * time.Hour

// Fail is the word of unread-locks that has the audit be incomplete.
const Fail = "fail"

// policyReader reads the audit section of .portalctl.yaml.
type policyReader struct{ policy *Policy }

func (out *parsed) parsePolicy(f File, src Sources, bounded bool) error {
	p := &out.policy
	r := &policyReader{p}
	schema := finding.Schema{Section: "audit", Rules: src.Rules, Advisories: true, Keys: map[string]func(yamledit.Value) error{
		"fail-on":           word(&p.FailOn, "fail-on", "low", "medium", "high", "critical", "none"),
		"no-score":          word(&p.NoScore, "no-score", "block", "warn", "allow"),
		"unread-locks":      word(&p.UnreadLocks, "unread-locks", "note", Fail),
		"fail-on-unfixable": boolean(&p.FailOnUnfixable, "fail-on-unfixable"),
		"prod":              boolean(&p.Prod, "prod"),
		"strict":            boolean(&p.Strict, "strict"),
		"max-db-age":        age(&p.MaxDBAge, "max-db-age"),
		"min-age":           age(&p.MinAge, "min-age"),
		"registries":        r.registries,
		"scopes":            r.scopes,
	}}
	if bounded {
		schema.Now = src.Now
	}
	cfg, err := finding.ParseConfig(f.Path, f.Data, schema)
	if err != nil {
		return err
	}
	p.Severities, p.Window = cfg.Severities, cfg.Window
	for _, ig := range cfg.Ignores {
		out.ignores = append(out.ignores, &Ignore{Ignore: ig})
	}
	return nil
}

// word reads one of several words. YAML reads a bare none as text, and on or
// off as booleans, which no setting here has.
func word(to *string, key string, allowed ...string) func(yamledit.Value) error {
	return func(v yamledit.Value) error {
		s := v.String()
		if !slices.Contains(allowed, s) {
			return fault.At(v.Pos(), "%s is %q, which it cannot be", key, s).WithNext("Use one of: %s", strings.Join(allowed, ", "))
		}
		*to = s
		return nil
	}
}

func boolean(to **bool, key string) func(yamledit.Value) error {
	return func(v yamledit.Value) error {
		b := strings.EqualFold(v.String(), "true")
		if v.Kind() != yamledit.Bool {
			return fault.At(v.Pos(), "%s is %s, but must be true or false", key, v.Kind()).WithNext("Write %s: true, or false", key)
		}
		*to = &b
		return nil
	}
}

// age reads 12h, 3d or 2w. A number alone would leave the unit to guess.
func age(to *time.Duration, key string) func(yamledit.Value) error {
	return func(v yamledit.Value) error {
		s := v.String()
		units := map[byte]time.Duration{'h': time.Hour, 'd': day, 'w': 7 * day}
		if len(s) > 1 && len(s) < 6 {
			n, err := strconv.Atoi(s[:len(s)-1])
			if unit := units[s[len(s)-1]]; err == nil && unit > 0 && n >= 0 && s[0] != '+' {
				*to = time.Duration(n) * unit
				return nil
			}
		}
		return fault.At(v.Pos(), "%s is %q, which is not a length of time", key, s).WithNext("Write it as 12h, 3d or 2w")
	}
}

func (r *policyReader) registries(v yamledit.Value) error {
	if v.Kind() != yamledit.Sequence && v.Kind() != yamledit.Null {
		return fault.At(v.Pos(), "registries is %s, but must be a list", v.Kind()).WithNext("Write one \"- https://host\" a line")
	}
	for _, it := range v.Items() {
		s, err := address(it)
		if err != nil {
			return err
		}
		r.policy.Registries = append(r.policy.Registries, s)
	}
	return nil
}

func (r *policyReader) scopes(v yamledit.Value) error {
	list, err := finding.Members(v, "scopes", `"@acme": https://npm.acme.example`)
	if err != nil {
		return err
	}
	r.policy.Scopes = map[string]string{}
	for _, m := range list {
		scope := "@" + strings.TrimPrefix(m.Key, "@")
		if len(scope) < 2 || strings.ContainsAny(scope, "/* ") {
			return fault.At(m.KeyPos, "%q is not a scope", m.Key).WithNext(`Write it as "@acme"`)
		}
		if r.policy.Scopes[scope], err = address(m.Value); err != nil {
			return err
		}
	}
	return nil
}
