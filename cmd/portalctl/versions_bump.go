package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/txn"
)

func bumpCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "bump",
		Usage: "move every @backstage package to one release, lockfile included",
		Description: "Shows what moves from which version to which, then asks, then changes exactly that.\n" +
			"Without a terminal to ask on, give --yes, or --dry-run to look only.\n\n" +
			"Exit codes: 0 applied, or nothing to do; 1 changes are pending (--dry-run --exit-code);\n" +
			"2 could not run or refused; 130 interrupted.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "release", Aliases: []string{"r"}, Usage: "`RELEASE` to move to: main, next or a version such as 1.53.0",
				DefaultText: "main; with patterns that leave @backstage out, the portal's own"},
			&cli.StringSliceFlag{Name: "pattern", Aliases: []string{"p"}, Usage: "move the packages that match `GLOB`; may be repeated",
				DefaultText: bump.DefaultPattern},
			dryRunFlag(),
			&cli.BoolFlag{Name: "diff", Usage: "with --dry-run: print a unified diff of every file instead of the report"},
			&cli.BoolFlag{Name: "exit-code", Usage: "with --dry-run: exit 1 when there is something to do"},
			yesFlag(),
			&cli.StringFlag{Name: "lockfile", Value: "yarn", Usage: "how yarn.lock follows: yarn (the repo's own) or skip"},
			&cli.BoolFlag{Name: "allow-downgrade", Usage: "also move down what is ahead of the release"},
			&cli.BoolFlag{Name: "drop-stale-patches", Usage: "remove resolutions that the bump leaves without effect"},
			formatFlag("table", "json", "markdown"),
			outputFlag(),
			directoryFlag(),
		},
		Action: func(c *cli.Context) error { return runBump(c.Context, c, e) },
	}
}

// bumpRun is one run of versions bump.
type bumpRun struct {
	c      *cli.Context
	e      env
	co     *checkout
	plan   *bump.Plan
	format string
	// writer brings yarn.lock in line; nil leaves it.
	writer lockWriter
}

func runBump(ctx context.Context, c *cli.Context, e env) error {
	r := &bumpRun{c: c, e: e}
	if err := r.flags(); err != nil {
		return err
	}
	var err error
	if r.co, err = openPortal(ctx, c, e); err != nil {
		return err
	}
	if r.plan, err = r.makePlan(ctx); err != nil {
		return err
	}
	switch {
	case c.Bool("dry-run"):
		if err := r.report(r.again("--yes")); err != nil {
			return err
		}
		if c.Bool("exit-code") && !r.plan.Empty() {
			return errFindings
		}
		return nil
	case r.plan.Empty():
		return r.report(nil)
	case c.Bool("yes"):
		if err := r.apply(ctx); err != nil {
			return err
		}
		return r.report(r.after())
	default:
		return r.ask(ctx)
	}
}

func (r *bumpRun) flags() error {
	if err := noArgs(r.c); err != nil {
		return err
	}
	var err error
	if r.format, err = oneOf(r.c, "format", "table", "json", "markdown"); err != nil {
		return err
	}
	if _, err := oneOf(r.c, "lockfile", "yarn", "skip"); err != nil {
		return err
	}
	for _, flag := range []string{"diff", "exit-code"} {
		if r.c.Bool(flag) && !r.c.Bool("dry-run") {
			return usagef("--%s only makes sense with --dry-run", flag).WithNext("Add --dry-run, or leave out --%s", flag)
		}
	}
	if r.c.Bool("diff") && r.c.IsSet("format") {
		return usagef("--diff and --format exclude each other").WithNext("Leave one of them out")
	}
	if r.c.Bool("dry-run") && r.c.Bool("yes") {
		return usagef("--dry-run and --yes exclude each other").WithNext("Leave one of them out")
	}
	return nil
}

func (r *bumpRun) makePlan(ctx context.Context) (*bump.Plan, error) {
	releases, err := r.co.releases(r.e)
	if err != nil {
		return nil, err
	}
	reg, err := r.co.registry(r.e)
	if err != nil {
		return nil, err
	}
	progress := r.e.Progress("Asking the registry", -1)
	defer progress.Done()
	plan, err := bump.NewPlan(ctx, bump.Input{
		Project: r.co.project, Settings: r.co.settings, Lock: r.co.lock, Releases: releases, Registry: reg,
	}, bump.Options{
		Release:          r.c.String("release"),
		Patterns:         r.c.StringSlice("pattern"),
		AllowDowngrade:   r.c.Bool("allow-downgrade"),
		DropStalePatches: r.c.Bool("drop-stale-patches"),
		Lockfile:         r.c.String("lockfile"),
		Strict:           r.e.get(release.ManifestFileEnv) != "",
		Progress:         progress.Set,
	})
	if err != nil {
		return nil, err
	}
	if plan.Lockfile.State != "pending" {
		return plan, nil
	}
	plan.Lockfile.Yarn = "the repo's own Yarn"
	// A dry run must not need a Yarn that it does not run.
	if !r.c.Bool("dry-run") {
		if r.writer, err = r.newLockWriter(ctx, releases); err != nil {
			return nil, err
		}
		if r.writer != nil {
			plan.Lockfile.Yarn = r.writer.String()
		}
	}
	return plan, nil
}

// ask shows the plan and applies it if a person says so.
func (r *bumpRun) ask(ctx context.Context) error {
	if !r.e.Interactive() {
		if err := r.report(r.again("--yes")); err != nil {
			return err
		}
		return fault.New("nothing was written: there is no terminal to ask on").
			WithNext("Add --yes to apply the plan, or --dry-run to only look at it")
	}
	if err := r.report(nil); err != nil {
		return err
	}
	fmt.Fprintln(r.e.Err)
	yes, err := r.e.Confirm(ctx, fmt.Sprintf("Apply %s in %s?", plural(len(r.plan.Changes), "edit"), plural(len(r.plan.Files()), "file")))
	if err != nil {
		return err
	}
	if !yes {
		return fault.New("nothing was written").WithNext("Run the command again when you are ready")
	}
	if err := r.apply(ctx); err != nil {
		return err
	}
	fmt.Fprintf(r.e.Err, "\n%s\nyarn.lock: %s\n", r.e.ErrStyle().Good("Applied."), r.plan.Lockfile.State)
	for _, n := range r.after() {
		fmt.Fprintln(r.e.Err, "  "+n)
	}
	return nil
}

// apply computes the lockfile and commits it with all other files in one
// transaction: either all of them change or none.
func (r *bumpRun) apply(ctx context.Context) error {
	edits := r.plan.Edits()
	if r.writer != nil {
		progress := r.e.Progress("Bringing yarn.lock in line ("+r.writer.String()+")", -1)
		lock, err := r.writer.UpdateLock(ctx, r.plan)
		progress.Done()
		if err != nil {
			return err
		}
		edits = append(edits, txn.Edit{Path: r.co.lockPath(), Old: r.co.lockText, New: lock})
	}
	if err := txn.Commit(ctx, r.co.project.Root, edits); err != nil {
		return err
	}
	if r.writer != nil {
		r.plan.Lockfile.State = "written"
	}
	return nil
}

func (r *bumpRun) report(next []string) error {
	return writeReport(r.c, r.e, func(w io.Writer) error {
		switch {
		case r.c.Bool("diff"):
			return writeDiff(w, r.plan.Files())
		case r.format == "json":
			return report.JSON(w, r.plan)
		case r.format == "markdown":
			return r.plan.WriteMarkdown(w, next)
		default:
			return r.plan.WriteTable(w, r.e.OutStyle(), next)
		}
	})
}

// writeDiff writes what git apply can read.
func writeDiff(w io.Writer, files []bump.File) error {
	for _, f := range files {
		from := "a/" + f.Rel
		if f.Old == nil {
			from = "/dev/null"
		}
		if _, err := io.WriteString(w, udiff.Unified(from, "b/"+f.Rel, string(f.Old), string(f.New))); err != nil {
			return err
		}
	}
	return nil
}

// again is the command line that does what this one showed.
func (r *bumpRun) again(extra string) []string {
	if r.plan.Empty() {
		return nil
	}
	args := []string{"portalctl versions bump"}
	for _, f := range []string{"release", "pattern", "lockfile", "allow-downgrade", "drop-stale-patches", "directory"} {
		if !r.c.IsSet(f) {
			continue
		}
		switch f {
		case "pattern":
			for _, p := range r.c.StringSlice(f) {
				args = append(args, "--pattern '"+p+"'")
			}
		case "allow-downgrade", "drop-stale-patches":
			args = append(args, "--"+f)
		case "directory":
			args = append(args, "-C "+r.c.String(f))
		default:
			args = append(args, "--"+f+" "+r.c.String(f))
		}
	}
	return []string{strings.Join(append(args, extra), " ")}
}

// after is what to do once the plan is applied.
func (r *bumpRun) after() []string {
	next := []string{"yarn install", "yarn tsc"}
	for _, n := range r.plan.Notes {
		if n.Kind == bump.Moved {
			next = append(next, "yarn backstage-cli versions:migrate   (renames the moved packages, imports included)")
			break
		}
	}
	if u := r.plan.HelperURL(); u != "" {
		next = append(next, "review the template changes: "+u)
	}
	return next
}
