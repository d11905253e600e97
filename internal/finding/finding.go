// Package finding is what a check or an audit reports: findings by rule, each
// with a place, the package that is to blame and a next step; what the user has
// decided about them (severities, ignores, a baseline); and the forms in which
// a report is written. It knows nothing of what the rules look at.
package finding

import (
	"cmp"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
)

// Severity is how much a finding matters.
type Severity string

// The severities. Errors and warnings make a command exit 1; what is
// informational never does.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
	// Off is for configuration only: the rule does not run.
	Off Severity = "off"
)

// rank orders severities, the worst first.
func (s Severity) rank() int {
	switch s {
	case Error:
		return 0
	case Warning:
		return 1
	default:
		return 2
	}
}

// Fails reports whether a finding of this severity makes a command fail.
func (s Severity) Fails() bool { return s == Error || s == Warning }

// Fix says what it takes to be rid of a finding.
type Fix string

// The ways of fixing.
const (
	// FixLock: yarn.lock alone has to change.
	FixLock Fix = "lock"
	// FixManifest: a package.json (or a file beside it, such as a patch) has to
	// change.
	FixManifest Fix = "package.json"
	// FixSource: code has to change.
	FixSource Fix = "source"
	// FixRelease: somebody else has to publish a new version.
	FixRelease Fix = "release"
)

// The values of Finding.FixedBy.
const (
	ByFix       = "--fix"
	ByManifests = "--fix-manifests"
)

// Finding is one thing that is wrong, once.
type Finding struct {
	Rule     string
	Severity Severity
	// Pos is relative to the portal's root, with forward slashes.
	Pos fault.Pos
	// Name is the package, or what else the finding is about.
	Name string
	// Message names the culprit; Next is what the user can do, as a sentence.
	Message string
	Next    string
	// Fixes are the ways of fixing that apply, in the order of the constants.
	Fixes []Fix
	// FixedBy is the option that makes the fix, "" if it needs a person.
	FixedBy string
	// Key tells the finding from others of its rule about the same name in the
	// same file, across edits that move lines. It is not shown.
	Key string
	// Details are shown in JSON, and line by line in Lines.
	Details any
	// Lines explain the finding further, in text forms. Explain, if there is one,
	// makes them when they are shown.
	Lines   []string
	Explain func() []string
	// Fingerprint is set by Report.Finish.
	Fingerprint string
	// State is New or Unchanged where there is a base, "" without one.
	State string
}

// The values of Finding.State, which are SARIF's.
const (
	New       = "new"
	Unchanged = "unchanged"
)

// unchanged reports whether the base has a finding, too, so that whoever looks at
// the change need not see it.
func (f Finding) unchanged() bool { return f.State == Unchanged && !f.Severity.Fails() }

// explained are the lines that explain the finding.
func (f Finding) explained() []string {
	if f.Explain != nil {
		return f.Explain()
	}
	return f.Lines
}

// text is the finding in lines, for forms that have no place of their own for what
// explains it, or for what to do next.
func (f Finding) text(explained []string) string {
	lines := append([]string{f.Message}, explained...)
	if f.Next != "" {
		lines = append(lines, "Next: "+f.Next)
	}
	return strings.Join(lines, "\n")
}

// Rule describes a rule.
type Rule struct {
	ID string
	// Title is one line: what is wrong when the rule finds something.
	Title string
	// Area is the part of a portal that it is about, in a word or two.
	Area string
	// Severity is that of most of its findings, unless configured.
	Severity Severity
	// URL is where the rule is explained, if that is not a page of docs/rules.
	URL string
	// Score is that of a vulnerability, 0 to 10, for code scanning; 0 for none.
	Score float64
	// Tags are for code scanning, too.
	Tags []string
}

// DocURL is where the rule is explained.
func (r Rule) DocURL() string {
	if r.URL != "" {
		return r.URL
	}
	return "https://github.com/portalctl/portalctl/blob/main/docs/rules/" + r.ID + ".md"
}

// sortFindings puts findings into the order of reports: the worst first, then by rule
// in the order of rules, by file, line, name.
func sortFindings(list []Finding, rules []Rule) {
	order := make(map[string]int, len(rules))
	for i, r := range rules {
		order[r.ID] = i
	}
	// Findings are large: their places are sorted, and then each moves once.
	places, ranks := make([]int, len(list)), make([]int, len(list))
	for i := range list {
		places[i], ranks[i] = i, list[i].Severity.rank()*(len(rules)+1)+order[list[i].Rule]
	}
	compare := func(i, j int) int {
		if c := cmp.Compare(ranks[i], ranks[j]); c != 0 {
			return c
		}
		a, b := &list[i], &list[j]
		if a.Pos != b.Pos {
			return cmp.Or(strings.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
		}
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Key, b.Key))
	}
	if slices.IsSortedFunc(places, compare) {
		return
	}
	slices.SortStableFunc(places, compare)
	sorted := make([]Finding, len(list))
	for to, from := range places {
		sorted[to] = list[from]
	}
	copy(list, sorted)
}
