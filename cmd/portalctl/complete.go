package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// completeCommand answers the completion scripts, one candidate a line, with
// what it is for after a tab. All shells ask it, so that they all know the same:
// commands, flags and the values of flags.
func completeCommand(e env) *cli.Command {
	return &cli.Command{
		Name:            "complete",
		Usage:           "print what can come next on a command line",
		ArgsUsage:       "WORD...",
		Description:     "The completion scripts ask this. The last WORD, which may be empty, is the one to complete.",
		Hidden:          true,
		SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			words := c.Args().Slice()
			if len(words) > 0 && words[0] == "--" {
				words = words[1:]
			}
			var b strings.Builder
			for _, a := range candidates(newApp(e), words) {
				fmt.Fprintf(&b, "%s\t%s\n", a[0], a[1])
			}
			_, err := io.WriteString(e.Out, b.String())
			return err
		},
	}
}

// candidates are what may stand in place of the last of words, each with what it
// is for. None means a file.
func candidates(app *cli.App, words []string) [][2]string {
	if len(words) == 0 {
		return nil
	}
	commands, flags := app.Commands, app.Flags
	typed, last := words[:len(words)-1], words[len(words)-1]
	var waiting cli.Flag // the flag whose value comes next
	for _, word := range typed {
		switch name := strings.TrimLeft(word, "-"); {
		case waiting != nil:
			waiting = nil
		case name != word && !strings.Contains(word, "="):
			if waiting = flagNamed(flags, name); waiting != nil && !takesValue(waiting) {
				waiting = nil
			}
		case name == word:
			if command := commandNamed(commands, word); command != nil && word != "help" {
				commands, flags = command.Subcommands, command.Flags
			}
		}
	}
	var out [][2]string
	add := func(name, what string) {
		if strings.HasPrefix(name, last) {
			what, _, _ = strings.Cut(what, "\n")
			out = append(out, [2]string{name, what})
		}
	}
	name, _, joined := strings.Cut(last, "=")
	switch {
	case waiting != nil:
		for _, word := range valuesOf(waiting) {
			add(word, "")
		}
	case joined && strings.HasPrefix(name, "--"):
		if f := flagNamed(flags, name[2:]); f != nil {
			for _, word := range valuesOf(f) {
				add(name+"="+word, "")
			}
		}
	case strings.HasPrefix(last, "-"):
		for _, f := range flags {
			what := ""
			if doc, ok := f.(cli.DocGenerationFlag); ok {
				what = strings.ReplaceAll(doc.GetUsage(), "`", "")
			}
			add("--"+f.Names()[0], what)
		}
		if flagNamed(flags, "help") == nil {
			add("--help", "show help")
		}
	default:
		for _, c := range commands {
			if !c.Hidden {
				add(c.Name, c.Usage)
			}
		}
	}
	return out
}

func flagNamed(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func takesValue(f cli.Flag) bool {
	doc, ok := f.(cli.DocGenerationFlag)
	return ok && doc.TakesValue()
}

// valuesOf are the words that a flag is known to take.
func valuesOf(f cli.Flag) []string {
	if c, ok := f.(*choice); ok {
		return c.words
	}
	return nil
}
