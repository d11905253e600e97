package main

import (
	"context"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

func lockCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "lock",
		Usage: "bring yarn.lock in line with the package.json files, without Yarn",
		Description: "Writes what `yarn install --mode=update-lockfile` would write, byte for byte, and runs nothing.\n" +
			"With --resolve release, @backstage packages also move to the release wherever a range admits it.\n\n" +
			"Exit codes: 0 in line, or brought in line; 1 not in line (--check, or --dry-run --exit-code);\n" +
			"2 could not run or refused; 130 interrupted.",
		Flags: slices.Concat([]cli.Flag{
			&cli.BoolFlag{Name: "check", Usage: "the same as --dry-run --exit-code: write nothing; exit 1 when yarn.lock is not in line"},
			&cli.BoolFlag{Name: "diff", Usage: "with --dry-run or --check: print a unified diff instead of the report"},
			resolveFlag("highest", "which versions new ranges get: highest, as Yarn does, or release"),
			&cli.BoolFlag{Name: "allow-downgrade", Usage: "with --resolve release: also move down what is ahead of it"},
			offlineFlag(),
			nowFlag(),
		}, reportFlags("table", "json", "markdown"), consentFlags()),
		Action: actionOf(e, lockOptionsOf, runLock),
	}
}

// lockOptions are what the command line of versions lock says.
type lockOptions struct {
	target
	consent
	resolveOptions
	diff bool
	// again is this command without --check or --dry-run.
	again string
}

func lockOptionsOf(c *cli.Context, e env) (o lockOptions, err error) {
	if o.target, err = targetOf(c, "table", "json", "markdown"); err != nil {
		return o, err
	}
	check := c.Bool("check")
	switch {
	case check && c.Bool("yes"):
		return o, exclusive("check", "yes")
	case c.Bool("diff") && !check && !c.Bool("dry-run"):
		return o, usagef("--diff only makes sense with --dry-run or --check").WithNext("Add --dry-run, or leave out --diff")
	case c.Bool("diff") && c.IsSet("format"):
		return o, exclusive("diff", "format")
	}
	if check {
		o.consent = consent{dryRun: true, exitCode: true}
	} else if o.consent, err = consentOf(c); err != nil {
		return o, err
	}
	if o.diff = c.Bool("diff"); o.diff {
		o.form = "diff"
	}
	o.again = commandLine(c, "portalctl versions lock", "directory", "resolve", "allow-downgrade", "offline", "now")
	o.resolveOptions, err = resolveOptionsOf(c, e)
	return o, err
}

func runLock(ctx context.Context, o lockOptions, e env) error {
	co, err := openYarnPortal(ctx, o.target, !o.dryRun, e)
	if err != nil {
		return err
	}
	plan, err := planLock(ctx, o, e, co)
	if err != nil {
		return err
	}
	if !o.dryRun && !plan.Empty() {
		if err := txn.Commit(e.withState(ctx), co.project.Root, plan.Edits()); err != nil {
			return err
		}
		plan.Lockfile.State = "written"
	}
	err = propose(plan, plan, plan.Files(), o.next(co, plan)).write(o.target, e, "")
	if err != nil {
		return err
	}
	if o.exitCode && !plan.Empty() {
		return errFindings
	}
	return nil
}

func planLock(ctx context.Context, o lockOptions, e env, co *checkout) (*bump.LockPlan, error) {
	releases, reg, err := co.sources(e, o.offline)
	if err != nil {
		return nil, err
	}
	progress := e.Progress("Computing checksums", -1)
	defer progress.Done()
	job, err := newLockJob(o.resolveOptions, e, co, reg, progress.Set)
	if err != nil {
		return nil, err
	}
	// Only the JSON form and a pinned lock show who keeps what off the release.
	job.opts.Brief = job.opts.Highest && o.form != "json"
	defer job.source.Close()
	plan, err := bump.NewLockPlan(ctx, bump.Input{
		Project: co.project, Settings: co.settings, Lock: co.lock, Releases: releases, Registry: reg,
	}, job.source, job.opts)
	if u := relock.AsUnsupported(err); u != nil {
		next := "Run yarn install --mode=update-lockfile, or take the construct out"
		switch {
		case co.lock == nil:
		case co.lock.Kind == yarnlock.Classic:
			next = "Run yarn install, or move the repo to Yarn 4: yarn set version stable"
		case co.lock.Version > 0 && co.lock.Version < yarnlock.Yarn4:
			next = "Run yarn install --mode=update-lockfile, or move the repo to Yarn 4: yarn set version stable"
		}
		return nil, fault.At(u.Pos, "the lockfile cannot be written without Yarn: %s: %s", u.Construct, u.Why).WithNext("%s", next)
	}
	return plan, err
}

// next is what to do once the lock is known.
func (o lockOptions) next(co *checkout, plan *bump.LockPlan) []string {
	if plan.Empty() {
		return nil
	}
	if o.dryRun {
		return []string{o.again}
	}
	return append([]string{"yarn install"}, co.alsoCommit()...)
}
