package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/bump/template"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/yarncli"
)

func bumpCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "bump",
		Usage: "move every @backstage package to one release, lockfile included",
		Description: "Shows what moves from which version to which, then asks, then changes exactly that.\n" +
			"Without a terminal to ask on, give --yes, or --dry-run to look only.\n\n" +
			"Exit codes: 0 applied, or nothing to do; 1 changes are pending (--dry-run --exit-code), or applied\n" +
			"but for code that --migrate had to leave under the old name; 2 could not run or refused; 130 interrupted, or answered with no.",
		Flags: slices.Concat([]cli.Flag{
			choiceOf(&cli.StringFlag{Name: "release", Aliases: []string{"r"}, Usage: "`RELEASE` to move to: main, next or a version such as 1.53.0",
				DefaultText: "main; with patterns that leave @backstage out, the portal's own"}, "main", "next"),
			&cli.StringSliceFlag{Name: "pattern", Aliases: []string{"p"}, Usage: "move the packages that match `GLOB`; may be repeated",
				DefaultText: bump.DefaultPattern},
			&cli.BoolFlag{Name: "diff", Usage: "with --dry-run: print a unified diff of every file instead of the report"},
			choiceFlag("lockfile", "who writes yarn.lock: native (portalctl), yarn (the repo's own), skip, or auto: native where it can",
				lockAuto, lockNative, lockYarn, lockSkip),
			resolveFlag("release", "which versions the lock gets: release (every @backstage package that a range lets) or highest, as Yarn does"),
			&cli.BoolFlag{Name: "allow-downgrade", Usage: "also move down what is ahead of the release"},
			&cli.BoolFlag{Name: "audit", Usage: "judge the lock that the plan would write: which advisories are new, gone, staying"},
			choiceOf(&cli.StringFlag{Name: "fail-on", Usage: "with --audit: fail, and write nothing, where what is new is of this `SEVERITY` or above: low, medium, high, critical, none", DefaultText: "high"}, failOnWords()...),
			&cli.StringFlag{Name: "db", Usage: "with --audit: take the advisories from the database in `DIR`", TakesFile: true},
			&cli.BoolFlag{Name: "drop-stale-patches", Usage: "remove resolutions that the bump leaves without effect"},
			&cli.BoolFlag{Name: "migrate", Usage: "also move packages that live on under another name there: dependencies, imports, app-config"},
			&cli.BoolFlag{Name: "template", Usage: "also merge what changed in the app template (see versions template), in the same step"},
			&cli.BoolFlag{Name: "allow-dirty", Usage: "with --template: merge into a work tree with changes that are not committed"},
			offlineFlag(),
			nowFlag(),
		}, reportsFlags("table", "json", "markdown"), consentFlags()),
		Action: actionOf(e, bumpOptionsOf, runBump),
	}
}

// bumpRun is one run of versions bump.
type bumpRun struct {
	bumpOptions
	e    env
	co   *checkout
	in   bump.Input
	plan *bump.Plan
	// locked is the portal that the lock is written for: as the merge leaves it.
	locked *checkout
	// merge is the plan of the template, nil without --template.
	merge *template.Plan
	// files are what both write, beside a lock that Yarn is to write.
	files []txn.Change
	// yarn finds the repo's own Yarn, which writes yarn.lock when the plan is
	// applied; nil when the plan has the lock already, or leaves it. To find it may
	// mean to run it, and so nobody does before the plan is agreed to.
	yarn func(context.Context) (*yarncli.Yarn, error)
	// noYarn is why there will be no such Yarn, as far as a dry run can tell.
	noYarn error
	// migrations are the database migrations that it brings, in one line.
	migrations string
	// before is the lock as it is, nil where nobody asks about advisories.
	before *audit.Lock
	// counts are the numbers of what the plan breaks in the portal's own code, ""
	// where they are not known.
	counts string
}

func runBump(ctx context.Context, o bumpOptions, e env) error {
	r := &bumpRun{bumpOptions: o, e: e}
	var err error
	if r.co, err = openYarnPortal(ctx, o.target, !o.dryRun, e); err != nil {
		return err
	}
	if o.future.audit {
		if r.before, err = r.co.beforeBump(); err != nil {
			return err
		}
	}
	if r.plan, err = r.makePlan(ctx); err != nil {
		return err
	}
	if err := r.judgeFuture(ctx, nil); err != nil {
		return err
	}
	switch {
	case o.dryRun:
		if err := r.report(r.applying()); err != nil {
			return err
		}
		if o.exitCode && (!r.empty() || r.conflicts()) || r.futureFails() {
			return errFindings
		}
		return nil
	case r.futureFails():
		return r.refusedFuture()
	case r.empty():
		if err := r.report(nil); err != nil || r.merge == nil {
			return err
		}
		return r.done()
	default:
		err = e.carryOut(ctx, o.target, o.yes, r)
	}
	if err != nil {
		if r.futureFails() { // by the lock that Yarn wrote for it
			return r.refusedFuture()
		}
		return err
	}
	return r.done()
}

// done is the outcome of a plan that was applied: findings where code still loads
// what is not there any more, and where the template conflicts.
func (r *bumpRun) done() error {
	if r.plan.NeedsYou() || r.conflicts() {
		return errFindings
	}
	return nil
}

func (r *bumpRun) makePlan(ctx context.Context) (*bump.Plan, error) {
	releases, reg, err := r.co.sources(r.e, r.offline)
	if err != nil {
		return nil, err
	}
	facts, err := r.co.facts(r.e, reg)
	if err != nil {
		return nil, err
	}
	r.in = bump.Input{Project: r.co.project, Settings: r.co.settings, Lock: r.co.lock, Releases: releases, Registry: reg, Facts: facts}
	if r.locked = r.co; r.template {
		if err := r.mergeTemplate(ctx); err != nil {
			return nil, err
		}
		r.in.Project = r.locked.project
	}
	progress := r.e.Progress("Asking the registry", -1)
	plan, err := bump.NewPlan(ctx, r.in, bump.Options{
		Release:          r.release,
		Patterns:         r.patterns,
		AllowDowngrade:   r.allowDowngrade,
		DropStalePatches: r.dropStalePatches,
		Lockfile:         r.lockfile,
		Migrate:          r.migrate,
		Strict:           r.e.get(release.ManifestFileEnv) != "",
		Progress:         progress.Set,
	})
	progress.Done()
	if err != nil {
		return nil, err
	}
	if r.plan = plan; plan.Stays() {
		r.merge, r.locked = nil, r.co // nor does the template go back
	}
	// The solver takes the lock over: what is counted from it comes before. It is for
	// the next steps, which a report for programs does not have.
	if !r.yes && r.form != "json" && r.co.lock != nil && !plan.Empty() && plan.From != "" && plan.From != plan.To {
		r.counts = r.countChanges(ctx, plan, releases)
		r.migrations = r.co.forecastLine(ctx, r.e, r.forecast, plan.To, plan.Targets(), plan.Release())
	}
	if err := r.planLock(ctx, plan, reg); err != nil {
		return nil, err
	}
	r.files, err = r.writes()
	return plan, err
}

// planLock decides who writes yarn.lock, and has it written into the plan where
// that needs no Yarn.
func (r *bumpRun) planLock(ctx context.Context, plan *bump.Plan, reg *registry.Client) error {
	mode := r.lockfile
	if mode == lockSkip || plan.Stays() {
		return nil
	}
	if r.co.lock == nil && mode == lockAuto {
		plan.Lockfile = bump.Lockfile{Mode: lockSkip, State: "absent"}
		return nil
	}
	why := ""
	if mode != lockYarn {
		var err error
		if why, err = r.writeNatively(ctx, plan, reg); err != nil || why == "" {
			return err
		}
		if mode == lockNative {
			return fault.New("yarn.lock cannot be written without Yarn: %s", why).
				WithNext("Use --lockfile yarn to let the repo's own Yarn write it, or --lockfile skip to leave it as it is")
		}
	}
	if r.empty() {
		return nil
	}
	plan.Lockfile = bump.Lockfile{Mode: lockYarn, State: "pending", Yarn: "the repo's own Yarn", Why: why,
		LockChange: plan.Lockfile.LockChange}
	// Nothing of the repo is run for a plan, but where the real run would find no
	// Yarn, that is said.
	opts := yarnOptions(r.locked, r.e)
	opts.OnlyLook = true
	yarn, err := yarncli.Find(ctx, r.co.project.Root, opts)
	if r.dryRun {
		if r.noYarn = err; err != nil {
			plan.Lockfile.Blocked = err.Error()
		}
		return nil
	}
	if err != nil {
		return err
	}
	if yarn.Version != "" {
		plan.Lockfile.Yarn = yarn.String()
	}
	r.yarn = func(ctx context.Context) (*yarncli.Yarn, error) {
		return yarncli.Find(ctx, r.co.project.Root, yarnOptions(r.locked, r.e))
	}
	return nil
}

// writeNatively puts the lock into the plan, or says why only Yarn can write it.
func (r *bumpRun) writeNatively(ctx context.Context, plan *bump.Plan, reg *registry.Client) (why string, err error) {
	file, err := r.co.installState()
	if err != nil {
		return "", err
	}
	if file != "" && r.lockfile == lockAuto && !plan.Empty() {
		return fmt.Sprintf("git tracks %s, which has to follow the lock; run yarn install afterwards and commit both", file), nil
	}
	progress := r.e.Progress("Computing checksums", -1)
	defer progress.Done()
	job, err := newLockJob(r.resolveOptions, r.e, r.locked, reg, progress.Set)
	if err != nil {
		return "", err
	}
	defer job.source.Close()
	in := r.in
	in.Settings = r.locked.settings
	err = bump.PlanLock(ctx, in, plan, job.source, job.opts)
	if u := relock.AsUnsupported(err); u != nil {
		why = fmt.Sprintf("%s: %s", u.Construct, u.Why)
		at := u.Pos
		// A report is read elsewhere, too.
		if rel, err := filepath.Rel(r.co.project.Root, at.File); err == nil && filepath.IsLocal(rel) {
			at.File = filepath.ToSlash(rel)
		}
		if at := at.String(); at != "" {
			why += " (" + at + ")"
		}
		if u.Checksum && r.lockfile == lockAuto && !plan.Empty() {
			// What Yarn alone can do as well is no reason to fail.
			if err := bump.PlanSeed(ctx, in, plan, job.source, job.opts); err != nil && relock.AsUnsupported(err) == nil {
				return "", err
			}
		}
		return why, nil
	}
	return "", err
}

// question names what is about to be written.
func (r *bumpRun) question() string {
	files := english.Count(len(r.files), "file")
	switch {
	case r.merge != nil:
		return fmt.Sprintf("Write %s?", files)
	case len(r.plan.Changes) == 0:
		return "Write yarn.lock?"
	default:
		return fmt.Sprintf("Apply %s in %s?", english.Count(len(r.plan.Changes), "edit"), files)
	}
}

func (r *bumpRun) applied() []string { return []string{"yarn.lock: " + r.plan.Lockfile.State} }

// apply computes the lockfile and commits it with all other files in one
// transaction: either all of them change or none.
func (r *bumpRun) apply(ctx context.Context) error {
	edits := r.edits()
	if r.yarn != nil {
		was := txn.Edit{Path: r.co.lockPath(), Old: r.co.lockText, New: r.co.lockText}
		if err := txn.Possible(r.e.withState(ctx), r.co.project.Root, append(slices.Clone(edits), was)); err != nil {
			return err
		}
		yarn, err := r.yarn(ctx)
		if err != nil {
			return err
		}
		r.plan.Lockfile.Yarn = yarn.String()
		progress := r.e.Progress("Bringing yarn.lock in line with "+r.plan.Lockfile.Yarn, -1)
		lock, err := r.plan.LockByYarn(ctx, yarn, r.in, r.texts())
		progress.Done()
		if err != nil {
			return err
		}
		r.plan.TakeYarnLock(lock)
		if err := r.judgeFuture(ctx, lock); err != nil {
			return err
		}
		if r.futureFails() {
			return errFindings
		}
		edits = append(edits, txn.Edit{Path: r.co.lockPath(), Old: r.co.lockText, New: lock})
	}
	if err := txn.Commit(r.e.withState(ctx), r.co.project.Root, edits); err != nil {
		return err
	}
	if r.plan.Lockfile.State == "pending" {
		r.plan.Lockfile.State = "written"
	}
	return nil
}
