package ignore

import (
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// list reads the ignores of .portalctl.yaml.
func (r *policyReader) list(v yamledit.Value) error {
	if v.Kind() != yamledit.Sequence && v.Kind() != yamledit.Null {
		return fault.At(v.Pos(), "ignore is %s, but must be a list", v.Kind()).WithNext("Write one \"- id: …\" for each ignore")
	}
	for _, it := range v.Items() {
		ig, err := r.ignore(it)
		if err != nil {
			return err
		}
		r.out.ignores = append(r.out.ignores, ig)
	}
	return nil
}

var ignoreKeys = []string{"id", "rule", "package", "path", "reason", "owner", "expires"}

func (r *policyReader) ignore(v yamledit.Value) (*Ignore, error) {
	ig := &Ignore{Pos: v.Pos()}
	list, err := finding.Members(v, "an ignore", "id: GHSA-xxxx-xxxx-xxxx")
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		if m.Value.Kind() == yamledit.Mapping || m.Value.Kind() == yamledit.Sequence {
			return nil, fault.At(m.Value.Pos(), "%s is %s, but must be a text", m.Key, m.Value.Kind()).WithNext("Give %s one value", m.Key)
		}
		text := strings.TrimSpace(m.Value.String())
		switch m.Key {
		case "id":
			ig.ID = text
			if strings.ContainsAny(text, "*?{[ ") {
				return nil, fault.At(m.Value.Pos(), "%q is not the id of an advisory", text).
					WithNext("Name one advisory, such as GHSA-xxxx-xxxx-xxxx: ids have no wildcards")
			}
		case "rule":
			ig.Rule = text
			if !slices.ContainsFunc(r.ignorable(), func(x finding.Rule) bool { return x.ID == text }) {
				return nil, finding.UnknownRule(m.Value.Pos(), text, r.ignorable())
			}
		case "package", "path":
			if !doublestar.ValidatePattern(text) || text == "" {
				return nil, fault.At(m.Value.Pos(), "%q is not a valid glob", text).
					WithNext("Use * for a part of a name and ** for several folders")
			}
			if m.Key == "package" {
				ig.Package = text
			} else {
				ig.Path = strings.TrimSuffix(strings.TrimPrefix(text, "./"), "/")
			}
		case "reason":
			ig.Reason = text
		case "owner":
			ig.Owner = text
		case "expires":
			if err := r.expires(ig, m.Value, text); err != nil {
				return nil, err
			}
		default:
			return nil, finding.UnknownKey(m, ignoreKeys)
		}
	}
	return ig, complete(ig)
}

// ignorable are the rules that an ignore may name: what is about ignores is not
// to be ignored itself.
func (r *policyReader) ignorable() []finding.Rule {
	own := Rules()
	return slices.DeleteFunc(slices.Clone(r.rules), func(x finding.Rule) bool {
		return slices.ContainsFunc(own, func(o finding.Rule) bool { return o.ID == x.ID })
	})
}

func (r *policyReader) expires(ig *Ignore, v yamledit.Value, text string) error {
	last, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return fault.At(v.Pos(), "expires is %q, which is no day", text).
			WithNext("Write it as 2026-12-31, the last day on which the ignore counts")
	}
	ig.Expires, ig.until = text, last.AddDate(0, 0, 1)
	window := MaxWindow
	if r.out.policy.Window > 0 {
		window = r.out.policy.Window
	}
	latest := r.now.UTC().AddDate(0, 0, window)
	if r.bounded && last.After(latest) {
		return fault.At(v.Pos(), "expires is %s, more than %d days ahead", text, window).
			WithNext("Give it %s or an earlier day, and decide again then", latest.Format(time.DateOnly))
	}
	return nil
}

func complete(ig *Ignore) error {
	if ig.ID != "" && ig.Rule != "" {
		return fault.At(ig.Pos, "the ignore has both an id and a rule").WithNext("Write two ignores: one for the advisory, one for the rule")
	}
	if ig.Rule != "" && ig.Package+ig.Path == "" {
		return fault.At(ig.Pos, "the ignore of %s has no package and no path", ig.Rule).
			WithNext("Say what it is about, or turn the rule off under rules")
	}
	for _, need := range []struct{ what, have string }{
		{"id or rule", ig.ID + ig.Rule}, {"reason", ig.Reason}, {"owner", ig.Owner}, {"expires", ig.Expires},
	} {
		if need.have == "" {
			return fault.At(ig.Pos, "the ignore has no %s", need.what).
				WithNext("Give each ignore an id (or a rule), a reason, an owner, and the last day on which it counts (expires)")
		}
	}
	return nil
}
