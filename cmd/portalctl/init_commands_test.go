package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/ui"
)

// What the workflows and jobs of init call is there: each command, with each of its flags.
func TestInitCallsWhatIsThere(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "internal", "setup", "templates", "*"))
	more, _ := filepath.Glob(filepath.Join("..", "..", "internal", "setup", "templates", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	called := regexp.MustCompile(`(?m)(?:^ *(?:- |run: )?|if |! )portalctl ((?:check|audit|slot|snapshot|versions)\b.*)$`)
	list := regexp.MustCompile(`(?m)^ +args:\n((?: +- .*\n|\[\[.*\]\]\n)+)`)
	seen := 0
	for _, name := range append(files, more...) {
		src, err := os.ReadFile(name)
		if err != nil {
			continue // a folder
		}
		var lines []string
		for _, m := range called.FindAllStringSubmatch(string(src), -1) {
			line, _, _ := strings.Cut(m[1], " > ")
			line, _, _ = strings.Cut(line, " || ")
			lines = append(lines, strings.ReplaceAll(line, "[[in]]", " -C x"))
		}
		for _, m := range list.FindAllStringSubmatch(string(src), -1) {
			var words []string
			for line := range strings.Lines(m[1]) {
				word, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "- "), " ")
				words = append(words, word)
			}
			lines = append(lines, strings.Join(words, " "))
		}
		for _, line := range lines {
			seen++
			commands := newApp(env{Streams: &ui.Streams{}}).Commands
			var at *cli.Command
			for _, word := range strings.Fields(line) {
				flag, isFlag := strings.CutPrefix(word, "-")
				if !isFlag {
					if i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.Name == word }); i >= 0 {
						at = commands[i]
						commands = at.Subcommands
					}
					continue
				}
				flag, _, _ = strings.Cut(strings.TrimPrefix(flag, "-"), "=")
				if at == nil || !slices.ContainsFunc(at.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), flag) }) {
					t.Errorf("%s: portalctl %s: there is no %s", name, line, word)
				}
			}
			if at == nil {
				t.Errorf("%s: portalctl %s: there is no such command", name, line)
			}
		}
	}
	if seen < 11 {
		t.Errorf("only %d calls were found", seen)
	}
}
