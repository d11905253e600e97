package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/check"
	"github.com/portalctl/portalctl/internal/dedupe"
	"github.com/portalctl/portalctl/internal/txn"
)

func checkCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "find what is wrong with the portal's dependencies and plugins, and fix what can be fixed",
		Description: "Looks at yarn.lock, the package.json files and the backend's source; runs nothing and, without --online,\n" +
			"asks nobody. --fix dedupes and prunes yarn.lock; --fix-manifests also edits package.json files.\n" +
			"Decisions (severities, ignores, singletons, scopes) are recorded in .portalctl.yaml.\n\n" +
			"Exit codes: 0 nothing wrong, or nothing left after --fix; 1 errors or warnings, or with --fail-on-change a fix;\n" +
			"2 could not run or refused.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "fix", Usage: "dedupe and prune yarn.lock, then report what is left"},
			&cli.BoolFlag{Name: "fix-manifests", Usage: "like --fix, and edit ranges and unused resolutions of package.json files"},
			dryRunFlag(),
			&cli.BoolFlag{Name: "diff", Usage: "with --dry-run: print a unified diff of every file instead of the report"},
			&cli.BoolFlag{Name: "fail-on-change", Usage: "with --fix: exit 1 when there was something to fix"},
			&cli.StringFlag{Name: "strategy", Value: string(dedupe.Release), Usage: "which version of several in yarn.lock a range gets: " + strategies()},
			&cli.StringSliceFlag{Name: "scope", Usage: "look for several versions of the packages that match `GLOB` only; may be repeated",
				DefaultText: "@backstage/* and packages that must be one copy"},
			&cli.BoolFlag{Name: "all", Usage: "look for several versions of every package"},
			&cli.BoolFlag{Name: "prune", Usage: "with --fix: also take out of a Yarn 1 lock what nobody asks for"},
			&cli.StringFlag{Name: "lockfile", Usage: "check the lock `FILE` alone, without a portal around it", TakesFile: true},
			&cli.BoolFlag{Name: "online", Usage: "ask the versions host and the registry for what is not cached"},
			&cli.StringFlag{Name: "baseline", Usage: "findings in `FILE` do not count", DefaultText: baselineFile + ", if there is one", TakesFile: true},
			&cli.BoolFlag{Name: "update-baseline", Usage: "write what is found to the baseline; from then on only new findings count"},
			formatFlag("table", "json", "sarif", "markdown", "github"),
			outputsFlag(),
			directoryFlag(),
		},
		Action: func(c *cli.Context) error { return runCheck(c.Context, c, e) },
	}
}

func strategies() string {
	var names []string
	for _, s := range dedupe.Strategies() {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

// checkRun is one run of check.
type checkRun struct {
	c    *cli.Context
	e    env
	outs outputs
	opts check.Options

	co   *checkout // nil for a bare lock
	file string    // the bare lock
	in   check.Input
	// baseline is where the baseline is, or will be.
	baseline string
}

func runCheck(ctx context.Context, c *cli.Context, e env) error {
	r := &checkRun{c: c, e: e}
	if err := r.flags(); err != nil {
		return err
	}
	if err := r.open(ctx); err != nil {
		return err
	}
	if r.fixes() {
		return r.fix(ctx)
	}
	report, err := check.NewReport(r.in, r.opts)
	if err != nil {
		return err
	}
	if c.Bool("update-baseline") {
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

func (r *checkRun) fixes() bool { return r.c.Bool("fix") || r.c.Bool("fix-manifests") }

func (r *checkRun) flags() error {
	c := r.c
	if err := noArgs(c); err != nil {
		return err
	}
	var err error
	if r.outs, err = outputsOf(c, "table", "json", "sarif", "markdown", "github"); err != nil {
		return err
	}
	strategy, err := oneOf(c, "strategy", strings.Split(strategies(), ", ")...)
	if err != nil {
		return err
	}
	r.opts.Strategy = dedupe.Strategy(strategy)
	r.opts.Scope, r.opts.All, r.opts.Prune = c.StringSlice("scope"), c.Bool("all"), c.Bool("prune")
	same := []string{"lockfile", "all", "scope", "directory"}
	if r.opts.Strategy == dedupe.Highest {
		same = append(same, "strategy")
	}
	r.opts.Command, r.opts.At = commandLine(c, "portalctl check", same...), commandLine(c, "", "directory")
	for _, flag := range []string{"dry-run", "fail-on-change", "prune"} {
		if c.Bool(flag) && !r.fixes() {
			return usagef("--%s only makes sense with --fix", flag).WithNext("Add --fix, or leave out --%s", flag)
		}
	}
	if c.Bool("diff") && !c.Bool("dry-run") {
		return usagef("--diff only makes sense with --dry-run").WithNext("Add --dry-run, or leave out --diff")
	}
	for _, pair := range [][2]string{
		{"diff", "format"}, {"all", "scope"}, {"fix", "update-baseline"}, {"fix-manifests", "update-baseline"},
		{"lockfile", "directory"}, {"lockfile", "online"}, {"lockfile", "fix-manifests"}, {"lockfile", "prune"},
	} {
		if c.IsSet(pair[0]) && c.IsSet(pair[1]) {
			return usagef("--%s and --%s exclude each other", pair[0], pair[1]).WithNext("Leave one of them out")
		}
	}
	if c.Bool("diff") && (len(r.outs) > 1 || r.outs[0].form != "table") {
		return usagef("--diff has no form: it goes to stdout, or to the one file that --output names").WithNext("Write --output FILE, or leave out --diff")
	}
	return validGlobs(r.opts.Scope)
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
	fixed, err := check.Fix(r.in, r.opts, r.c.Bool("fix-manifests"))
	if err != nil {
		return err
	}
	dry := r.c.Bool("dry-run")
	if !dry {
		if err := r.commit(ctx, fixed); err != nil {
			return err
		}
	}
	report, err := check.NewReport(fixed.After, r.opts)
	if err != nil {
		return err
	}
	report.Notes = append(report.Notes, fixed.Notes(!dry)...)
	report.Extra = append(report.Extra, fixed.JSON(!dry))
	if r.c.Bool("diff") {
		err = r.diff(fixed)
		if report.Failed() { // the diff, which may be empty, does not say why the exit code is 1
			fmt.Fprintf(r.e.Err, "portalctl: left after this: %s; without --diff they are listed\n", report.Sentence())
		}
	} else {
		err = r.write(report)
	}
	if err != nil {
		return err
	}
	if report.Failed() || r.c.Bool("fail-on-change") && !fixed.Empty() {
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
	if err := txn.WriteFile(r.baseline, r.opts.Baseline.Bytes(), 0o644); err != nil {
		return nil, err
	}
	return check.NewReport(r.in, r.opts)
}
