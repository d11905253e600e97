// Package audit judges what a portal's locks install against OSV's advisories:
// which are new in a change, who asks for the package, what to do about it, and
// whether the change may go in. Files reads the two sides into an Input, and a
// Report is computed from that alone; nothing is printed here.
package audit

import (
	"path"
	"path/filepath"
	"time"

	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/audit/trust"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/ui"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// schemaName names the form of the JSON report. docs/json.md describes it.
const schemaName = "portalctl.audit/v1"

// Lock is a yarn.lock and the project around it.
type Lock struct {
	// Path is from the root of what is audited, with forward slashes. The lock
	// was parsed under it.
	Path string
	Lock *yarnlock.Lock
	// Project is nil for a lock without a package.json beside it; then, on
	// Classic, nobody is known to ask for anything.
	Project  *workspace.Project
	Settings *yarnrc.Settings
	// ProjectErr says why there is none, where the package.json cannot be read.
	ProjectErr error
	// Leftover says that the lock's folder is a workspace of a project above it:
	// no Yarn reads this lock.
	Leftover bool
	// Tool is the package manager of a lock that is not Yarn's, else "". Then
	// Dev are the entries that development alone needs, and who asks for a
	// package is not known.
	Tool string
	// Lacks is what the package.json beside a lock of another tool asks for, and the
	// lock has no package of.
	Lacks []askedFor
	Dev   map[*yarnlock.Entry]bool
}

// askedFor is a dependency as a package.json writes it.
type askedFor struct {
	Name, Range string
	Pos         fault.Pos
}

// Unread is a lock that is not judged, or a submodule that may have one.
type Unread struct {
	Path, Reason string
	Submodule    bool
}

// Base is what a change is compared with.
type Base struct {
	// Name is what the user or CI calls it, Commit the merge base, "" for a
	// lock file.
	Name, Commit string
	Locks        []*Lock
}

// Database is where the advisories came from.
type Database struct {
	// Source is "online" or the folder.
	Source string
	// Records and Updated are those of an offline database; zero if unknown.
	Records int
	Updated time.Time
	// Warnings are things to know about it.
	Warnings []string
}

// Input is all that a report is computed from.
type Input struct {
	Head []*Lock
	// Base is nil for a full audit.
	Base *Base
	// Hits are the answer for Packages of both sides.
	Hits []osv.Hit
	// Trust is what the rules about locks and settings found; nil if they did
	// not run.
	Trust *trust.Result
	// Decisions are the team's; nil for none.
	Decisions *ignore.Decisions
	// Baseline is what the portal had when it began to be audited; nil for
	// nothing. It is for a full audit: what a base has does not count anyway.
	Baseline *finding.Baseline
	// Unread are the locks that were found and are not judged.
	Unread []Unread
	// Incomplete says why the audit does not cover all that is installed, as far as
	// that is known before.
	Incomplete []error
	Database   Database
	// Published are the versions of a package that the registry has, with their
	// dependencies, in any order; nil when it was not asked. It makes the advice
	// exact: which release of which dependency admits a fix.
	Published func(name string) ([]publishedVersion, bool)
	// Releases are the Backstage releases that are known, nil for none: what
	// version each has of a package.
	Releases []newerRelease
}

// publishedVersion is a published version of a package.
type publishedVersion struct {
	Version      string
	Dependencies map[string]string
}

// newerRelease is a Backstage release and the versions of its packages.
type newerRelease struct {
	Version  string
	Packages map[string]string
}

// Options are the user's choices after policy: see Policy.
type Options struct {
	// FailOn is the lowest rating that fails: low, medium, high, critical, or
	// none.
	FailOn string
	// NoScore is what a finding that nobody rates does: block, warn or allow.
	NoScore string
	// FailOnUnfixable has findings fail that no version fixes, where there is no
	// base. With one, what a change brings fails whether it can be fixed or not.
	FailOnUnfixable bool
	// Prod leaves out what only development needs, malware apart: that runs on
	// the machines of those who develop.
	Prod bool
	// Strict has unused ignores fail. Partial says that not all locks are
	// looked at: then none is known to be unused.
	Strict, Partial bool
	Now             time.Time
	// Directory is the folder of the locks as the command line has it, "" for
	// the working folder. The commands that a report advises name it.
	Directory string
}

// folder is how the command line would name a folder below Directory, quoted
// for a shell; "" is the working folder.
func (o Options) folder(dir string) string {
	if dir = path.Join(filepath.ToSlash(o.Directory), dir); dir == "." {
		return ""
	}
	return ui.ShellWord(dir)
}

// at is the flag that has a command work in a folder below Directory.
func (o Options) at(dir string) string {
	if dir = o.folder(dir); dir == "" {
		return ""
	}
	return " -C " + dir
}

// The words for FailOn and NoScore.
const (
	Block = "block"
	Warn  = "warn"
	Allow = "allow"
	None  = "none"
)

// Ratings are the words for how bad an advisory is, rising.
var Ratings = []string{"low", "medium", "high", "critical"}

// status says what a change has to do with a finding.
type status string

// The statuses. Without a base all is present.
const (
	// statusNew: the base does not have the advisory for this package in this lock, or
	// not as badly: see Finding.Worse.
	statusNew status = "new"
	// statusPresent: the base has it, too, perhaps for another version.
	statusPresent status = "present"
	// statusFixed: only the base has it.
	statusFixed status = "fixed"
)

// Verdict is what a finding means for the outcome.
type Verdict string

// The verdicts.
const (
	verdictBlocks  Verdict = "block"
	verdictWarns   Verdict = "warn"
	verdictAllowed Verdict = "allow"
	verdictIgnored Verdict = "ignored"
)

// Finding is an advisory that applies to a locked package.
type Finding struct {
	Advisory         *osv.Advisory
	Package, Version string
	Status           status
	// Before are the versions that the base has it for.
	Before   []string
	Lockfile string
	Where    Where
	// Fixed is the lowest version that this advisory does not apply to any more,
	// "" if there is none. Admitted says that every range that asks for the
	// package admits it, so that the lock alone has to change.
	Fixed    string
	Admitted bool
	// Above is the last version that the advisory applies to, where it names that
	// instead of a fix: what is above is not affected.
	Above string
	// Worse says in what way the change makes a finding worse that the base has,
	// too: it counts as new then. "" if it does not.
	Worse string
	// Action is what to do, shared by all findings that it does away with; nil
	// for what is fixed.
	Action *action

	Verdict Verdict
	// Why is the reason for the verdict, in a few words.
	Why string
	// Ignore is what sets the finding aside. Pending is an ignore that the
	// change itself adds: it has no effect before it is merged.
	Ignore, Pending *ignore.Ignore
	// Known says that the baseline has the finding.
	Known bool
	// Fingerprint identifies the finding across runs: by lock, package and
	// advisory.
	Fingerprint string
}

// Malicious reports whether the package itself is the attack.
func (f *Finding) Malicious() bool { return f.Advisory.Malicious }

// Report is the outcome of an audit.
type Report struct {
	// Findings are sorted: what blocks first, malware at the very top.
	Findings []*Finding
	// Rules are the findings about locks, settings and ignores.
	Rules []ruleFinding
	// Actions are what to do, the one that helps most first.
	Actions []*action
	// Fixes are what was done before, or would be, nil if nothing was asked for:
	// then the findings are those that are left.
	Fixes *FixPlan
	// Unknown is what could not be judged.
	Unknown []finding.Unknown
	// Incomplete says why the audit does not cover all that is installed; then that
	// nothing blocks is not a pass.
	Incomplete []error
	// Notes are things to know about the run.
	Notes    []string
	Base     *Base
	Database Database
	Options  Options
	// Locks and Packages are how many were looked at, at the head.
	Locks, Packages int
	// LeftOut counts what --prod leaves out.
	LeftOut int
	// Gone counts entries of the baseline that no finding has any more.
	Gone int
}

// ruleFinding is a finding that is about no advisory.
type ruleFinding struct {
	finding.Finding
	New     bool
	Verdict Verdict
	Ignore  *ignore.Ignore
	Pending *ignore.Ignore
	// Known says that the baseline has the finding.
	Known bool
}

// Failed reports whether something blocks.
func (r *Report) Failed() bool {
	for _, f := range r.Findings {
		if f.Verdict == verdictBlocks {
			return true
		}
	}
	for _, f := range r.Rules {
		if f.Verdict == verdictBlocks {
			return true
		}
	}
	return false
}
