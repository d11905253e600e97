package main

import (
	"context"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/bump"
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
		Action: func(c *cli.Context) error { return runStatus(c.Context, c, e) },
	}
}

func runStatus(ctx context.Context, c *cli.Context, e env) error {
	if err := noArgs(c); err != nil {
		return err
	}
	format, err := oneOf(c, "format", "table", "json", "markdown")
	if err != nil {
		return err
	}
	if c.IsSet("max-behind") && c.Int("max-behind") < 0 {
		return usagef("--max-behind %d is negative", c.Int("max-behind")).WithNext("Give the number of main releases that may lie between")
	}
	co, err := openPortal(ctx, c, e)
	if err != nil {
		return err
	}
	releases, err := co.releases(e, c.Bool("offline"))
	if err != nil {
		return err
	}
	status, err := bump.NewStatus(ctx, bump.Input{Project: co.project, Settings: co.settings, Lock: co.lock, Releases: releases})
	if err != nil {
		return err
	}
	err = writeReport(c, e, func(w io.Writer) error {
		switch format {
		case "json":
			return report.JSON(w, status)
		case "markdown":
			return status.WriteMarkdown(w)
		default:
			return status.WriteTable(w, e.OutStyle())
		}
	})
	if err != nil {
		return err
	}
	if most := c.Int("max-behind"); most >= 0 && status.Behind > most {
		fmt.Fprintf(e.Err, "%s behind, at most %d allowed\n", plural(status.Behind, "main release"), most)
		fmt.Fprintf(e.Err, "%s %s\n", e.ErrStyle().Bold("next:"), commandLine(c, "portalctl versions bump --dry-run", "directory", "offline"))
		return errFindings
	}
	return nil
}
