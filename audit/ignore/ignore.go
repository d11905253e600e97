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

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
)

// The files that decisions are in.
const (
	PolicyFile = finding.ConfigFile
	// OSVFile counts for the lock in the same folder, as in osv-scanner.
	OSVFile = "osv-scanner.toml"
)

// MaxWindow is how many days an ignore in .portalctl.yaml may count from today;
// policy can only make it shorter.
const MaxWindow = 180

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

// Ignore sets findings aside. Empty fields match anything.
type Ignore struct {
	// ID is an advisory or an alias of it; Rule is a rule's id. At most one is
	// there; osv-scanner.toml has entries with neither.
	ID, Rule string
	// Package is a glob, Version an exact version.
	Package, Version string
	// Path is a glob over paths of locks and folders of workspaces.
	Path   string
	Reason string
	Owner  string
	// Expires is the last day on which it counts, as 2006-01-02; "" if it has
	// none, which only osv-scanner.toml allows.
	Expires string
	Pos     fault.Pos

	until  time.Time // zero: no end
	osv    bool      // from osv-scanner.toml, with its rules
	folder string    // of that file: it counts for locks in it alone
	regex  *regexp.Regexp
	// never: no finding matches, as osv-scanner has it: a later entry of the
	// same id, or one for another ecosystem. It is not called unused.
	never bool
	used  bool
}

// Subject is a finding that may be ignored.
type Subject struct {
	// Rule is the id of one of trust's rules, "" for an advisory.
	Rule string
	// ID is the advisory's, with its Aliases.
	ID      string
	Aliases []string
	Package string
	Version string
	// Lock is the path of the lock, or of what else the finding is in.
	Lock string
	// Workspaces are the folders of the workspaces that ask for the package.
	Workspaces []string
	// Malware is ignored only by an ignore that names its advisory.
	Malware bool
}

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
