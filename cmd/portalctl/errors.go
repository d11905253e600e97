package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/fault"
)

// Exit codes, the same for every command and never dependent on the format.
const (
	exitClean       = 0   // clean, or applied
	exitFindings    = 1   // findings; with --exit-code, changes that are pending
	exitRefused     = 2   // could not run, or refused
	exitInterrupted = 130 // Ctrl-C or SIGTERM, as shells number it; or the answer no
)

// errFindings ends a command that did its work and found something. The report
// has said what; there is nothing to add on stderr.
var errFindings = errors.New("findings")

// declined ends a command whose question was answered with no. That is not an error:
// nothing happened, as was wished.
type declined struct{ text string }

func (d declined) Error() string { return d.text }

// errInterrupted ends a command that the user stopped.
var errInterrupted = errors.New("interrupted")

// usageError is urfave's hook for flags that do not parse. The default prints
// help to stdout, which is for the report alone.
func usageError(c *cli.Context, err error, _ bool) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		return unknownFlag(c, name)
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return usagef("%s needs a value", dashed(name)).WithNext("See %s --help", c.Command.HelpName)
	}
	// Package flag shows one hyphen where two are typed.
	text = strings.Replace(text, " for flag -", " for -", 1)
	if value, name, ok := strings.Cut(text, " for -"); ok {
		if name, what, ok := strings.Cut(name, ": "); ok {
			return usagef("%s for %s: %s", value, dashed(name), what).WithNext("See %s --help", c.Command.HelpName)
		}
	}
	return usagef("%v", err).WithNext("See %s --help", c.Command.HelpName)
}

// unknownFlag names the flag that was probably meant, or says that flags belong
// behind the command, where git and others also take them before it.
func unknownFlag(c *cli.Context, name string) error {
	err := usagef("there is no option %s", dashed(name))
	for _, sub := range c.Command.Subcommands {
		if hasFlag(sub.Flags, name) {
			return err.WithNext("Options other than -C come after the command; see %s --help", c.Command.HelpName)
		}
	}
	next := "See " + c.Command.HelpName + " --help"
	if near := fault.Nearest(name, flagNames(c.Command.Flags)); near != "" {
		next = fmt.Sprintf("Did you mean --%s? %s", near, next)
	}
	return err.WithNext("%s", next)
}

func hasFlag(flags []cli.Flag, name string) bool {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return true
		}
	}
	return false
}

// dashed is a flag as it is typed.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

func usagef(format string, args ...any) *fault.Error { return fault.New(format, args...) }

// exitCode turns a command's error into text on stderr and an exit code. It is
// the only place that does. local makes a next step's commands work on the portal
// at hand.
func exitCode(ctx context.Context, err error, e env, local func(next string) string) int {
	var no declined
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.As(err, &no):
		fmt.Fprintf(e.Err, "portalctl: %s\n", no.text)
		return exitInterrupted
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		fmt.Fprintln(e.Err, "portalctl: interrupted, nothing was changed")
		return exitInterrupted
	case ctx.Err() != nil:
		// Something else went wrong too, perhaps after a change was made.
		fmt.Fprintln(e.Err, "portalctl: interrupted")
		printError(err, e, local)
		return exitInterrupted
	}
	printError(err, e, local)
	return exitRefused
}

func printError(err error, e env, local func(string) string) {
	style := e.ErrStyle()
	fmt.Fprintf(e.Err, "%s %s\n", style.Bad("error:"), harmless(err.Error()))
	if next := fault.NextOf(err); next != "" {
		fmt.Fprintf(e.Err, "%s %s\n", style.Bold("next:"), harmless(local(next)))
	}
}

// harmless shows the control characters of an error, which may quote what a
// server or a file says, instead of sending them to the terminal.
func harmless(text string) string {
	isBad := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	if strings.IndexFunc(text, isBad) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if isBad(r) {
			fmt.Fprintf(&b, "\\x%02x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
