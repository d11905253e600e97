// Package ignore holds what a team has decided about audit's findings: the
// audit section of .portalctl.yaml and osv-scanner.toml files, as policy and
// as findings that are set aside until a day.
//
// A change does not write its own gate: when there is a base, its files decide,
// and what the head's files add is shown only.
package ignore

import (
	"regexp"
	"time"

	"github.com/portalctl/portalctl/internal/finding"
)

// The files that decisions are in.
const (
	policyFile = finding.ConfigFile
	// osvFile counts for the lock in the same folder, as in osv-scanner.
	osvFile = "osv-scanner.toml"
)

// File is one file of decisions. Path is from the repository's root, with
// forward slashes.
type File struct {
	Path string
	Data []byte
}

// Policy is what decides, apart from the ignores. The zero value of a field
// means that nothing was said, and a flag of the command line comes before it.
type Policy struct {
	// FailOn is the lowest rating that fails: low, medium, high, critical or
	// none.
	FailOn string
	// NoScore is what findings without a score do: block, warn or allow.
	NoScore string
	// FailOnUnfixable is nil when nothing was said. So are the others.
	FailOnUnfixable, Prod, Strict *bool
	// MaxDBAge is how old the offline database may be.
	MaxDBAge time.Duration
	// MinAge is for the rule fresh-release.
	MinAge time.Duration
	// Window is how many days ahead an ignore may expire.
	Window int
	// Registries and Scopes are for the rules lock-host and yarnrc.
	Registries []string
	Scopes     map[string]string
	// UnreadLocks is what locks do that are not judged: note or fail.
	UnreadLocks string
	// Severities are those of rules, as configured.
	Severities map[string]finding.Severity
}

// Ignore sets findings aside. Those of osv-scanner.toml may have no end, and
// neither an id nor a rule.
type Ignore struct {
	finding.Ignore
	// Version is an exact one.
	Version string

	osv    bool   // from osv-scanner.toml, with its rules
	folder string // of that file: it counts for locks in it alone
	regex  *regexp.Regexp
	// never: no finding matches, as osv-scanner has it: a later entry of the
	// same id, or one for another ecosystem. It is not called unused.
	never bool
	used  bool
}

// Subject is a finding that may be ignored.
type Subject = finding.Subject

// Sources are the files that decide.
type Sources struct {
	Head []File
	// HasBase says that there is a base; Base are its files, which may be none.
	HasBase bool
	Base    []File
	// Rules are all rules that a configuration may name.
	Rules []finding.Rule
	Now   time.Time
}
