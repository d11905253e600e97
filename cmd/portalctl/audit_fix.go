package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/yarncli"
)

// fixOptions are what the command line of audit says of fixes.
type fixOptions struct {
	consent
	fixes, diff bool
	reach       audit.Reach
	// gate is the time that Yarn's age gate counts from.
	gate time.Time
}

func reachWords() []string {
	return []string{string(audit.ReachLock), string(audit.ReachManifest), string(audit.ReachResolutions)}
}

func fixFlag() cli.Flag {
	return optionalFlag("fix", "end findings by the smallest moves, within a major; --fix=lock, =manifest or =resolutions says how far they may go", reachWords()...)
}

func fixOptionsOf(c *cli.Context, e env, outs outputs) (o fixOptions, err error) {
	word, set, err := optionalWord(c, "fix")
	if err != nil {
		return o, err
	}
	o.fixes, o.reach = set, audit.Reach(word)
	for _, flag := range []string{"dry-run", "yes", "exit-code", "diff"} {
		if c.Bool(flag) && !o.fixes {
			return o, onlyWith(flag, "fix")
		}
	}
	if o.consent, err = consentOf(c); err != nil {
		return o, err
	}
	if o.diff, err = diffOf(c, o.consent); err != nil {
		return o, err
	}
	if o.diff && len(outs) > 1 {
		return o, usagef("--diff has no form: it goes to stdout, or to the one file that --output names").WithNext("Write --output FILE, or leave out --diff")
	}
	o.gate, err = clock(c, e)
	return o, err
}

// fix makes the fixes, in one transaction, and returns the report about what is
// left.
func (r *auditRun) fix(ctx context.Context, found *audit.Report) (*audit.Report, error) {
	decided, err := ignore.Load(r.sources)
	if err != nil {
		return nil, err
	}
	limit, explicit := r.dbAge(decided.Policy)
	matcher, done, err := r.matcher(ctx, limit, explicit)
	if err != nil {
		return nil, err
	}
	defer done()
	in := audit.FixInput{Input: r.in, Options: r.opts, Report: found, Reach: r.o.reach, Match: matcher.Match}
	in.Options.Now, in.Prefetch = r.o.gate, r.prefetch
	if err := r.mayFix(ctx, found); err != nil {
		return nil, err
	}
	for _, l := range r.in.Head {
		if l.Project == nil || l.Tool != "" || l.Leftover || l.Project.OnlyYarn() != nil {
			continue
		}
		fl, close, err := r.fixLock(ctx, l)
		if err != nil {
			return nil, err
		}
		defer close()
		in.Locks = append(in.Locks, *fl)
	}
	progress := r.e.Progress("Looking for the smallest fixes", -1)
	plan, err := audit.NewFixPlan(ctx, in)
	progress.Done()
	if err != nil {
		return nil, err
	}
	if !r.o.dryRun && !plan.Empty() {
		if err := r.commitFixes(ctx, plan); err != nil {
			return nil, err
		}
	}
	return r.left(ctx, plan)
}

// mayFix refuses locks that could not be written afterwards: the search takes
// seconds, and a run of Yarn a minute.
func (r *auditRun) mayFix(ctx context.Context, found *audit.Report) error {
	if r.o.dryRun {
		return nil
	}
	var edits []txn.Edit
	for _, l := range r.in.Head {
		if l.Tool == "" && slices.ContainsFunc(found.Findings, func(f *audit.Finding) bool { return f.Lockfile == l.Path }) {
			edits = append(edits, txn.Edits(r.root, []txn.Change{{Rel: l.Path, Old: l.Lock.Original(), New: l.Lock.Original()}})...)
		}
	}
	return txn.Possible(r.e.withState(ctx), r.root, edits)
}

// prefetch asks the registry about several packages at once: its client keeps the
// answers. What fails does so again when it is needed.
func (r *auditRun) prefetch(ctx context.Context, names []string) {
	if r.client == nil {
		return
	}
	var g errgroup.Group
	g.SetLimit(prefetches)
	for _, name := range names {
		g.Go(func() error {
			_, _ = r.client.Packument(ctx, name)
			return nil
		})
	}
	_ = g.Wait()
}

// prefetches is how many packages are asked about at once.
const prefetches = 16

// fixLock is what it takes to solve a lock. close ends it.
func (r *auditRun) fixLock(ctx context.Context, l *audit.Lock) (*audit.FixLock, func(), error) {
	co := &checkout{project: l.Project, settings: l.Settings, lock: l.Lock, lockText: l.Lock.Original()}
	releases, err := co.releases(r.e, r.o.offline)
	if err != nil {
		return nil, nil, err
	}
	reg := r.client
	if l.Path != audit.LockName || reg == nil { // which may have a registry of its own
		if reg, err = co.registry(r.e, r.o.offline); err != nil {
			return nil, nil, err
		}
	}
	job, err := newLockJob(resolveOptions{offline: r.o.offline, now: r.o.gate}, r.e, co, reg, nil)
	if err != nil {
		return nil, nil, err
	}
	fl := &audit.FixLock{
		Lock: l, Source: job.source, YarnVersion: job.opts.YarnVersion, Singleton: job.opts.Singleton,
		ReadFile: func(rel string) ([]byte, error) { return l.Project.Read(rel, repofile.MaxCode) },
		Released: func(name, version string) (time.Time, bool) {
			doc, err := job.source.Packument(ctx, name)
			if err != nil {
				return time.Time{}, false
			}
			return doc.Published(version)
		},
	}
	fl.BackstageVersion = releases.Standing(l.Lock, l.Project.Declared()).Release
	if bump.HasYarnPlugin(l.Settings) {
		fl.BackstageVersion = l.Project.Declared()
	}
	var unknown error // why the release's manifest is not
	if fl.BackstageVersion != "" {
		m, err := releases.Get(ctx, fl.BackstageVersion)
		switch {
		case ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case err != nil:
			unknown = fault.Wrap(err, fault.Pos{File: l.Path}, "nothing was fixed in it, as the Backstage plugin of Yarn needs the release's manifest")
		default:
			fl.Release = m.Packages
		}
	}
	if !r.o.dryRun {
		fl.Yarn = func(ctx context.Context, files map[string][]byte) ([]byte, error) {
			if unknown != nil && bump.HasYarnPlugin(l.Settings) {
				return nil, unknown
			}
			yarn, err := yarncli.Find(ctx, l.Project.Root, yarnOptions(co, r.e))
			if err != nil {
				return nil, err
			}
			progress := r.e.Progress("Bringing "+l.Path+" in line with "+yarn.String(), -1)
			defer progress.Done()
			text, err := bump.LockByYarn(ctx, yarn, bump.Input{Project: l.Project, Settings: l.Settings, Releases: releases}, fl.BackstageVersion, files)
			if err != nil && ctx.Err() == nil {
				return nil, fault.Wrap(err, fault.Pos{File: l.Path}, "nothing was fixed in it").
					WithNext("Fix what Yarn reports, then run the command again; --dry-run shows the plan without Yarn")
			}
			return text, err
		}
	}
	return fl, func() { _ = job.source.Close() }, nil
}

func (r *auditRun) commitFixes(ctx context.Context, plan *audit.FixPlan) error {
	if err := txn.Commit(r.e.withState(ctx), r.root, txn.Edits(r.root, plan.Files)); err != nil {
		return err
	}
	plan.Applied = true
	for _, l := range plan.After.Head {
		changed := slices.ContainsFunc(plan.Files, func(f txn.Change) bool { return f.Rel == l.Path })
		if l.Project == nil || !changed {
			continue
		}
		file, err := (&checkout{project: l.Project}).installState()
		if err != nil {
			return err
		}
		if file != "" {
			r.notes = append(r.notes, "git tracks "+file+", which has to follow "+l.Path+": run yarn install and commit both")
		}
	}
	return nil
}

// left is the report about the portal as a plan leaves it.
func (r *auditRun) left(ctx context.Context, plan *audit.FixPlan) (*audit.Report, error) {
	decisions, err := ignore.Load(r.sources) // what was used before may not be now
	if err != nil {
		return nil, err
	}
	trusted := r.in.Trust
	r.in = plan.After
	r.in.Decisions, r.in.Trust = decisions, trusted
	side := &r.head.Trust
	side.Locks = nil
	for _, l := range r.in.Head {
		side.Locks = append(side.Locks, l.Lock)
	}
	for _, f := range plan.Files {
		if _, judged := side.Files[f.Rel]; judged {
			side.Files[f.Rel] = f.New
		}
	}
	if err := r.judgeLocks(ctx, decisions.Policy); err != nil {
		return nil, err
	}
	report, err := audit.NewReport(r.in, r.opts)
	if err != nil {
		return nil, err
	}
	report.Fixes, report.Incomplete = plan, slices.Concat(report.Incomplete, plan.Failed)
	return report, nil
}

// writeFixDiff writes what a fix would change, for git apply.
func (r *auditRun) writeFixDiff(report *audit.Report) error {
	if report.Failed() { // the diff, which may be empty, does not say why the exit code is 1
		fmt.Fprintf(r.e.Err, "portalctl: left after this: %s; without --diff they are listed\n", report.Sentence())
	}
	return r.o.outs.write(r.e, func(_ string, w io.Writer, _ env) error { return writeDiff(w, report.Fixes.Files) })
}
