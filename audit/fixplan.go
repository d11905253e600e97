package audit

import (
	"context"
	"errors"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/txn"
)

// Reach says how far a fix may go. Each word allows what those before it do.
type Reach string

// The reaches.
const (
	// ReachLock: yarn.lock alone, inside the ranges that ask.
	ReachLock Reach = "lock"
	// reachMajor is the default: also lines of package.json, within a major.
	reachMajor Reach = ""
	// ReachManifest: major steps, too.
	ReachManifest Reach = "manifest"
	// ReachResolutions: also new lines of resolutions, within a major.
	ReachResolutions Reach = "resolutions"
)

func (r Reach) lines() bool       { return r != ReachLock }
func (r Reach) breaking() bool    { return r == ReachManifest || r == ReachResolutions }
func (r Reach) resolutions() bool { return r == ReachResolutions }

// FixLock is a lock that is to be fixed, and what solving it takes.
type FixLock struct {
	Lock   *Lock
	Source relock.Source
	// Released is when a version was published, as far as the registry says.
	Released func(name, version string) (time.Time, bool)
	// YarnVersion is that of the project's own Yarn, "" if unknown.
	YarnVersion string
	// Release are the versions of the Backstage release that the project is on,
	// BackstageVersion what backstage.json says; nil and "" without one.
	Release          map[string]string
	BackstageVersion string
	// Singleton says of which packages there must be one copy only.
	Singleton func(name string) bool
	// ReadFile reads a file of the project by its path from the project's root.
	ReadFile func(rel string) ([]byte, error)
	// Yarn is the lock that the project's own Yarn makes of files, by their path
	// from the project's root. It is asked where only Yarn can write the lock;
	// nil leaves that for later: the plan has what Yarn is given then.
	Yarn func(ctx context.Context, files map[string][]byte) ([]byte, error)
	// YarnOnly says why Yarn has to write the lock whatever is in it, "" if
	// nothing does.
	YarnOnly string
}

// FixInput is what a plan of fixes is computed from.
type FixInput struct {
	// Input is what Report was computed from. Published must be there: which
	// versions there are decides what can be done.
	Input   Input
	Options Options
	Report  *Report
	Reach   Reach
	// Locks are those of Input.Head that can be solved.
	Locks []FixLock
	// Match asks about packages that nobody asked about before.
	Match func(ctx context.Context, list []osv.Package) ([]osv.Hit, error)
	// Prefetch is told of which packages Published will be asked, soon; nil if
	// nobody needs to know.
	Prefetch func(ctx context.Context, names []string)
}

// packageMove is a package that gets another version.
type packageMove struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// text is the move in a few words.
func (m packageMove) text() string { return m.Name + " " + m.From + " → " + m.To }

// fixedLine is a line of the project's own that changes; From is "" for a line
// that is added.
type fixedLine struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// fixStep is one thing that is done, and the findings that it ends.
type fixStep struct {
	// Kind is updateLock, editRange or addResolution.
	Kind     actionKind
	Lockfile string
	Moves    []packageMove
	Lines    []fixedLine
	Findings []*Finding
	// Breaking says which step is one that semver calls breaking, "" if none is.
	Breaking string
}

// leftKind says why a finding is not fixed.
type leftKind string

// The kinds.
const (
	leftBreaking   leftKind = "breaking"   // the fix is a major step
	leftReach      leftKind = "reach"      // the fix goes further than --fix may
	leftRelease    leftKind = "release"    // a Backstage release brings it
	leftHeld       leftKind = "held"       // the age gate holds the fix back
	leftPinned     leftKind = "pinned"     // who asks admits no version that is fixed
	leftUnfixed    leftKind = "unfixed"    // no version fixes it
	leftMalware    leftKind = "malware"    // a person has to act
	leftRefused    leftKind = "refused"    // the move would do more than end the finding
	leftUnsolvable leftKind = "unsolvable" // the lock is not one to be written here
)

// leftOver is what is not fixed, and why.
type leftOver struct {
	Kind             leftKind
	Lockfile         string
	Package, Version string
	Findings         []*Finding
	// Reason is a clause; Next what would end it, "" if nothing would.
	Reason, Next string
}

// FixPlan is what fixing does. Nothing is written yet.
type FixPlan struct {
	Reach Reach
	Fixes []*fixStep
	Left  []*leftOver
	// Also are the packages that move, come or go besides, by lock: what the new
	// versions ask for, and what nothing asks for any more. From is "" for what
	// comes, To for what goes.
	Also  []alsoMoved
	Files []txn.Change
	// Seeds are the locks that Yarn has yet to complete, with the reason; only
	// where FixLock.Yarn is nil.
	Seeds []yarnSeed
	// Failed are the errors of Yarn about locks that it was to write: they stay as
	// they are.
	Failed []error
	// Notes are things to know about locks.
	Notes []string
	// After is the input with the files as they are then.
	After Input
	// Applied says that the files were written.
	Applied bool
}

// alsoMoved is a packageMove in a lock.
type alsoMoved struct {
	Lockfile string `json:"lockfile"`
	packageMove
}

// yarnSeed is a lock that Yarn has to complete.
type yarnSeed struct {
	Lockfile string `json:"lockfile"`
	Why      string `json:"why"`
}

// Empty reports whether there is nothing to write.
func (p *FixPlan) Empty() bool { return len(p.Files) == 0 }

// Fixable counts the findings of a report that nothing has decided about and
// that a version fixes, inside the ranges that ask or not.
func (r *Report) Fixable() int {
	return len(pick(r.Findings, func(f *Finding) bool { return f.toFix(r.Base != nil) && f.Fixed != "" && !f.Malicious() }))
}

// toFix reports whether a fix is to end a finding: one that the team has not
// decided about, and where there is a base, one that the change brings.
func (f *Finding) toFix(base bool) bool {
	return f.Status != statusFixed && f.Verdict != verdictIgnored && !f.Known && (!base || f.Status == statusNew)
}

// NewFixPlan decides for each finding on the smallest move that ends it, and
// proves it by solving the lock with the move made: the finding is gone, there is
// no other in its place, no second copy of what must be one, and no @backstage
// package leaves the release. Errors are those of the registry and of OSV, and
// ctx's.
func NewFixPlan(ctx context.Context, in FixInput) (*FixPlan, error) {
	if in.Input.Published == nil {
		return nil, fault.New("fixes need the registry: which versions there are is not known")
	}
	p := &FixPlan{Reach: in.Reach, After: in.Input}
	p.After.Head = append([]*Lock(nil), in.Input.Head...)
	by := map[string][]*Finding{}
	for _, f := range in.Report.Findings {
		if f.toFix(in.Report.Base != nil) {
			by[f.Lockfile] = append(by[f.Lockfile], f)
		}
	}
	known := newAdvised(in)
	for i, l := range in.Input.Head {
		list := by[l.Path]
		if len(list) == 0 {
			continue
		}
		x, why := newFixer(in, p, l, known)
		if x == nil {
			p.leave(leftUnsolvable, l.Path, list, why.Error(), fault.NextOf(why))
			continue
		}
		after, err := x.fix(ctx, list)
		var failure *yarnFailure
		switch {
		case errors.As(err, &failure):
			x.fail(failure.error)
			continue
		case err != nil:
			return nil, err
		}
		p.After.Head[i] = after
	}
	p.After.Hits = known.hits()
	p.sort()
	return p, nil
}

// leave notes findings that are not fixed, one entry for each package.
func (p *FixPlan) leave(kind leftKind, lock string, list []*Finding, reason, next string) {
	for _, f := range list {
		i := 0
		for i < len(p.Left) && (p.Left[i].Lockfile != lock || p.Left[i].Kind != kind || p.Left[i].Package != f.Package || p.Left[i].Version != f.Version) {
			i++
		}
		if i == len(p.Left) {
			p.Left = append(p.Left, &leftOver{Kind: kind, Lockfile: lock, Package: f.Package, Version: f.Version, Reason: reason, Next: next})
		}
		p.Left[i].Findings = append(p.Left[i].Findings, f)
	}
}
