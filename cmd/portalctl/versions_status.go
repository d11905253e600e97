package main

import (
	"context"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/report"
)

func statusCommand(e env) *cli.Command {
	return &cli.Command{
		Name:        "status",
		Usage:       "show how far the portal is behind, and which packages are off its release",
		Description: "Exit codes: 0 on time; 1 more than --max-behind main releases behind; 2 could not run.",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "max-behind", Value: -1, Usage: "exit 1 when more than `N` main releases behind", DefaultText: "no limit"},
			offlineFlag(),
			formatFlag("table", "json", "markdown"),
			outputFlag(),
			directoryFlag(),
		},
		Action: actionOf(e, statusOptionsOf, runStatus),
	}
}

// statusOptions are what the command line of versions status says.
type statusOptions struct {
	target
	maxBehind int // -1 is no limit
	offline   bool
	// bump shows what would bring the portal up to date.
	bump string
}

func statusOptionsOf(c *cli.Context, _ env) (o statusOptions, err error) {
	if o.target, err = targetOf(c, "table", "json", "markdown"); err != nil {
		return o, err
	}
	o.maxBehind, o.offline = c.Int("max-behind"), c.Bool("offline")
	if c.IsSet("max-behind") && o.maxBehind < 0 {
		return o, usagef("--max-behind %d is negative", o.maxBehind).WithNext("Give the number of main releases that may lie between")
	}
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
	err = writeReport(o.target, e, func(w io.Writer) error {
		switch o.form {
		case "json":
			return report.JSON(w, status)
		case "markdown":
			return status.WriteMarkdown(w)
		default:
			var next []string
			switch {
			case status.Behind > 0 && co.project.BackstageErr != nil:
				// A bump edits that file, so that it comes first.
				next = append(next, fault.NextOf(co.project.BackstageErr))
			case status.Behind > 0:
				next = append(next, o.bump)
			}
			return status.WriteTable(w, e.OutStyle(), next)
		}
	})
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
