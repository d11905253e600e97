package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/setup"
	"github.com/portalctl/portalctl/internal/txn"
)

func initCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "init",
		Usage: "write into the repository what lets the upgrade happen every month",
		Description: "Looks at the repository, and plans the files that it lacks: workflows of its CI, .portalctl.yaml and a\n" +
			"baseline, owners of plugins, lines that keep copies of databases out, settings of Renovate and Dependabot,\n" +
			"the page of the month. What is there already is never replaced: lines are added to it, or it is left\n" +
			"alone and named. Shows the plan, then asks, then writes exactly that.\n\n" +
			"Exit codes: 0 applied, or nothing to do; 1 something is missing or has drifted (--check), or changes are\n" +
			"pending (--dry-run --exit-code); 2 could not run or refused; 130 interrupted, or answered with no.",
		Flags: slices.Concat([]cli.Flag{
			&cli.BoolFlag{Name: "check", Usage: "write nothing; exit 1 when something is missing, or is not as this portalctl writes it"},
			&cli.BoolFlag{Name: "update", Usage: "also write anew what an earlier init has written, unless somebody has edited it since"},
			choiceOf(&cli.StringFlag{Name: "platform", Usage: "the repository's CI is that of the `PLATFORM` github or gitlab", DefaultText: "what the repository shows"},
				string(setup.GitHub), string(setup.GitLab)),
			&cli.StringSliceFlag{Name: "only", Usage: "look at files of the `KIND` " + setup.KindNames() + "; may be repeated"},
			&cli.BoolFlag{Name: "diff", Usage: "with --dry-run: print a unified diff of every file instead of the report"},
			offlineFlag(),
		}, reportFlags("table", "json", "markdown"), consentFlags()),
		Action: actionOf(e, initOptionsOf, runInit),
	}
}

// initOptions are what the command line of init says.
type initOptions struct {
	target
	consent
	setup.Options
	platform             setup.Platform
	check, diff, offline bool
	// again is this command with what decides the plan.
	again, at string
}

func initOptionsOf(c *cli.Context, _ env) (o initOptions, err error) {
	if o.target, err = targetOf(c, "table", "json", "markdown"); err != nil {
		return o, err
	}
	if o.consent, err = consentOf(c); err != nil {
		return o, err
	}
	if c.IsSet("platform") {
		name, err := oneOf(c, "platform", string(setup.GitHub), string(setup.GitLab))
		if err != nil {
			return o, err
		}
		o.platform = setup.Platform(name)
	}
	for _, name := range c.StringSlice("only") {
		if !slices.Contains(setup.Kinds(), setup.Kind(name)) {
			return o, usagef("--only %q is no kind of file", name).WithNext("Use one of: %s", setup.KindNames())
		}
		o.Only = append(o.Only, setup.Kind(name))
	}
	o.check, o.Update, o.offline = c.Bool("check"), c.Bool("update"), c.Bool("offline")
	for _, flag := range []string{"yes", "update", "dry-run"} {
		if o.check && c.Bool(flag) {
			return o, exclusive("check", flag)
		}
	}
	if o.diff, err = diffOf(c, o.consent); err != nil {
		return o, err
	}
	if o.diff {
		o.form = "diff"
	}
	o.again = commandLine(c, "portalctl init", "update", "platform", "only", "offline", "directory")
	o.at = commandLine(c, "", "directory")
	return o, nil
}

// initRun is one run of init.
type initRun struct {
	initOptions
	e    env
	top  string // the repository, below which everything is written
	plan *setup.Plan
}

func runInit(ctx context.Context, o initOptions, e env) error {
	r := &initRun{initOptions: o, e: e}
	facts, err := r.facts(ctx)
	if err != nil {
		return err
	}
	if r.plan, err = setup.New(facts, r.Options); err != nil {
		return err
	}
	switch {
	case o.check || o.dryRun:
		if err := r.shown(r.applying()).write(o.target, e, ""); err != nil {
			return err
		}
		if o.check && !r.plan.Complete() || o.exitCode && !r.plan.Empty() {
			return errFindings
		}
		return nil
	case r.plan.Empty():
		return r.shown(r.pending()).write(o.target, e, "")
	}
	return e.carryOut(ctx, o.target, o.yes, r)
}

func (r *initRun) question() string {
	return fmt.Sprintf("Write %s?", english.Count(len(r.plan.Writes()), "file"))
}

func (r *initRun) applied() []string { return nil }

func (r *initRun) apply(ctx context.Context) error {
	return txn.Commit(r.e.withState(ctx), r.top, txn.Edits(r.top, r.plan.Writes()))
}

func (r *initRun) shown(next []string) reportForms {
	return propose(r.plan, r.plan, r.plan.Writes(), next)
}

// applying is the command line that does what this one showed.
func (r *initRun) applying() []string {
	if r.plan.Empty() {
		return r.pending()
	}
	return []string{r.again + " --yes"}
}

// pending is what to do where nothing is to be written without --update.
func (r *initRun) pending() []string {
	if !r.Update && r.plan.Has(setup.Outdated) {
		return []string{r.again + " --update"}
	}
	return nil
}

// after is what to do once the plan is applied.
func (r *initRun) after() []string {
	next := []string{"read what was written, and commit it: git diff && git status"}
	if r.plan.Has(setup.ByHand) {
		next = append(next, "add the lines that are for you to add")
	}
	if r.plan.Wrote(setup.Baseline) {
		next = append(next, "the nightly audit is to begin with what it finds today, too: portalctl audit"+r.at+" --full --update-baseline")
	}
	return append(next, "portalctl slot"+r.at+" --plan")
}
