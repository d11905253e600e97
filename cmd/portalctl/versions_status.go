package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
)

func statusCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "show how far the portal is behind, and which packages are off its release",
		Description: "With --history: when the branch reached which release, at what pace, and what piles up in the releases\n" +
			"not yet taken. Reads git's history and the registry; changes nothing.\n\n" +
			"Exit codes: 0 on time; 1 more than --max-behind main releases behind; 2 could not run.",
		Flags: append([]cli.Flag{
			&cli.IntFlag{Name: "max-behind", Value: -1, Usage: "exit 1 when more than `N` main releases behind", DefaultText: "no limit"},
			&cli.BoolFlag{Name: "history", Usage: "show the branch's way through the releases, and the cost of waiting"},
			&cli.StringFlag{Name: "since", Usage: "with --history: begin at `DATE|REF`, a day such as 2026-01-31 or a commit", DefaultText: "the first commit"},
			offlineFlag(),
		}, reportFlags(pageForms()...)...),
		Action: actionOf(e, statusOptionsOf, runStatus),
	}
}

// statusOptions are what the command line of versions status says.
type statusOptions struct {
	target
	maxBehind int // -1 is no limit
	offline   bool
	history   bool
	since     string
	at        string // names the portal on a command line
	// bump shows what would bring the portal up to date.
	bump string
}

func statusOptionsOf(c *cli.Context, _ env) (o statusOptions, err error) {
	if o.target, err = targetOf(c, pageForms()...); err != nil {
		return o, err
	}
	o.maxBehind, o.offline = c.Int("max-behind"), c.Bool("offline")
	if c.IsSet("max-behind") && o.maxBehind < 0 {
		return o, usagef("--max-behind %d is negative", o.maxBehind).WithNext("Give the number of main releases that may lie between")
	}
	o.history, o.since = c.Bool("history"), c.String("since")
	switch {
	case c.IsSet("since") && !o.history:
		return o, onlyWith("since", "history")
	case c.IsSet("since") && o.since == "":
		return o, usagef("--since is empty").WithNext("Write a day as 2026-01-31, or name a commit")
	}
	o.at = commandLine(c, "", "directory")
	o.bump = commandLine(c, "portalctl versions bump --dry-run", "directory", "offline")
	return o, nil
}

func runStatus(ctx context.Context, o statusOptions, e env) error {
	co, err := openPortal(ctx, o.target, e)
	if err != nil {
		return err
	}
	releases, err := co.releases(e, o.offline)
	if err != nil {
		return err
	}
	status, err := bump.NewStatus(ctx, bump.Input{Project: co.project, Settings: co.settings, Lock: co.lock, Releases: releases})
	if err != nil {
		return err
	}
	if o.history {
		err = o.historyOf(ctx, e, co, releases, status)
	} else {
		err = guide(status, o.next(co, status)).write(o.target, e, co.project.Root)
	}
	if err != nil {
		return err
	}
	if most := o.maxBehind; most >= 0 && status.Behind > most {
		fmt.Fprintf(e.Err, "%s behind, at most %d allowed\n", english.Count(status.Behind, "main release"), most)
		fmt.Fprintf(e.Err, "%s %s\n", e.ErrStyle().Bold("next:"), o.bump)
		return errFindings
	}
	return nil
}

// next is what would bring the portal up to date.
func (o statusOptions) next(co *checkout, status *bump.Status) []string {
	switch {
	case status.Behind == 0:
		return nil
	case co.project.BackstageErr != nil:
		// A bump edits that file, so that it comes first.
		return []string{fault.NextOf(co.project.BackstageErr)}
	}
	return []string{o.bump}
}
