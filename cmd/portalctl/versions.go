package main

import "github.com/urfave/cli/v2"

func versionsCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "versions",
		Usage: "move the portal from release to release",
		Subcommands: []*cli.Command{
			bumpCommand(e),
			changesCommand(e),
			lockCommand(e),
			templateCommand(e),
			statusCommand(e),
		},
	}
}
