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
type policyReader struct {
	out     *parsed
	rules   []finding.Rule
	now     time.Time
	bounded bool
	ignores yamledit.Value // read last: they depend on max-ignore-days
}

func (out *parsed) parsePolicy(f File, src Sources, bounded bool) error {
	r := &policyReader{out: out, rules: src.Rules, now: src.Now, bounded: bounded}
	p := &out.policy
	schema := finding.Schema{Section: "audit", Keys: map[string]func(yamledit.Value) error{
		"fail-on":           word(&p.FailOn, "fail-on", "low", "medium", "high", "critical", "none"),
		"no-score":          word(&p.NoScore, "no-score", "block", "warn", "allow"),
		"unread-locks":      word(&p.UnreadLocks, "unread-locks", "note", Fail),
		"fail-on-unfixable": boolean(&p.FailOnUnfixable, "fail-on-unfixable"),
		"prod":              boolean(&p.Prod, "prod"),
		"strict":            boolean(&p.Strict, "strict"),
		"max-db-age":        age(&p.MaxDBAge, "max-db-age"),
		"min-age":           age(&p.MinAge, "min-age"),
		"max-ignore-days":   r.window,
		"registries":        r.registries,
		"scopes":            r.scopes,
		"ignore":            func(v yamledit.Value) error { r.ignores = v; return nil },
	}}
	// Severities of what is about expired ignores are not for configuration.
	schema.Rules = slices.DeleteFunc(slices.Clone(src.Rules), func(x finding.Rule) bool { return x.ID == finding.IgnoreRule.ID })
	cfg, err := finding.ParseConfig(f.Path, f.Data, schema)
	if err != nil {
		return err
	}
	p.Severities = cfg.Severities
	return r.list(r.ignores)
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
		return fault.At(v.Pos(), "%s is %q, which is no length of time", key, s).WithNext("Write it as 12h, 3d or 2w")
	}
}

func (r *policyReader) window(v yamledit.Value) error {
	n, err := strconv.Atoi(v.String())
	if err != nil || n < 1 || n > MaxWindow {
		return fault.At(v.Pos(), "max-ignore-days is %q, but must be a number from 1 to %d", v.String(), MaxWindow).
			WithNext("Write the number of days that an ignore may count at most; it can only be made shorter than %d", MaxWindow)
	}
	r.out.policy.Window = n
	return nil
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
		r.out.policy.Registries = append(r.out.policy.Registries, s)
	}
	return nil
}

func (r *policyReader) scopes(v yamledit.Value) error {
	list, err := finding.Members(v, "scopes", `"@acme": https://npm.acme.example`)
	if err != nil {
		return err
	}
	r.out.policy.Scopes = map[string]string{}
	for _, m := range list {
		scope := "@" + strings.TrimPrefix(m.Key, "@")
		if len(scope) < 2 || strings.ContainsAny(scope, "/* ") {
			return fault.At(m.KeyPos, "%q is not a scope", m.Key).WithNext(`Write it as "@acme"`)
		}
		if r.out.policy.Scopes[scope], err = address(m.Value); err != nil {
			return err
		}
	}
	return nil
}
