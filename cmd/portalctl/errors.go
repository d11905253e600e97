package main

import (
	"context"
	"errors"
	"fmt"
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
	exitInterrupted = 130 // Ctrl-C or SIGTERM, as shells number it
)

// errFindings ends a command that did its work and found something. The report
// has said what; there is nothing to add on stderr.
var errFindings = errors.New("findings")

// errInterrupted ends a command that the user stopped.
var errInterrupted = errors.New("interrupted")

// usageError is urfave's hook for flags that do not parse. The default prints
// help to stdout, which is for the report alone.
func usageError(c *cli.Context, err error, _ bool) error {
	return usagef("%v", err).WithNext("See %s --help", c.Command.HelpName)
}

func usagef(format string, args ...any) *fault.Error { return fault.New(format, args...) }

// exitCode turns a command's error into text on stderr and an exit code. It is
// the only place that does.
func exitCode(ctx context.Context, err error, e env) int {
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		fmt.Fprintln(e.Err, "portalctl: interrupted, nothing was changed")
		return exitInterrupted
	case ctx.Err() != nil:
		// Something else went wrong too, perhaps after a change was made.
		fmt.Fprintln(e.Err, "portalctl: interrupted")
		printError(err, e)
		return exitInterrupted
	}
	printError(err, e)
	return exitRefused
}

func printError(err error, e env) {
	style := e.ErrStyle()
	fmt.Fprintf(e.Err, "%s %s\n", style.Bad("error:"), harmless(err.Error()))
	if next := fault.NextOf(err); next != "" {
		fmt.Fprintf(e.Err, "%s %s\n", style.Bold("next:"), harmless(next))
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
