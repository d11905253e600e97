package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/ui"
)

// env is everything that a command takes from the process, so that tests can
// run commands without one.
type env struct {
	*ui.Streams
	Environ []string
}

// get is the value of an environment variable, as os.Getenv has it.
func (e env) get(key string) string {
	value := ""
	for _, kv := range e.Environ {
		if k, v, ok := strings.Cut(kv, "="); ok && k == key {
			value = v
		}
	}
	return value
}

// Main runs portalctl and returns its exit code. args[0] is the program's name.
func Main(ctx context.Context, args []string, e env) int {
	e.Streams = e.Guarded()
	return exitCode(ctx, newApp(e).RunContext(ctx, args), e)
}

func newApp(e env) *cli.App {
	app := &cli.App{
		Name:      "portalctl",
		Usage:     "keep a Backstage portal up to date, healthy and recoverable",
		Version:   version(),
		Reader:    e.In,
		Writer:    e.Out,
		ErrWriter: e.Err,
		Suggest:   true,
		// Flags that may be repeated are; a comma belongs to the value, as in
		// the glob '@{backstage,roadiehq}/*'.
		DisableSliceFlagSeparator: true,
		// Help is a flag everywhere; a help command would be one more name to
		// reserve.
		HideHelpCommand: true,
		// Exit codes and error texts are made in errors.go alone.
		ExitErrHandler:       func(*cli.Context, error) {},
		OnUsageError:         usageError,
		EnableBashCompletion: true,
		Action:               group,
		Commands: []*cli.Command{
			versionsCommand(e),
			checkCommand(e),
			auditCommand(e),
			snapshotCommand(e),
			completionCommand(e),
			manCommand(e),
		},
	}
	for _, c := range app.Commands {
		prepare(c)
	}
	return app
}

// prepare gives a command and all below it the settings that urfave does not
// inherit.
func prepare(c *cli.Command) {
	c.OnUsageError = usageError
	c.HideHelpCommand = true
	if len(c.Subcommands) > 0 && c.Action == nil {
		c.Action = group
	}
	for _, sub := range c.Subcommands {
		prepare(sub)
	}
}

// group is the action of a command that only holds others: it shows its help,
// or says that there is no such command.
func group(c *cli.Context) error {
	if !c.Args().Present() {
		if c.Command.Name == "" || c.Command.Name == c.App.Name {
			return cli.ShowAppHelp(c)
		}
		return cli.ShowSubcommandHelp(c)
	}
	err := usagef("there is no command %q", c.Args().First())
	if c.Args().First() == "help" {
		rest := strings.Join(append([]string{c.Command.HelpName}, c.Args().Tail()...), " ")
		return err.WithNext("Help is an option: %s --help", rest)
	}
	if path := deeper(c.Command.Subcommands, c.Args().First()); path != "" {
		return err.WithNext("Did you mean %q?", path)
	}
	// urfave answers with a whole sentence: Did you mean "bump"?
	if s := cli.SuggestCommand(c.Command.Subcommands, c.Args().First()); s != "" && !strings.Contains(s, `"help"`) && !strings.Contains(s, `""`) {
		return err.WithNext("%s", s)
	}
	return err.WithNext("See %s --help", strings.TrimSpace(c.Lineage()[0].Command.HelpName))
}

// deeper is the command one level further down that has the name: bump, or
// versions:bump as backstage-cli writes it, for versions bump.
func deeper(commands []*cli.Command, name string) string {
	name = strings.ReplaceAll(name, ":", " ")
	for _, c := range commands {
		for _, sub := range c.Subcommands {
			if path := c.Name + " " + sub.Name; name == sub.Name || name == path {
				return path
			}
		}
	}
	return ""
}

// noArgs rejects positional arguments. urfave stops reading flags at the first
// one, so that in "bump main --dry-run" the dry run would silently be real.
func noArgs(c *cli.Context) error {
	if !c.Args().Present() {
		return nil
	}
	return usagef("unexpected argument %q", c.Args().First()).
		WithNext("Options start with --; everything after %q was not read. See %s --help", c.Args().First(), c.Command.HelpName)
}

// built is the version of a release's binary, which the linker is told: it is
// built from a checkout, not from a module.
var built string

// version is the module version that the binary was built from.
func version() string {
	if built != "" {
		return built
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// directory is the absolute form of -C.
func directory(c *cli.Context) (string, error) { return workDir(c.String("directory")) }

func workDir(name string) (string, error) {
	dir, err := filepath.Abs(name)
	if err != nil {
		return "", fault.Wrap(err, fault.Pos{}, "the current directory")
	}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return "", fault.New("no such directory: %s", name).WithNext("Give -C the root of your portal")
	case !info.IsDir():
		return "", fault.New("%s is a file", name).WithNext("Give -C the root of your portal")
	}
	return dir, nil
}

// cacheDir is where answers from the network are kept between runs.
func (e env) cacheDir() (string, error) {
	if dir := e.get("PORTALCTL_CACHE_DIR"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fault.Wrap(err, fault.Pos{}, "there is no user cache directory").
			WithNext("Set PORTALCTL_CACHE_DIR to a folder that portalctl may write")
	}
	return filepath.Join(dir, "portalctl"), nil
}

// checkOutput refuses a report file that cannot be made, before a command has
// changed anything: afterwards is too late to say so.
func checkOutput(c *cli.Context) error { return checkOutputFile(c.String("output")) }

func checkOutputFile(name string) error {
	if name == "" || name == "-" {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(name)); err != nil || !info.IsDir() {
		return fault.New("--output %s: there is no folder %s", name, filepath.Dir(name)).WithNext("Make the folder, or name another file")
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return fault.New("--output %s is a folder", name).WithNext("Name a file in it")
	}
	return nil
}

// writeReport sends what render writes to --output, or to stdout. A report file
// is replaced as a whole or not at all.
func writeReport(c *cli.Context, e env, render func(io.Writer) error) error {
	name := c.String("output")
	if name == "" || name == "-" {
		return render(e.Out)
	}
	e.OutColor = false // of the terminal, which the file is not
	var b strings.Builder
	if err := render(ui.Guard(&b, false)); err != nil {
		return err
	}
	return txn.WriteFile(name, []byte(b.String()), 0o644)
}
