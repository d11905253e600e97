package main

import (
	"context"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

func lockCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "lock",
		Usage: "bring yarn.lock in line with the package.json files, without Yarn",
		Description: "Writes what `yarn install --mode=update-lockfile` would write, byte for byte, and runs nothing.\n" +
			"With --resolve release, @backstage packages also move to the release wherever a range admits it.\n\n" +
			"Exit codes: 0 in line, or brought in line; 1 not in line (--check); 2 could not run or refused.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "check", Usage: "write nothing; exit 1 when yarn.lock is not in line"},
			dryRunFlag(),
			&cli.BoolFlag{Name: "diff", Usage: "with --dry-run or --check: print a unified diff instead of the report"},
			resolveFlag("highest", "which versions new ranges get: highest, as Yarn does, or release"),
			&cli.BoolFlag{Name: "allow-downgrade", Usage: "with --resolve release: also move down what is ahead of it"},
			offlineFlag(),
			nowFlag(),
			formatFlag("table", "json", "markdown"),
			outputFlag(),
			directoryFlag(),
		},
		Action: func(c *cli.Context) error { return runLock(c.Context, c, e) },
	}
}

func runLock(ctx context.Context, c *cli.Context, e env) error {
	if err := noArgs(c); err != nil {
		return err
	}
	format, err := oneOf(c, "format", "table", "json", "markdown")
	if err != nil {
		return err
	}
	look := c.Bool("check") || c.Bool("dry-run")
	switch {
	case c.Bool("diff") && !look:
		return usagef("--diff only makes sense with --dry-run or --check").WithNext("Add --dry-run, or leave out --diff")
	case c.Bool("diff") && c.IsSet("format"):
		return usagef("--diff and --format exclude each other").WithNext("Leave one of them out")
	}
	open := openToWrite
	if look {
		open = openPortal
	}
	co, err := open(ctx, c, e)
	if err != nil {
		return err
	}
	if err := co.project.OnlyYarn(); err != nil {
		return err
	}
	plan, err := planLock(ctx, c, e, co)
	if err != nil {
		return err
	}
	if !look && !plan.Empty() {
		if err := txn.Commit(e.withState(ctx), co.project.Root, plan.Edits()); err != nil {
			return err
		}
		plan.Lockfile.State = "written"
	}
	err = writeReport(c, e, func(w io.Writer) error {
		switch {
		case c.Bool("diff"):
			return writeDiff(w, plan.Files())
		case format == "json":
			return report.JSON(w, plan)
		case format == "markdown":
			return plan.WriteMarkdown(w, lockNext(c, co, plan, look))
		default:
			return plan.WriteTable(w, e.OutStyle(), lockNext(c, co, plan, look))
		}
	})
	if err != nil {
		return err
	}
	if c.Bool("check") && !plan.Empty() {
		return errFindings
	}
	return nil
}

func planLock(ctx context.Context, c *cli.Context, e env, co *checkout) (*bump.LockPlan, error) {
	releases, err := co.releases(e, c.Bool("offline"))
	if err != nil {
		return nil, err
	}
	reg, err := co.registry(e, c.Bool("offline"))
	if err != nil {
		return nil, err
	}
	progress := e.Progress("Computing checksums", -1)
	defer progress.Done()
	job, err := newLockJob(c, e, co, reg, progress.Set)
	if err != nil {
		return nil, err
	}
	// Only the JSON form and a pinned lock show who keeps what off the release.
	job.opts.Brief = job.opts.Highest && c.String("format") != "json"
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

// lockNext is what to do once the lock is known.
func lockNext(c *cli.Context, co *checkout, plan *bump.LockPlan, look bool) []string {
	if plan.Empty() {
		return nil
	}
	if look {
		return []string{commandLine(c, "portalctl versions lock", "directory", "resolve", "allow-downgrade", "offline", "now")}
	}
	return append([]string{"yarn install"}, co.alsoCommit()...)
}
