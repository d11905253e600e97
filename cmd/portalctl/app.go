package main

import (
	"cmp"
	"context"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/repofile"
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

// tempDir is the folder for large temporary files, "" for the system's.
func (e env) tempDir() string {
	if runtime.GOOS == "windows" {
		return "" // where TMPDIR says nothing
	}
	return e.get("TMPDIR")
}

// Main runs portalctl and returns its exit code. args[0] is the program's name.
func Main(ctx context.Context, args []string, e env) int {
	e.Streams = e.Guarded()
	app := newApp(e)
	err := allConflicts(app.RunContext(ctx, arranged(app, args)), cmp.Or(directoryIn(args), "."))
	return exitCode(ctx, err, e, func(next string) string { return inDirectory(newApp(e), next, directoryIn(args)) })
}

func newApp(e env) *cli.App {
	app := &cli.App{
		Name:      "portalctl",
		Usage:     "keep a Backstage portal up to date, healthy and recoverable",
		Version:   version(),
		Reader:    e.In,
		Writer:    e.Out,
		ErrWriter: e.Err,
		// Flags that may be repeated are; a comma belongs to the value, as in
		// the glob '@{backstage,roadiehq}/*'.
		DisableSliceFlagSeparator: true,
		HideHelpCommand:           true, // the one of help.go finds commands below commands
		// Exit codes and error texts are made in errors.go alone.
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   usageError,
		Action:         group,
		Commands: []*cli.Command{
			versionsCommand(e),
			checkCommand(e),
			auditCommand(e),
			snapshotCommand(e),
			slotCommand(e),
			initCommand(e),
			completionCommand(e),
			manCommand(e),
			helpCommand(e),
		},
		// Read by arranged, which gives it to the command; here for the help.
		Flags: []cli.Flag{directoryFlag(), cli.HelpFlag},
	}
	for _, c := range app.Commands {
		prepare(c, e)
	}
	return app
}

// sharedFlag is a flag that urfave has once for all commands and runs. Applying
// a flag writes to it, so that each run does so to a copy.
type sharedFlag struct{ *cli.BoolFlag }

func (f sharedFlag) Apply(set *flag.FlagSet) error {
	own := *f.BoolFlag
	return own.Apply(set)
}

func init() {
	for _, f := range []*cli.Flag{&cli.HelpFlag, &cli.VersionFlag, &cli.BashCompletionFlag} {
		if b, ok := (*f).(*cli.BoolFlag); ok {
			*f = sharedFlag{b}
		}
	}
}

// prepare gives a command and all below it the settings that urfave does not
// inherit.
func prepare(c *cli.Command, e env, above ...string) {
	c.OnUsageError = usageError
	c.HideHelpCommand = true
	if len(c.Subcommands) == 0 {
		return
	}
	if c.Action == nil {
		c.Action = group
	}
	above = append(above, c.Name)
	for _, sub := range c.Subcommands {
		prepare(sub, e, above...)
	}
	c.Subcommands = append(c.Subcommands, helpCommand(e, above...))
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
	if path := deeper(c.Command.Subcommands, c.Args().First()); path != "" {
		return err.WithNext("Did you mean %q?", path)
	}
	if near := fault.Nearest(c.Args().First(), commandNames(c.Command.Subcommands)); near != "" {
		return err.WithNext("Did you mean %q?", near)
	}
	return err.WithNext("See %s --help", strings.TrimSpace(c.Lineage()[0].Command.HelpName))
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

// workDir is the absolute form of -C.
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
		return dir, untracked(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fault.Wrap(err, fault.Pos{}, "there is no user cache directory").
			WithNext("Set PORTALCTL_CACHE_DIR to a folder that portalctl may write")
	}
	dir = filepath.Join(dir, "portalctl")
	return dir, untracked(dir)
}

// untracked refuses a cache that git tracks, wherever links lead: a change could
// have brought it, with answers of its author's.
func untracked(dir string) error {
	real, err := filepath.Abs(dir)
	if err == nil {
		real, err = filepath.EvalSymlinks(real)
	}
	if err != nil {
		return nil // there is none yet
	}
	top := repofile.Top(real)
	rel, err := filepath.Rel(top, real)
	if err != nil || rel == "." {
		return nil
	}
	file, err := gitbase.Tracked(top, filepath.ToSlash(rel))
	if err != nil {
		return err
	}
	if file != "" {
		return fault.At(fault.Pos{File: filepath.Join(top, filepath.FromSlash(file))}, "git tracks this file, which is in the cache of portalctl: a change could put answers of its own there").
			WithNext("Set PORTALCTL_CACHE_DIR to a folder outside of the repository, or take it out: git rm -r --cached %s", ui.ShellWord(filepath.ToSlash(rel)))
	}
	return nil
}

// checkOutput refuses a report file that cannot be made, before a command has
// changed anything: afterwards is too late to say so.
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
