package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/check"
	"github.com/portalctl/portalctl/internal/txn"
)

func checkCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "find what is wrong with the portal's dependencies and plugins, and fix what can be fixed",
		Description: "Looks at yarn.lock, the package.json files and the backend's source; runs nothing and, without --online,\n" +
			"contacts no server. --fix dedupes and prunes yarn.lock; --fix-manifests also edits package.json files.\n" +
			"Decisions (severities, ignores, singletons, scopes) are recorded in .portalctl.yaml.\n\n" +
			"Exit codes: 0 nothing wrong, or nothing left after --fix; 1 errors or warnings, or with --fail-on-change a fix,\n" +
			"and with --dry-run --exit-code a fix that is pending; " +
			"2 could not run or refused.",
		Flags: slices.Concat([]cli.Flag{
			&cli.BoolFlag{Name: "fix", Usage: "dedupe and prune yarn.lock, then report what is left"},
			&cli.BoolFlag{Name: "fix-manifests", Usage: "like --fix, and edit ranges and unused resolutions of package.json files"},
			&cli.BoolFlag{Name: "diff", Usage: "with --dry-run: print a unified diff of every file instead of the report"},
			&cli.BoolFlag{Name: "fail-on-change", Usage: "with --fix: exit 1 when there was something to fix"},
			choiceFlag("strategy", "which version of several in yarn.lock a range gets: "+strings.Join(strategies(), ", "), strategies()...),
			&cli.StringSliceFlag{Name: "scope", Usage: "look for several versions of the packages that match `GLOB` only; may be repeated",
				DefaultText: "@backstage/* and packages that must be one copy"},
			&cli.BoolFlag{Name: "all", Usage: "look for several versions of every package"},
			&cli.BoolFlag{Name: "prune", Usage: "with --fix: also remove from a Yarn 1 lock what nothing asks for"},
			&cli.StringFlag{Name: "lockfile", Usage: "check the lock `FILE` alone, without a portal around it", TakesFile: true},
			&cli.BoolFlag{Name: "online", Usage: "ask the versions host and the registry for what is not cached"},
			&cli.StringFlag{Name: "baseline", Usage: "findings in `FILE` do not count", DefaultText: baselineFile + ", if there is one", TakesFile: true},
			&cli.BoolFlag{Name: "update-baseline", Usage: "write what is found to the baseline; from then on only new findings count"},
		}, reportsFlags(sharedForms()...), consentFlags()),
		Subcommands: []*cli.Command{checkProductionCommand(e)},
		Action:      actionOf(e, checkOptionsOf, runCheck),
	}
}

// checkRun is one run of check.
type checkRun struct {
	checkOptions
	e    env
	opts check.Options

	co   *checkout // nil for a bare lock
	file string    // the bare lock
	in   check.Input
	// baseline is where the baseline is, or will be.
	baseline string
}

func runCheck(ctx context.Context, o checkOptions, e env) error {
	r := &checkRun{checkOptions: o, e: e, opts: o.rules}
	if err := r.open(ctx); err != nil {
		return err
	}
	if r.fixes {
		return r.fix(ctx)
	}
	report, err := check.NewReport(r.in, r.opts)
	if err != nil {
		return err
	}
	if r.update {
		if report, err = r.updateBaseline(); err != nil {
			return err
		}
	}
	if err := r.write(report); err != nil {
		return err
	}
	if report.Failed() {
		return errFindings
	}
	return nil
}

// fix makes the fixes, in one transaction, and reports what is left.
func (r *checkRun) fix(ctx context.Context) error {
	if r.co != nil {
		if err := r.co.project.OnlyYarn(); err != nil {
			return err
		}
	}
	if r.in.LockErr != nil {
		return r.in.LockErr
	}
	fixed, err := check.Fix(r.in, r.opts, r.manifests)
	if err != nil {
		return err
	}
	if !r.dryRun {
		if err := r.commit(ctx, fixed); err != nil {
			return err
		}
	}
	report, err := check.NewReport(fixed.After, r.opts)
	if err != nil {
		return err
	}
	report.Notes = append(report.Notes, fixed.Notes(!r.dryRun)...)
	report.Extra = append(report.Extra, fixed.JSON(!r.dryRun))
	if r.diff {
		err = r.writeDiff(fixed)
		if report.Failed() { // the diff, which may be empty, does not say why the exit code is 1
			fmt.Fprintf(r.e.Err, "portalctl: left after this: %s; without --diff they are listed\n", report.Sentence())
		}
	} else {
		err = r.write(report)
	}
	if err != nil {
		return err
	}
	if report.Failed() || (r.failOnChange || r.exitCode) && !fixed.Empty() {
		return errFindings
	}
	return nil
}

func (r *checkRun) commit(ctx context.Context, fixed *check.Fixed) error {
	switch {
	case fixed.Empty():
		return nil
	case r.co == nil:
		return txn.WriteFile(r.file, fixed.Lock, 0o644)
	}
	if err := txn.Commit(r.e.withState(ctx), r.co.project.Root, fixed.Edits); err != nil {
		return err
	}
	if fixed.Lock == nil {
		return nil
	}
	return r.installState()
}

// updateBaseline writes the baseline and returns the report with it.
func (r *checkRun) updateBaseline() (*check.Report, error) {
	base, err := check.NewBaseline(r.in, r.opts)
	if err != nil {
		return nil, err
	}
	r.opts.Baseline = base
	if !r.dryRun {
		if err := txn.WriteFile(r.baseline, r.opts.Baseline.Bytes(), 0o644); err != nil {
			return nil, err
		}
	}
	return check.NewReport(r.in, r.opts)
}
