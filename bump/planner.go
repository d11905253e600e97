package bump

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sort"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/semrange"
)

// planner holds what the steps of NewPlan share.
type planner struct {
	in       Input
	opts     Options
	patterns patterns
	manifest *release.Manifest
	line     string              // "main", "next", "" for an exact release
	locked   map[string][]string // package name → versions, low to high
	plan     *Plan
	moves    map[moveKey]*moveUse
	notes    map[Note]bool
}

type moveKey struct{ name, from, to, via, rng string }

type moveUse struct {
	jump       Jump
	workspaces map[string]bool
}

// NewPlan decides what a bump changes. It reads from in and writes nothing. Its
// errors are for the user: an unknown release, an unreachable host, a
// resolution that would silently lose its effect.
func NewPlan(ctx context.Context, in Input, opts Options) (*Plan, error) {
	ps, err := newPatterns(opts.Patterns)
	if err != nil {
		return nil, err
	}
	pl := &planner{in: in, opts: opts, patterns: ps, locked: lockedVersions(in.Lock),
		moves: map[moveKey]*moveUse{}, notes: map[Note]bool{}}
	if in.Project.BackstageErr != nil && ps.wholeScope() {
		return nil, in.Project.BackstageErr // it is to be edited
	}
	stand := in.standing()
	current := stand.Release
	if err := pl.chooseRelease(ctx, current); err != nil {
		return nil, err
	}
	pl.plan = &Plan{Schema: Schema, From: current, Declared: stand.Declared, To: pl.manifest.ReleaseVersion,
		Changes: []Change{}, Packages: []packageMove{}, Moved: []Migration{}, Notes: []Note{}, files: map[string]*fileEdit{}, release: pl.manifest}
	pl.plan.Notes = append(pl.plan.Notes, staleNotes(pl.manifest)...)
	pl.plan.Notes = append(pl.plan.Notes, standingNotes(in.Project, stand)...)
	pl.plan.bindsTo, pl.plan.locked = in.bindsTo(stand), pl.locked
	if ps.wholeScope() {
		pl.plan.bindsTo = pl.plan.To
	}
	down, err := pl.isDown(stand)
	if err != nil {
		return nil, err
	}
	if down {
		pl.plan.Notes = append(pl.plan.Notes, Note{Kind: noteAhead, File: standsIn(stand), Message: fmt.Sprintf(
			"the portal is on %s, ahead of %s; it stays (--allow-downgrade moves it down)", current, pl.plan.To)})
		pl.plan.stays = true
		pl.plan.bindsTo = in.bindsTo(stand)
		pl.plan.Lockfile = Lockfile{Mode: pl.lockMode(), State: "unchanged"}
		return pl.plan, nil
	}
	if err := pl.build(ctx); err != nil {
		return nil, err
	}
	pl.finish()
	return pl.plan, nil
}

// chooseRelease finds the manifest of the release that the user asks for.
func (pl *planner) chooseRelease(ctx context.Context, current string) error {
	which := pl.opts.Release
	if which == "" {
		which = "main"
		if !pl.patterns.wholeScope() && current != "" {
			which = current
		}
	}
	if which == "main" || which == "next" {
		if !pl.opts.Strict {
			pl.line = which
		}
	} else if _, err := semrange.ParseVersion(which); err != nil {
		return fault.New("--release %q is neither a release line nor a version", which).
			WithNext("Use main, next or a release such as 1.53.0")
	}
	m, err := pl.in.Releases.Get(ctx, which)
	if err != nil {
		return err
	}
	pl.manifest = m
	return nil
}

// isDown reports whether the target is older than the portal's release, which
// is never a silent step: a line leaves the portal as it is, an exact release
// is refused.
func (pl *planner) isDown(stand release.Standing) (bool, error) {
	current := stand.Release
	if current == "" || pl.opts.AllowDowngrade || !pl.patterns.wholeScope() {
		return false, nil
	}
	from, err := semrange.ParseVersion(current)
	if err != nil {
		return false, fault.At(fault.Pos{File: "backstage.json"}, "version %q is not a release", current).
			WithNext("Set it to the release the portal is on, for example 1.53.0")
	}
	to, err := semrange.ParseVersion(pl.manifest.ReleaseVersion)
	if err != nil || !to.LessThan(from) {
		return false, err
	}
	if exact := pl.opts.Release; exact != "" && exact != "main" && exact != "next" {
		return false, fault.At(fault.Pos{File: standsIn(stand)}, "the portal is on %s, which is newer than %s", current, to).
			WithNext("Databases that %s has migrated may not work with older code. "+
				"Add --allow-downgrade if that is what you want", current)
	}
	return true, nil
}

func (pl *planner) build(ctx context.Context) error {
	pl.noteIdlePatterns()
	if pl.opts.Migrate {
		if err := pl.migrate(ctx); err != nil {
			return err
		}
	}
	uses := pl.names()
	t, err := pl.findTargets(ctx, uses)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(t)) {
		if note := t[name].note; note != nil && !(note.Kind == Moved && pl.isMoving(name)) {
			pl.note(*note)
		}
	}
	if err := pl.bumpManifests(t); err != nil {
		return err
	}
	if err := pl.bumpCatalogs(t); err != nil {
		return err
	}
	// Last of the ranges: a resolution goes stale by what the others became.
	if err := pl.bumpResolutions(t); err != nil {
		return err
	}
	if pl.patterns.wholeScope() {
		if err := pl.bumpRelease(); err != nil {
			return err
		}
		if err := pl.bumpLerna(t); err != nil {
			return err
		}
		if err := pl.bumpYarnPlugin(ctx); err != nil {
			return err
		}
		pl.noteNested()
	}
	pl.noteLockedAhead()
	pl.noteFamilies()
	return nil
}

// noteIdlePatterns names the patterns of the user that no dependency matches: a
// typing error must not look like a portal that is up to date.
func (pl *planner) noteIdlePatterns() {
	for _, p := range pl.opts.Patterns {
		if !pl.dependsOn(patterns{p}) {
			pl.note(Note{Kind: noteGeneral, Message: fmt.Sprintf("no dependency matches --pattern '%s'", p)})
		}
	}
}

func (pl *planner) root() *pkgjson.File { return pl.in.Project.RootWorkspace().File }

func (pl *planner) isWorkspace(name string) bool { return pl.in.Project.ByName(name) != nil }

// note adds a note once, however many files give rise to it.
func (pl *planner) note(n Note) {
	if !pl.notes[n] {
		pl.notes[n] = true
		pl.plan.Notes = append(pl.plan.Notes, n)
	}
}

// move counts a package's step for the report.
func (pl *planner) move(name string, from, to *semver.Version, via, workspace string) {
	key := moveKey{name: name, to: to.String(), via: via}
	if from != nil {
		key.from = from.String()
	}
	use := pl.moves[key]
	if use == nil {
		use = &moveUse{jump: jumpOf(from, to), workspaces: map[string]bool{}}
		pl.moves[key] = use
	}
	use.workspaces[workspace] = true
}

// raise counts a range that moves up below a locked version that stays.
func (pl *planner) raise(name string, locked *semver.Version, from, to, workspace string) {
	key := moveKey{name: name, from: locked.String(), to: locked.String(), rng: from + " → " + to}
	use := pl.moves[key]
	if use == nil {
		use = &moveUse{jump: jumpRaised, workspaces: map[string]bool{}}
		pl.moves[key] = use
	}
	use.workspaces[workspace] = true
}

// staysAhead reports whether a package stays at its locked version when its
// range moves to the release's.
func (pl *planner) staysAhead(locked, to *semver.Version) bool {
	return locked != nil && to != nil && locked.GreaterThan(to) && !pl.opts.AllowDowngrade
}

// step counts an edit of a range in the report and says how far it goes. locked
// is the version in use, nil if unknown; low is what the range was written
// around.
func (pl *planner) step(name string, locked, low, to *semver.Version, from, next string, users ...string) Jump {
	if pl.staysAhead(locked, to) {
		for _, u := range users {
			pl.raise(name, locked, from, next, u)
		}
		return jumpRaised
	}
	if locked == nil {
		locked = low
	}
	for _, u := range users {
		pl.move(name, locked, to, "", u)
	}
	return jumpOf(locked, to)
}

// finish sorts what the steps have collected.
func (pl *planner) finish() {
	p := pl.plan
	sort.SliceStable(p.Changes, func(i, j int) bool { return p.Changes[i].File < p.Changes[j].File })
	for key, use := range pl.moves {
		p.Packages = append(p.Packages, packageMove{Name: key.name, From: key.from, To: key.to,
			Jump: use.jump, Via: key.via, Range: key.rng, Workspaces: slices.Sorted(maps.Keys(use.workspaces))})
	}
	sort.Slice(p.Packages, func(i, j int) bool {
		a, b := p.Packages[i], p.Packages[j]
		return a.Name < b.Name || a.Name == b.Name && (a.From < b.From || a.From == b.From && a.Via+a.Range < b.Via+b.Range)
	})
	sortNotes(p.Notes)
	p.Lockfile = Lockfile{Mode: pl.lockMode(), State: "unchanged"}
	if !p.Empty() {
		p.Lockfile.State = "pending"
		if pl.opts.Lockfile == "skip" {
			p.Lockfile.State = "skipped"
		}
	}
}

// lockMode is who writes the lock, as far as that is known without it: what
// "auto" comes to is for whoever can tell, and nobody does when nothing changes.
func (pl *planner) lockMode() string {
	if pl.opts.Lockfile == "native" || pl.opts.Lockfile == "yarn" {
		return pl.opts.Lockfile
	}
	return "skip"
}

// noteOrder puts what can cost data or a day first.
func noteOrder(n Note) int {
	order := map[NoteKind]int{noteBlocker: 1, noteAhead: 2, notePinned: 6, noteDropped: 7, noteYarnPlugin: 8, Moved: 9,
		noteReleaseDiffers: 3, noteNotInRelease: 10, noteNotFound: 11, noteKept: 12, noteStale: 13, noteGeneral: 14}[n.Kind]
	if n.Kind == noteAhead {
		order += portal.DataOrder(n.Name)
	}
	return order
}

// rel is a path as reports show it: relative to the root, forward slashes.
func (pl *planner) rel(path string) string {
	r, err := filepath.Rel(pl.in.Project.Root, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(r)
}

func staleNotes(m *release.Manifest) []Note {
	if !m.FromCache || m.FetchedAt.IsZero() {
		return nil
	}
	return []Note{{Kind: noteStale, Message: fmt.Sprintf(
		"the versions host did not answer: release %s is what it said on %s", m.ReleaseVersion, m.FetchedAt.Format("2006-01-02 15:04 MST"))}}
}
