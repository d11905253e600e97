package bump

import (
	"context"
	"path/filepath"
	"sort"
	"time"

	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// LockOptions are the user's choices for a lock that is written without Yarn.
type LockOptions struct {
	// Highest takes the highest version for every new range, as Yarn does, and
	// keeps what is locked. Otherwise @backstage packages are on the release
	// wherever a range admits it.
	Highest bool
	// AllowDowngrade lets the release win over a newer locked version.
	AllowDowngrade bool
	// Singleton says of which packages there is to be one copy, where one
	// version satisfies all. nil means the list of every portal.
	Singleton func(name string) bool
	// Now is the clock of Yarn's age gate.
	Now time.Time
	// YarnVersion is the version of the repo's own Yarn, "" if unknown.
	YarnVersion string
	// Brief does not look for who keeps packages off the release.
	Brief bool
	// At is the part of a command line that names the portal ("" or " -C DIR"):
	// the commands of the report repeat it.
	At string

	leaveChecksums bool
}

// PlanLock adds to a plan the yarn.lock that belongs to it. Errors are a
// *relock.Unsupported where only Yarn can write the lock; the plan is then as
// it was.
func PlanLock(ctx context.Context, in Input, p *Plan, source relock.Source, opts LockOptions) error {
	result, err := p.solve(ctx, in, source, opts)
	if err != nil {
		return err
	}
	p.setLock(in, result)
	return nil
}

// PlanSeed is PlanLock where nothing but checksums of new packages is beyond
// portalctl: Yarn is given a lock that lacks these, keeps its versions, and adds
// them. Left to itself, Yarn would take the newest versions instead.
func PlanSeed(ctx context.Context, in Input, p *Plan, source relock.Source, opts LockOptions) error {
	opts.leaveChecksums = true
	result, err := p.solve(ctx, in, source, opts)
	if err != nil {
		return err
	}
	p.seed = result.Lock
	p.tellLock(result)
	return nil
}

// solve makes the lock of the portal as the plan leaves it.
func (p *Plan) solve(ctx context.Context, in Input, source relock.Source, opts LockOptions) (*relock.Result, error) {
	texts := map[string][]byte{}
	for _, f := range p.Files() {
		texts[f.Rel] = f.New
	}
	project, err := in.Project.With(texts)
	if err != nil {
		return nil, err
	}
	after := in
	after.Project, after.Settings = project, withCatalogs(in.Settings, p.Changes)
	result, err := solve(ctx, after, p.bindsTo, texts, source, opts)
	if err != nil {
		return nil, err
	}
	p.judgePatches(after)
	return result, nil
}

// solve brings the lock of a project in line. On success the solver has taken
// in.Lock over: it is the new lock then.
// texts are files as a plan leaves them, by their path from the root.
func solve(ctx context.Context, in Input, release string, texts map[string][]byte, source relock.Source, opts LockOptions) (*relock.Result, error) {
	input := relock.Input{
		Project: in.Project, Settings: in.Settings, Lock: in.Lock, YarnVersion: opts.YarnVersion, Now: opts.Now,
		BackstageVersion: release, Brief: opts.Brief, At: opts.At, LeaveChecksums: opts.leaveChecksums,
		ReadFile: func(rel string) ([]byte, error) {
			if text, ok := texts[rel]; ok {
				return text, nil
			}
			return in.Project.Read(rel, repofile.MaxCode)
		},
	}
	var policy relock.Policy = relock.Highest{}
	if release != "" {
		m, err := in.Releases.Get(ctx, release)
		switch {
		case err == nil:
			input.Release = m.Packages
			if !opts.Highest {
				policy = &relock.Release{Versions: m.Packages, AllowDowngrade: opts.AllowDowngrade, Singleton: opts.Singleton}
			}
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !opts.Highest:
			return nil, err
		}
		// Without a manifest the bindings that the lock has must serve.
	}
	return relock.Solve(ctx, &input, source, policy)
}

// withCatalogs is the settings with the catalogs as a plan leaves them.
func withCatalogs(s *yarnrc.Settings, changes []Change) *yarnrc.Settings {
	moved := map[string]string{}
	for _, c := range changes {
		moved[c.Section+" "+c.Name] = c.To
	}
	apply := func(section string, list []yarnrc.CatalogEntry) []yarnrc.CatalogEntry {
		out := append([]yarnrc.CatalogEntry(nil), list...)
		for i, e := range out {
			if to, ok := moved[section+" "+e.Name]; ok {
				out[i].Range = to
			}
		}
		return out
	}
	out := *s
	out.Catalog = apply("catalog", s.Catalog)
	out.Catalogs = make(map[string][]yarnrc.CatalogEntry, len(s.Catalogs))
	for name, list := range s.Catalogs {
		out.Catalogs[name] = apply("catalogs."+name, list)
	}
	return &out
}

// setLock records the solver's answer.
func (p *Plan) setLock(in Input, r *relock.Result) {
	p.Lockfile.Mode, p.Lockfile.State = "native", "unchanged"
	if r.Changed {
		p.Lockfile.State = "pending"
		var old []byte
		if in.Lock != nil {
			old = in.Lock.Original()
		}
		p.files["yarn.lock"] = &fileEdit{rel: "yarn.lock", path: filepath.Join(in.Project.Root, "yarn.lock"), old: old, new: r.Lock}
	}
	p.tellLock(r)
}

// tellLock puts what the solver found of the lock into the report.
func (p *Plan) tellLock(r *relock.Result) {
	p.Lockfile.setResult(r)
	// What the solver found of the lock is more than what the plan could tell.
	kept := make([]Note, 0, len(p.Notes))
	for _, n := range p.Notes {
		if n.Kind != noteAhead || n.File != "yarn.lock" {
			kept = append(kept, n)
		}
	}
	p.Notes = append(kept, aheadNotes(r.Ahead, p.locked)...)
	for _, l := range r.LostPatches {
		p.Notes = append(p.Notes, Note{Kind: noteGeneral, File: l.Pos.String(), Name: l.Name,
			Message: "its patch file " + l.File + " is not there; Yarn installs nothing until it is (is it in git?)"})
	}
	sortNotes(p.Notes)
}

// LockSchema is the version of the JSON form of a LockPlan.
const LockSchema = "portalctl.lock/v1"

// LockPlan is what `versions lock` would do: bring yarn.lock in line with the
// package.json files as they are.
type LockPlan struct {
	Schema string `json:"schema"`
	// Release is the release that the lock is written for: the portal's, "" when
	// nothing tells it.
	Release  string   `json:"release"`
	Notes    []Note   `json:"notes"`
	Lockfile Lockfile `json:"lockfile"`

	plan *Plan
	// quiet: the user did not ask where the lock stands beside the release.
	quiet bool
}

// NewLockPlan solves the lock of the portal as it is. Its errors are those of
// PlanLock.
func NewLockPlan(ctx context.Context, in Input, source relock.Source, opts LockOptions) (*LockPlan, error) {
	s := in.standing()
	release := in.bindsTo(s)
	if in.hasYarnPlugin() && !s.Valid && (s.Declared != "" || in.Project.BackstageErr != nil) {
		return nil, noStanding(in.Project, s) // backstage:^ has no other source
	}
	var before map[string][]string
	if !opts.Brief { // else nobody asks what is ahead of the release
		before = lockedVersions(in.Lock) // the solver takes the lock over
	}
	r, err := solve(ctx, in, release, nil, source, opts)
	if err != nil {
		return nil, err
	}
	p := &Plan{From: release, To: release, locked: before, Notes: []Note{}, files: map[string]*fileEdit{}}
	p.setLock(in, r)
	return &LockPlan{Schema: LockSchema, Release: release, Notes: p.Notes, Lockfile: p.Lockfile, plan: p, quiet: opts.Highest}, nil
}

// Empty reports whether the lock is in line.
func (l *LockPlan) Empty() bool { return l.plan.Empty() }

// Files is the lock before and after, if it changes.
func (l *LockPlan) Files() []txn.Change { return l.plan.Files() }

// Edits is the write that applies the plan.
func (l *LockPlan) Edits() []txn.Edit { return l.plan.edits() }

func sortNotes(notes []Note) {
	sort.SliceStable(notes, func(i, j int) bool {
		a, b := notes[i], notes[j]
		if x, y := noteOrder(a), noteOrder(b); x != y {
			return x < y
		}
		if a.Name != b.Name {
			return a.Name < b.Name
		}
		return a.File < b.File
	})
}

// byData orders packages by what a wrong move costs.
func byData(a, b string) bool {
	if x, y := portal.DataOrder(a), portal.DataOrder(b); x != y {
		return x < y
	}
	return a < b
}
