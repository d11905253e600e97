package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// The flags that several commands share, so that they read the same everywhere.

func directoryFlag() cli.Flag {
	return &cli.StringFlag{Name: "directory", Aliases: []string{"C"}, Value: ".",
		Usage: "work on the portal in `DIR`", TakesFile: true}
}

func outputFlag() cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"},
		Usage: "write the report to `FILE` instead of stdout", TakesFile: true}
}

func formatFlag(formats ...string) cli.Flag {
	return &cli.StringFlag{Name: "format", Value: formats[0],
		Usage: "the report's `FORM`: " + strings.Join(formats, ", ")}
}

func dryRunFlag() cli.Flag {
	return &cli.BoolFlag{Name: "dry-run", Aliases: []string{"n"}, Usage: "show the plan and write nothing"}
}

func yesFlag() cli.Flag {
	return &cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "apply without asking"}
}

// oneOf checks a flag that takes one of a few words.
func oneOf(c *cli.Context, flag string, words ...string) (string, error) {
	got := c.String(flag)
	if slices.Contains(words, got) {
		return got, nil
	}
	return "", usagef("--%s %q is not known", flag, got).WithNext("Use one of: %s", strings.Join(words, ", "))
}
