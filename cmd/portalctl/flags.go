package main

import (
	"slices"
	"strings"
	"unicode"

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

// commandLine is command with those of the named flags that are set, for a
// next step that can be pasted into the shell that this command was typed in.
func commandLine(c *cli.Context, command string, flags ...string) string {
	args := []string{command}
	for _, name := range flags {
		if !c.IsSet(name) {
			continue
		}
		switch value := c.Value(name).(type) {
		case bool:
			if value {
				args = append(args, "--"+name)
			}
		case cli.StringSlice:
			for _, one := range value.Value() {
				args = append(args, "--"+name+" "+shellWord(one))
			}
		default:
			flag := "--" + name
			if name == "directory" {
				flag = "-C"
			}
			args = append(args, flag+" "+shellWord(c.String(name)))
		}
	}
	return strings.Join(args, " ")
}

// shellWord quotes a word for sh, if it has to be.
func shellWord(word string) string {
	special := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("@%+=:,./_-", r)
	}
	if word != "" && strings.IndexFunc(word, special) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
