package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/testkit/program"
	"github.com/portalctl/portalctl/internal/ui"
)

// What reports and errors tell people to run must run as it is printed. Every
// command that the transcripts print is parsed by the real flag parser; those
// that stand on a line of their own run, too, in a copy of the script's folder.

// printedLine is a command of portalctl that text names. Whole lines are for
// pasting; in a sentence the command ends at the first word that is not an option.
type printedLine struct {
	text  string
	whole bool
}

var (
	printedWhole = regexp.MustCompile("^(?:next: |Next: |to [^`.]*: |- )?`?(portalctl (?:versions|check|audit|snapshot)(?: [^`]*)?)`?$")
	// A report's title.
	printedTitle = regexp.MustCompile(`^(?:## |<(?:title|h1)>)?portalctl (?:check|audit|versions changes)(?:[,:]|</)`)
	printedNamed = regexp.MustCompile(`\bportalctl (?:versions|check|audit|snapshot)\b[^\n]*`)
)

func printedLines(text string) []printedLine {
	var out []printedLine
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if printedTitle.MatchString(line) {
			continue
		}
		if m := printedWhole.FindStringSubmatch(line); m != nil && !strings.Contains(m[1], ", ") {
			out = append(out, printedLine{m[1], true})
			continue
		}
		for rest := line; ; {
			at := printedNamed.FindStringIndex(rest)
			if at == nil {
				break
			}
			if named := namedIn(rest[at[0]:]); named != "" {
				out = append(out, printedLine{named, false})
			}
			rest = rest[at[0]+len("portalctl"):]
		}
	}
	return out
}

// namedIn is the command that a sentence goes on with; "" where a colon follows,
// as in a title.
func namedIn(text string) string {
	e, _, _ := testEnv("", nil)
	app := newApp(e)
	words := []string{"portalctl"}
	flags, commands := app.Flags, app.Commands
	fields := strings.Fields(text)[1:]
	for i := 0; i < len(fields); i++ {
		word := strings.TrimRight(fields[i], "`'\".,;:)\\")
		ends := word != fields[i]
		if i == 0 && strings.HasSuffix(fields[i], ":") {
			return ""
		}
		if command := commandNamed(commands, word); command != nil && len(words) <= 3 {
			words, flags, commands = append(words, word), command.Flags, command.Subcommands
		} else if name := strings.TrimLeft(word, "-"); name != word && name != "" {
			words, commands = append(words, word), nil
			if f := flagNamed(flags, name); f != nil && takesValue(f) && i+1 < len(fields) {
				i++
				ends = strings.TrimRight(fields[i], "`\".,;:)") != fields[i]
				words = append(words, strings.TrimRight(fields[i], "`\".,;:)"))
			}
		} else {
			break
		}
		if ends {
			break
		}
	}
	return strings.Join(words, " ")
}

// parse is what the real parser says of a command line.
func (l printedLine) parse() error {
	e, _, _ := testEnv("", nil)
	app := newApp(e)
	var only func(list []*cli.Command)
	only = func(list []*cli.Command) {
		for _, c := range list {
			if c.Name != "help" && (len(c.Subcommands) == 0 || c.Name == "audit" || c.Name == "check") {
				args := c.ArgsUsage
				c.Action = func(c *cli.Context) error {
					if c.Args().Present() && args == "" {
						return fmt.Errorf("unexpected argument %q", c.Args().First())
					}
					return nil
				}
			}
			only(c.Subcommands)
		}
	}
	only(app.Commands)
	args, err := shellFields(l.text)
	if err != nil {
		return err
	}
	return app.RunContext(context.Background(), arranged(app, args))
}

// shellFields splits a line as sh would. Nothing but words and single quotes is
// ever printed; other characters with a meaning are a fault of who prints them.
func shellFields(line string) (words []string, err error) {
	word, started := "", false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\'':
			end := strings.IndexByte(line[i+1:], '\'')
			if end < 0 {
				return nil, fmt.Errorf("a quote is not closed")
			}
			word, started, i = word+line[i+1:i+1+end], true, i+1+end
		case c == '\\' && i+1 < len(line):
			i++
			word, started = word+line[i:i+1], true
		case c == ' ':
			if started {
				words = append(words, word)
			}
			word, started = "", false
		case strings.IndexByte("()<>|&;*?[]{}$\"#!~", c) >= 0:
			return nil, fmt.Errorf("%q means something to a shell", string(c))
		default:
			word, started = word+string(c), true
		}
	}
	if started {
		words = append(words, word)
	}
	return words, nil
}

// faultsIn is what is wrong with the commands that a run of args printed.
func faultsIn(args []string, out, errOut string) []string {
	if strings.Contains(out, "\nUSAGE:\n") {
		return nil // help is not a report
	}
	var faults []string
	e, _, _ := testEnv("", nil)
	app := newApp(e)
	for _, l := range append(printedLines(out), printedLines(errOut)...) {
		if err := l.parse(); err != nil {
			faults = append(faults, fmt.Sprintf("%s\n\tprints %q: %v", strings.Join(args, " "), l.text, err))
			continue
		}
		// The portal is the one that was asked about.
		command, _ := commandIn(app.Commands, strings.TrimPrefix(l.text, "portalctl"))
		if dir := directoryIn(args); dir != "" && command != nil && hasFlag(command.Flags, "directory") && !strings.Contains(l.text, " -C ") &&
			!strings.Contains(l.text, "--lockfile") && !strings.Contains(l.text, "--dir") && len(command.Subcommands) == 0 {
			faults = append(faults, fmt.Sprintf("%s\n\tprints %q without its -C", strings.Join(args, " "), l.text))
		}
	}
	return faults
}

// recorded is main, for the transcripts and whoever else starts portalctl: it
// notes such faults in the folder that it is given.
func recorded() {
	dir := os.Getenv(program.PrintedVar)
	if dir == "" {
		main() // which ends the process
	}
	streams := ui.System(os.Getenv)
	var out, errOut bytes.Buffer
	streams.Out, streams.Err = io.MultiWriter(streams.Out, &out), io.MultiWriter(streams.Err, &errOut)
	code := runWith(streams)
	if !validated(out.Bytes()) {
		code = 97
	}
	faults := faultsIn(os.Args, out.String(), errOut.String())
	for _, l := range append(printedLines(out.String()), printedLines(errOut.String())...) {
		if l.whole && !strings.Contains(l.text, " -C /") && l.parse() == nil {
			if text := tryLine(l.text); text != "" {
				faults = append(faults, fmt.Sprintf("%s\n\tprints %q, which ends so: %s", strings.Join(os.Args, " "), l.text, text))
			}
		}
	}
	if len(faults) > 0 {
		f, err := os.CreateTemp(dir, "fault-*")
		if err == nil {
			_, err = f.WriteString(strings.Join(faults, "\n") + "\n")
			f.Close()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
	}
	os.Exit(code)
}

// tryLine runs a printed line with sh in a copy of this folder, with a copy of
// the cache. It returns how it failed; a command that refuses to run, fails.
func tryLine(line string) string {
	tmp, err := os.MkdirTemp("", "printed-*")
	if err != nil {
		return err.Error()
	}
	defer os.RemoveAll(tmp)
	here, cache := filepath.Join(tmp, "here"), filepath.Join(tmp, "cache")
	dir := os.Getenv("PORTALCTL_CACHE_DIR")
	if err := copyFiles(here, ".", dir, os.TempDir()); err != nil {
		return "" // a folder with links or pipes: not for trying
	}
	if dir != "" {
		if err := copyFiles(cache, dir); err != nil && !os.IsNotExist(err) {
			return err.Error()
		}
	}
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = here
	cmd.Env = append(os.Environ(), program.PrintedVar+"=", "PORTALCTL_CACHE_DIR="+cache, "PWD="+here)
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err == nil || errors.As(err, &exit) && exit.ExitCode() == exitFindings ||
		slices.ContainsFunc(lacking, func(what string) bool { return bytes.Contains(text, []byte(what)) }) {
		return ""
	}
	return fmt.Sprintf("%v: %s", err, text)
}

// lacking is what a line may end with where a transcript's world does not have
// what a portal's has: a Yarn, the newest release, and all packages.
var lacking = []string{
	": the registry does not have it",
	"there is no release line main",
	"no Yarn was found",
	"Yarn could not be started",
	"yarnPath names ",
}

// copyFiles copies the files below from and the folders that they are in, except
// folders: a transcript's cache and what it has for temporary files, the copy
// among them, are in its working folder.
func copyFiles(to, from string, except ...string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			whole, err := filepath.Abs(path)
			if err == nil && path != from && slices.Contains(except, whole) {
				return filepath.SkipDir
			}
			return err
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s is no regular file", path)
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		return errors.Join(os.MkdirAll(filepath.Dir(target), 0o755), os.WriteFile(target, src, info.Mode().Perm()))
	})
}

func TestPrintedLines(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		fails      bool
	}{
		{"  portalctl versions status -C x   (lists what is off the release)", "portalctl versions status -C x   (lists what is off the release)", true},
		{"next: portalctl versions lock --resolve release", "portalctl versions lock --resolve release", false},
		{"Run portalctl check --nope, or not", "portalctl check --nope", true},
		{"Look with portalctl snapshot restore --only a.", "portalctl snapshot restore --only a", false},
		{"  portalctl versions bump --pattern '@{a,b}/*' --yes", "portalctl versions bump --pattern '@{a,b}/*' --yes", false},
		{"  portalctl versions bump --pattern @{a,b}/*", "portalctl versions bump --pattern @{a,b}/*", true},
		{"portalctl check: no problems", "", false},
	} {
		lines := printedLines(tt.text)
		if tt.want == "" {
			if len(lines) > 0 {
				t.Errorf("%q: %+v", tt.text, lines)
			}
			continue
		}
		if len(lines) != 1 || lines[0].text != tt.want {
			t.Errorf("%q: %+v, want %q", tt.text, lines, tt.want)
			continue
		}
		if err := lines[0].parse(); (err != nil) != tt.fails {
			t.Errorf("%q: %v", tt.text, err)
		}
	}
	if got := faultsIn([]string{"portalctl", "check", "-C", "x"}, "next: portalctl versions lock\n", ""); len(got) != 1 {
		t.Errorf("a lost -C: %q", got)
	}
}
