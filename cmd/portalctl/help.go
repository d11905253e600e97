package main

import "github.com/urfave/cli/v2"

// helpCommand is help as a word: portalctl help versions bump. Below a group of
// commands it is not listed, where it would stand between them.
func helpCommand(e env, above ...string) *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "show the help of a command",
		ArgsUsage: "[COMMAND...]",
		Hidden:    len(above) > 0,
		Action: func(c *cli.Context) error {
			args := append([]string{"portalctl"}, above...)
			for _, word := range c.Args().Slice() {
				if word == "help" {
					return usagef("there is no help about help").WithNext("See portalctl --help")
				}
				args = append(args, word)
			}
			return newApp(e).RunContext(c.Context, append(args, "--help"))
		},
	}
}
