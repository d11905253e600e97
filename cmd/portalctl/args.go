package main

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/ui"
	"github.com/urfave/cli/v2"
)

// arranged puts -C DIR behind the command that it stands before: git, make and
// others take it there, urfave knows a flag only where it is declared.
func arranged(app *cli.App, args []string) []string {
	if len(args) < 2 {
		return args
	}
	path, moved := args[:1:1], []string(nil)
	commands, rest := app.Commands, args[1:]
	for len(rest) > 0 {
		word := rest[0]
		if n := directoryWords(rest); n > 0 && len(commands) > 0 {
			moved, rest = append(moved, rest[:n]...), rest[n:]
			continue
		}
		command := commandNamed(commands, word)
		if command == nil {
			break
		}
		path, commands, rest = append(path, word), command.Subcommands, rest[1:]
	}
	if len(path) == 1 && len(rest) == 0 {
		return args // -C alone: no command would be told of it
	}
	if directoryIn(append([]string{""}, rest...)) != "" {
		moved = nil // the last one counts
	}
	return slices.Concat(path, moved, rest)
}

// directoryWords is how many words at the start of args are a -C.
func directoryWords(args []string) int {
	name, _, joined := strings.Cut(args[0], "=")
	switch {
	case !slices.Contains([]string{"-C", "--C", "-directory", "--directory"}, name):
		return 0
	case joined:
		return 1
	}
	return min(2, len(args))
}

// directoryIn is the portal that a command line names, "" without.
func directoryIn(args []string) string {
	dir := ""
	for i := 1; i < len(args) && args[i] != "--"; i++ {
		switch directoryWords(args[i:]) {
		case 1:
			_, dir, _ = strings.Cut(args[i], "=")
		case 2:
			dir = args[i+1]
			i++
		}
	}
	return dir
}

func commandNamed(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}

// inDirectory is a next step whose commands work on the portal that this command
// worked on: what knows nothing of the command line names them without -C.
func inDirectory(app *cli.App, text, dir string) string {
	if dir == "" {
		return text
	}
	const name = "portalctl"
	var b strings.Builder
	for {
		i := strings.Index(text, name+" ")
		if i < 0 {
			return b.String() + text
		}
		b.WriteString(text[:i+len(name)])
		text = text[i+len(name):]
		command, length := commandIn(app.Commands, text)
		b.WriteString(text[:length])
		text = text[length:]
		// The flags that follow are the command's, up to the first word.
		flags := strings.Fields(text)
		for k, word := range flags {
			if !strings.HasPrefix(word, "-") && (k == 0 || !strings.HasPrefix(flags[k-1], "-")) {
				flags = flags[:k]
				break
			}
		}
		named := slices.ContainsFunc(flags, func(word string) bool { return word == "--help" || directoryWords([]string{word}) > 0 })
		if command != nil && hasFlag(command.Flags, "directory") && !named {
			b.WriteString(" -C " + ui.ShellWord(dir))
		}
	}
}

// commandIn is the command whose name text begins with, and the name's length.
func commandIn(commands []*cli.Command, text string) (found *cli.Command, length int) {
	for len(commands) > 0 && strings.HasPrefix(text[length:], " ") {
		word := text[length+1:]
		if end := strings.IndexFunc(word, func(r rune) bool { return (r < 'a' || r > 'z') && r != '-' }); end >= 0 {
			word = word[:end]
		}
		command := commandNamed(commands, word)
		if command == nil {
			break
		}
		found, commands, length = command, command.Subcommands, length+1+len(word)
	}
	return found, length
}
