package finding

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// The rules of findings about the ignores themselves. Every command that takes
// ignores has them. The severity of IgnoreRule is not for configuration: somebody
// promised to look again.
var (
	IgnoreRule = Rule{ID: "ignore-expired", Area: "Decisions", Title: "an ignore in " + ConfigFile + " has expired", Severity: Error}
	UnusedRule = Rule{ID: "ignore-unused", Area: "Decisions", Title: "ignores that are no longer needed", Severity: Info}
)

// maxWindow is how many days ahead an ignore may end; a configuration can only
// make it shorter.
const maxWindow = 180

// Ignore sets findings aside until a day. Empty fields match anything.
type Ignore struct {
	// ID is an advisory or an alias of it; Rule is a rule's id.
	ID, Rule string
	// Package and Path are globs. Path is over files and the folders of
	// workspaces.
	Package, Path string
	// Owner is who decided: always there for an advisory.
	Reason, Owner string
	// Expires is the last day on which it counts, as 2006-01-02, and Until the
	// moment from which it does not. Without an end they are empty.
	Expires string
	Until   time.Time
	Pos     fault.Pos
}

// Subject is a finding as ignores see it.
type Subject struct {
	// Rule is empty for an advisory, which has an ID and its Aliases.
	Rule, ID string
	Aliases  []string
	Package  string
	Version  string
	// Lock is the path of the lock, or of what else the finding is in.
	Lock string
	// Workspaces are the folders of the workspaces that the finding is about:
	// for an advisory, those that ask for the package.
	Workspaces []string
	// Malware is ignored only by an ignore that names its advisory.
	Malware bool
}

// ignoreReader reads the ignores of a section, which all commands write alike.
type ignoreReader struct {
	schema Schema
	window int
}

// list reads the list of ignores. Each needs a reason and a last day: whoever
// set a finding aside has to look at it again.
func (r ignoreReader) list(v yamledit.Value) ([]Ignore, error) {
	example := "rule"
	if r.schema.Advisories {
		example = "id"
	}
	if v.Kind() != yamledit.Sequence && v.Kind() != yamledit.Null {
		return nil, fault.At(v.Pos(), "ignore is %s, but must be a list", v.Kind()).
			WithNext("Write one \"- %s: …\" for each ignore", example)
	}
	var out []Ignore
	for _, it := range v.Items() {
		ig, err := r.read(it)
		if err != nil {
			return nil, err
		}
		out = append(out, ig)
	}
	return out, nil
}

func (r ignoreReader) read(v yamledit.Value) (Ignore, error) {
	ig := Ignore{Pos: v.Pos()}
	list, err := Members(v, "an ignore", "reason: waits for a release")
	if err != nil {
		return ig, err
	}
	for _, m := range list {
		if m.Value.Kind() == yamledit.Mapping || m.Value.Kind() == yamledit.Sequence {
			return ig, fault.At(m.Value.Pos(), "%s is %s, but must be a text", m.Key, m.Value.Kind()).WithNext("Give %s one value", m.Key)
		}
		if err := r.member(&ig, m); err != nil {
			return ig, err
		}
	}
	return ig, r.complete(ig)
}

func (r ignoreReader) member(ig *Ignore, m yamledit.Member) error {
	text, pos := strings.TrimSpace(m.Value.String()), m.Value.Pos()
	switch {
	case m.Key == "id" && r.schema.Advisories:
		if ig.ID = text; strings.ContainsAny(text, "*?{[ ") {
			return fault.At(pos, "%q is not the id of an advisory", text).
				WithNext("Name one advisory, such as GHSA-xxxx-xxxx-xxxx: ids have no wildcards")
		}
	case m.Key == "rule":
		ig.Rule = text
		if rules := r.ignorable(); !slices.ContainsFunc(rules, func(x Rule) bool { return x.ID == text }) {
			return unknownRule(pos, text, rules)
		}
	case m.Key == "package", m.Key == "path", m.Key == "file":
		if !doublestar.ValidatePattern(text) || text == "" {
			return fault.At(pos, "%q is not a valid glob", text).
				WithNext("Use * for a part of a name and ** for several folders")
		}
		if m.Key == "package" {
			ig.Package = text
			break
		}
		// "file" is how check called it first.
		if ig.Path != "" {
			return fault.At(m.KeyPos, "the ignore has both a path and a file, which are the same setting").WithNext("Keep path")
		}
		ig.Path = strings.TrimSuffix(strings.TrimPrefix(text, "./"), "/")
	case m.Key == "reason":
		ig.Reason = text
	case m.Key == "owner":
		ig.Owner = text
	case m.Key == "expires":
		var err error
		ig.Expires = text
		ig.Until, err = Until(m.Value, r.schema.Now, r.window, "2026-12-31, the last day on which the ignore counts", "decide again then")
		return err
	default:
		known := []string{"rule", "package", "path", "reason", "owner", "expires"}
		if r.schema.Advisories {
			known = append([]string{"id"}, known...)
		}
		return unknownKey(m, known)
	}
	return nil
}

// ignorable are the rules that an ignore may name: what is about ignores is not
// to be ignored itself.
func (r ignoreReader) ignorable() []Rule {
	return slices.DeleteFunc(slices.Clone(r.schema.Rules), func(x Rule) bool { return strings.HasPrefix(x.ID, "ignore-") })
}

// Until is the moment from which a decision does not count any more: v is its last day,
// which may be so many days after now, if that is not the zero time. example says how to
// write it, again what is to be done on that day.
func Until(v yamledit.Value, now time.Time, days int, example, again string) (time.Time, error) {
	text := strings.TrimSpace(v.String())
	last, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return last, fault.At(v.Pos(), "expires is %q, which is not a date", text).WithNext("Write it as %s", example)
	}
	if latest := now.UTC().AddDate(0, 0, days); !now.IsZero() && last.After(latest) {
		return last, fault.At(v.Pos(), "expires is %s, more than %d days ahead", text, days).
			WithNext("Give it %s or an earlier day, and %s", latest.Format(time.DateOnly), again)
	}
	return last.AddDate(0, 0, 1), nil
}

func (r ignoreReader) complete(ig Ignore) error {
	if ig.ID != "" && ig.Rule != "" {
		return fault.At(ig.Pos, "the ignore has both an id and a rule").WithNext("Write two ignores: one for the advisory, one for the rule")
	}
	if ig.Rule != "" && ig.Package+ig.Path == "" {
		return fault.At(ig.Pos, "the ignore of %s has no package and no path", ig.Rule).
			WithNext("Say what it is about, or turn the rule off under rules")
	}
	what, next := "rule", "Give each ignore a rule, a package or a path, a reason, and the last day on which it counts (expires)"
	if r.schema.Advisories {
		what, next = "id or rule", "Give each ignore an id (or a rule), a reason, the last day on which it counts (expires), and, for an advisory, an owner"
	}
	owner := ig.Owner
	if ig.ID == "" {
		owner = "optional" // a rule is about one's own files; an advisory's risk is somebody's to bear
	}
	for _, need := range []struct{ what, have string }{
		{what, ig.ID + ig.Rule}, {"reason", ig.Reason}, {"owner", owner}, {"expires", ig.Expires},
	} {
		if need.have == "" {
			return fault.At(ig.Pos, "the ignore has no %s", need.what).WithNext("%s", next)
		}
	}
	return nil
}

// Matches reports whether the ignore is about s. Malware is ignored only by an
// ignore that names its advisory: one for a package was written before anybody
// knew.
func (ig Ignore) Matches(s Subject) bool {
	if ig.Rule != s.Rule {
		return false
	}
	if ig.ID != "" {
		if ig.ID != s.ID && !slices.Contains(s.Aliases, ig.ID) {
			return false
		}
	} else if s.Malware {
		return false
	}
	return (ig.Package == "" || glob(ig.Package, s.Package)) && ig.pathMatches(s)
}

// pathMatches: a workspace counts only when all workspaces of the subject are
// within the pattern. Else an ignore for one plugin would hide that another one
// has the package, too.
func (ig Ignore) pathMatches(s Subject) bool {
	if ig.Path == "" || glob(ig.Path, s.Lock) {
		return true
	}
	for _, w := range s.Workspaces {
		if !glob(ig.Path, w) && !glob(ig.Path, w+"/package.json") {
			return false
		}
	}
	return len(s.Workspaces) > 0
}

func glob(pattern, text string) bool {
	ok, _ := doublestar.Match(pattern, text)
	return ok
}

// Counts reports whether the ignore has not run out.
func (ig Ignore) Counts(now time.Time) bool { return ig.Until.IsZero() || now.Before(ig.Until) }

// Expired is the finding about an ignore that has expired.
func (ig Ignore) Expired(text string) Finding {
	return ig.About(IgnoreRule, "the ignore of "+text+" expired on "+ig.Expires+ig.Because(),
		"Fix what it ignores and remove it, or decide again: give it a later day")
}

// Unused is the finding about an ignore that nothing needs.
func (ig Ignore) Unused(text string) Finding {
	return ig.About(UnusedRule, "the ignore of "+text+" is no longer needed"+ig.Because(), "Remove it")
}

// About is a finding about the ignore itself.
func (ig Ignore) About(rule Rule, message, next string) Finding {
	return Finding{Rule: rule.ID, Severity: rule.Severity, Pos: ig.Pos, Name: cmp.Or(ig.ID, ig.Package, ig.Rule, ig.Path),
		Key: strings.Join([]string{ig.ID, ig.Rule, ig.Package, ig.Path}, "\x00"), Message: message, Next: next}
}

// Text is the ignore in words: duplicate for lodash in yarn.lock. version is
// that of the package, where the ignore is for one version alone.
func (ig Ignore) Text(version string) string {
	text := cmp.Or(ig.ID, ig.Rule, "all advisories")
	if ig.Package != "" {
		text += " for " + ig.Package
		if version != "" {
			text += "@" + version
		}
	}
	if ig.Path != "" {
		text += " in " + ig.Path
	}
	return text
}

// Because is the reason and the owner, in parentheses.
func (ig Ignore) Because() string {
	switch {
	case ig.Reason == "" && ig.Owner == "":
		return ""
	case ig.Owner == "":
		return " (" + ig.Reason + ")"
	}
	return " (" + ig.Reason + ", " + ig.Owner + ")"
}
