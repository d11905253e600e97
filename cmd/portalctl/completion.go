package main

import (
	_ "embed"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"
)

var (
	//go:embed completion/portalctl.bash
	bashCompletion string
	//go:embed completion/portalctl.zsh
	zshCompletion string
)

func completionCommand(e env) *cli.Command {
	shell := func(name, install string, script func(*cli.Context) (string, error)) *cli.Command {
		return &cli.Command{
			Name:        name,
			Usage:       "print the completion script for " + name,
			Description: install,
			Action: func(c *cli.Context) error {
				if err := noArgs(c); err != nil {
					return err
				}
				text, err := script(c)
				if err != nil {
					return err
				}
				_, err = io.WriteString(e.Out, text)
				return err
			},
		}
	}
	fixed := func(text string) func(*cli.Context) (string, error) {
		return func(*cli.Context) (string, error) { return text, nil }
	}
	return &cli.Command{
		Name:  "completion",
		Usage: "print a completion script for your shell",
		Subcommands: []*cli.Command{
			shell("bash", "Add to ~/.bashrc:  source <(portalctl completion bash)", fixed(bashCompletion)),
			shell("zsh", "Add to ~/.zshrc, after compinit:  source <(portalctl completion zsh)", fixed(zshCompletion)),
			shell("fish", "Run:  portalctl completion fish > ~/.config/fish/completions/portalctl.fish",
				func(c *cli.Context) (string, error) { return c.App.ToFishCompletion() }),
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

// describe gives each command's first line its description, exit codes
// included: the page that cli writes leaves descriptions out.
func describe(list []*cli.Command) {
	for _, c := range list {
		if c.Description != "" {
			c.Usage += "\n\n" + c.Description
		}
		describe(c.Subcommands)
	}
}
