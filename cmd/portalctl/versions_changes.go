package main

import (
	"cmp"
	"context"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/bump/changes"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/htmlreport"
	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/ui"
)

func changesCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "changes",
		Usage: "say what an upgrade breaks in this portal's own code",
		Description: "Compares the versions that yarn.lock has with those that versions bump would lock, reads the\n" +
			"changelogs and type declarations in between, and shows what names code, configuration or\n" +
			"dependencies of this portal. Changes nothing, and runs nothing of the repository.\n\n" +
			"Exit codes: 0 the report is complete as far as it says; 2 could not run; 130 interrupted.",
		Flags: append([]cli.Flag{
			choiceOf(&cli.StringFlag{Name: "release", Aliases: []string{"r"}, Usage: "`RELEASE` to compare with: main, next or a version such as 1.53.0",
				DefaultText: "main"}, "main", "next"),
			&cli.StringSliceFlag{Name: "pattern", Aliases: []string{"p"}, Usage: "look at the packages that match `GLOB`; may be repeated",
				DefaultText: bump.DefaultPattern},
			&cli.StringFlag{Name: "from-ref", Usage: "take source and versions from the commit `REF` instead of the work tree"},
			&cli.StringFlag{Name: "to-ref", Usage: "compare with the lock of the commit `REF` instead of a release"},
			&cli.BoolFlag{Name: "all", Usage: "print everything: every entry in full, every place, every package in use"},
			offlineFlag(),
		}, reportsFlags(pageForms()...)...),
		Action: actionOf(e, changesOptionsOf, runChanges),
	}
}

// changesOptions are what the command line of versions changes says.
type changesOptions struct {
	target
	sides
	patterns     []string
	all, offline bool
	// again is this command with --all, bump the one that makes the upgrade.
	again, bump string
	// forecast is how to see which database migrations come with it.
	forecast string
}

func changesOptionsOf(c *cli.Context, _ env) (o changesOptions, err error) {
	if o.target, err = targetsOf(c, pageForms()...); err != nil {
		return o, err
	}
	if o.sides, err = sidesOf(c); err != nil {
		return o, err
	}
	o.patterns = c.StringSlice("pattern")
	o.all, o.offline = c.Bool("all"), c.Bool("offline")
	flags := []string{"release", "pattern", "from-ref", "to-ref", "offline", "directory"}
	o.again = commandLine(c, "portalctl versions changes", flags...) + " --all"
	o.forecast = commandLine(c, "portalctl snapshot forecast", "release", "from-ref", "directory")
	o.bump = commandLine(c, "portalctl versions bump --dry-run", "release", "pattern", "directory")
	return o, nil
}

func runChanges(ctx context.Context, o changesOptions, e env) error {
	co, err := openYarnPortal(ctx, o.target, false, e)
	if err != nil {
		return err
	}
	releases, reg, err := co.sources(e, o.offline)
	if err != nil {
		return err
	}
	from, err := co.atRef(o.fromRef, e)
	if err != nil {
		return err
	}
	in, err := changesInput(ctx, o, e, from, releases, reg)
	if err != nil {
		return err
	}
	if o.toRef != "" {
		to, err := co.lockedAt(o.toRef, e)
		if err != nil {
			return err
		}
		if err := compareWith(ctx, &in, o, to, releases); err != nil {
			return err
		}
	}
	if in.Facts, err = co.facts(e, reg); err != nil {
		return err
	}
	progress := e.Progress("Reading what is published", -1)
	in.Progress = progress.Set
	r, err := changes.New(ctx, in)
	progress.Done()
	if from.commit != nil {
		err = cmp.Or(from.commit.Err(), err)
	}
	if err != nil {
		return err
	}
	if o.all {
		r.All()
	}
	next := func() (list []string) {
		if o.toRef != "" || r.Counts.Packages == 0 {
			return nil
		}
		if line := from.forecastLine(ctx, e, o.forecast, in.Release, in.To, in.Manifest); line != "" {
			list = append(list, line)
		}
		return append(list, o.bump)
	}
	return reportForms{json: r, markdown: r.WriteMarkdown, page: func() *htmlreport.Page { return r.Page(next()) },
		table: func(w io.Writer, st ui.Style) error { return r.WriteTable(w, st, o.all, o.again, next()) }}.write(o.target, e, co.project.Root)
}

// changesInput is the portal as it is, and what a bump to the release would lock.
func changesInput(ctx context.Context, o changesOptions, e env, from *checkout, releases *release.Source, reg *registry.Client) (in changes.Input, err error) {
	in = from.changes(releases, reg)
	if err := from.installed(); err != nil {
		return in, err
	}
	if o.toRef != "" {
		return in, nil
	}
	plan, err := from.planned(ctx, e, releases, reg, o.release, o.patterns...)
	if err != nil {
		return in, err
	}
	setTarget(&in, plan)
	return in, nil
}

// changes asks what an upgrade from here breaks; whereto is the caller's.
func (co *checkout) changes(releases *release.Source, reg *registry.Client) changes.Input {
	return changes.Input{From: changes.Side{Project: co.project, Settings: co.settings, Lock: co.lock},
		Standing: releases.Standing(co.lock, co.project.Declared()),
		Files:    co.project.Files(), Registry: reg}
}

// setTarget makes what a plan leads to the target.
func setTarget(in *changes.Input, plan *bump.Plan) {
	in.To, in.Release, in.Manifest = plan.Targets(), plan.To, plan.Release()
}

// compareWith makes what another commit has locked the target.
func compareWith(ctx context.Context, in *changes.Input, o changesOptions, to *checkout, releases *release.Source) error {
	stand := releases.Standing(to.lock, to.project.Declared())
	in.Release, in.Locked = stand.Release, &changes.Side{Project: to.project, Settings: to.settings, Lock: to.lock}
	in.To = bump.LockedAt(to.project, to.settings, to.lock, o.patterns)
	if stand.Release == "" {
		return fault.New("nothing tells which release the commit %s is on", o.toRef).WithNext("Leave --to-ref out, and name a --release")
	}
	m, err := releases.Get(ctx, stand.Release)
	if err != nil {
		return err
	}
	in.Manifest = m.Packages
	return nil
}

// facts answers for what published versions say of themselves.
func (co *checkout) facts(e env, reg *registry.Client) (*published.Reader, error) {
	cache, err := co.registryCache(e, "published")
	return &published.Reader{Registry: reg, CacheDir: cache}, err
}
