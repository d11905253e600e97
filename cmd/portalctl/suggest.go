package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

func flagNames(flags []cli.Flag) []string {
	var out []string
	for _, f := range flags {
		for _, name := range f.Names() {
			if len(name) > 1 {
				out = append(out, name)
			}
		}
	}
	return out
}

func commandNames(commands []*cli.Command) []string {
	var out []string
	for _, c := range commands {
		if !c.Hidden {
			out = append(out, c.Name)
		}
	}
	return out
}

// deeper is the command one level further down that has the name: bump, or
// versions:bump as backstage-cli writes it, for versions bump.
func deeper(commands []*cli.Command, name string) string {
	name = strings.ReplaceAll(name, ":", " ")
	for _, c := range commands {
		for _, sub := range c.Subcommands {
			if path := c.Name + " " + sub.Name; !sub.Hidden && (name == sub.Name || name == path) {
				return path
			}
		}
	}
	return ""
}
