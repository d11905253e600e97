package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/ui"
	"github.com/urfave/cli/v2"
)

// actionOf reads a command's options from the command line, and runs it.
func actionOf[O any](e env, options func(*cli.Context, env) (O, error), run func(context.Context, O, env) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		o, err := options(c, e)
		if err != nil {
			return err
		}
		return run(c.Context, o, e)
	}
}

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
	return choiceFlag("format", "the report's `FORM`: "+strings.Join(formats, ", "), formats...)
}

// reportFlags are those of a command on a portal whose report has these forms, and
// reportsFlags of one that writes it in several at once.
func reportFlags(forms ...string) []cli.Flag {
	return []cli.Flag{formatFlag(forms...), outputFlag(), directoryFlag()}
}

func reportsFlags(forms ...string) []cli.Flag {
	return []cli.Flag{formatFlag(forms...), outputsFlag(), directoryFlag()}
}

// choice is a flag that takes one of a few words, which completion offers.
type choice struct {
	*cli.StringFlag
	words []string
}

// choiceOf offers words for a flag that takes others as well, or none by default.
func choiceOf(f *cli.StringFlag, words ...string) cli.Flag { return &choice{f, words} }

// choiceFlag is a choice whose first word is the default.
func choiceFlag(name, usage string, words ...string) cli.Flag {
	return &choice{&cli.StringFlag{Name: name, Value: words[0], Usage: usage}, words}
}

// target is what every command on a portal is told: which one, and where the
// report goes, in which form.
type target struct {
	directory string
	form      string // "diff" with --diff
	output    string // "" is stdout
	// besides are places that the report goes to in other forms, of a command that has
	// outputsFlag.
	besides outputs
}

// targetOf reads -C, --format and --output of a command that takes no arguments.
func targetOf(c *cli.Context, forms ...string) (t target, err error) {
	if err := noArgs(c); err != nil {
		return t, err
	}
	return placeOf(c, forms...)
}

// placeOf is targetOf of a command that takes arguments.
func placeOf(c *cli.Context, forms ...string) (t target, err error) {
	if t = (target{directory: c.String("directory"), output: c.String("output")}); t.output == "-" {
		t.output = ""
	}
	t.form, err = oneOf(c, "format", forms...)
	return t, err
}

// targetsOf is targetOf of a command that writes its report in several forms at once.
func targetsOf(c *cli.Context, forms ...string) (t target, err error) {
	if err := noArgs(c); err != nil {
		return t, err
	}
	outs, err := outputsOf(c, forms...)
	if err != nil {
		return t, err
	}
	main := slices.IndexFunc(outs, func(o output) bool { return o.file == "" })
	if main < 0 {
		main = len(outs) - 1
	}
	t = target{directory: c.String("directory"), form: outs[main].form, output: outs[main].file}
	t.besides = slices.Delete(outs, main, main+1)
	return t, nil
}

// consent is what a command that writes is told of writing.
type consent struct{ dryRun, exitCode, yes bool }

// consentFlags are those of every command that writes. Only those that put
// something at stake ask; the others take --yes all the same, so that a script
// need not know which is which.
func consentFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "dry-run", Aliases: []string{"n"}, Usage: "show the plan and write nothing"},
		&cli.BoolFlag{Name: "exit-code", Usage: "with --dry-run: exit 1 when there is something to do"},
		&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "apply without asking"},
	}
}

func consentOf(c *cli.Context) (consent, error) {
	o := consent{dryRun: c.Bool("dry-run"), exitCode: c.Bool("exit-code"), yes: c.Bool("yes")}
	if o.exitCode && !o.dryRun {
		return o, onlyWith("exit-code", "dry-run")
	}
	if o.dryRun && o.yes {
		return o, exclusive("dry-run", "yes")
	}
	return o, nil
}

func onlyWith(flag, other string) error {
	return usagef("--%s only makes sense with --%s", flag, other).WithNext("Add --%s, or leave out --%s", other, flag)
}

func exclusive(flag, other string) error {
	return usagef("--%s and --%s exclude each other", flag, other).WithNext("Leave one of them out")
}

// oneOf checks a flag that takes one of a few words.
func oneOf(c *cli.Context, flag string, words ...string) (string, error) {
	got := c.String(flag)
	if slices.Contains(words, got) {
		return got, nil
	}
	return "", usagef("--%s %q is not known", flag, got).WithNext("Use one of: %s", strings.Join(words, ", "))
}

// reportsElsewhere: not to the terminal, or in a form for programs.
func (e env) reportsElsewhere(t target) bool {
	return !e.OutTTY || t.form != "table" || t.output != ""
}

// confirm asks, and ends the command with what did not happen when the answer
// is no.
func (e env) confirm(ctx context.Context, question, otherwise string) error {
	yes, err := e.Confirm(ctx, question)
	if err == nil && !yes {
		return declined{otherwise}
	}
	return err
}

// commandLine is command with those of the named flags that are set, for a
// next step that can be pasted into the shell that this command was typed in.
func commandLine(c *cli.Context, command string, flags ...string) string {
	words := []string{command}
	for _, word := range given(c, flags...) {
		words = append(words, ui.ShellWord(word))
	}
	return strings.Join(words, " ")
}

// given are those of the named flags that are set, as words of another command line.
func given(c *cli.Context, flags ...string) []string {
	var out []string
	for _, name := range flags {
		if !c.IsSet(name) {
			continue
		}
		flag := "--" + name
		if name == "directory" {
			flag = "-C"
		}
		switch value := c.Value(name).(type) {
		case bool:
			if value {
				out = append(out, flag)
			}
		case cli.StringSlice:
			for _, one := range value.Value() {
				out = append(out, flag, one)
			}
		default:
			out = append(out, flag, fmt.Sprint(value))
		}
	}
	return out
}
