package main

import (
	_ "embed"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

var (
	//go:embed completion/portalctl.bash
	bashCompletion string
	//go:embed completion/portalctl.zsh
	zshCompletion string
	//go:embed completion/portalctl.fish
	fishCompletion string
)

func completionCommand(e env) *cli.Command {
	shell := func(name, install, script string) *cli.Command {
		return &cli.Command{
			Name:        name,
			Usage:       "print the completion script for " + name,
			Description: install,
			Action: func(c *cli.Context) error {
				if err := noArgs(c); err != nil {
					return err
				}
				_, err := io.WriteString(e.Out, script)
				return err
			},
		}
	}
	return &cli.Command{
		Name:  "completion",
		Usage: "print a completion script for your shell",
		Subcommands: []*cli.Command{
			shell("bash", "Add to ~/.bashrc:  source <(portalctl completion bash)", bashCompletion),
			shell("zsh", "Add to ~/.zshrc, after compinit:  source <(portalctl completion zsh)", zshCompletion),
			shell("fish", "Run:  portalctl completion fish > ~/.config/fish/completions/portalctl.fish", fishCompletion),
			completeCommand(e),
		},
	}
}

func manCommand(e env) *cli.Command {
	return &cli.Command{
		Name:        "man",
		Usage:       "print the manual page",
		Description: "Read it with:  portalctl man | man -l -",
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			describe(c.App.Commands)
			page, err := c.App.ToManWithSection(1)
			if err != nil {
				return fmt.Errorf("the manual page: %w", err)
			}
			_, err = io.WriteString(e.Out, page)
			return err
		},
	}
}

// describe gives each command's first line its arguments and its description,
// exit codes included: the page that cli writes leaves both out. The page is made
// from Markdown, which takes a < for HTML.
func describe(list []*cli.Command) {
	for _, c := range list {
		if c.ArgsUsage != "" {
			c.Usage += "\n\nArguments: " + c.ArgsUsage
		}
		if c.Description != "" {
			c.Usage += "\n\n" + c.Description
		}
		c.Usage = strings.ReplaceAll(c.Usage, "<", `\<`)
		describe(c.Subcommands)
	}
}
