package main

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/audit/plugin"
	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/check"
	"github.com/portalctl/portalctl/internal/portal"
	"github.com/portalctl/portalctl/internal/ui"
	"github.com/portalctl/portalctl/internal/workspace"
)

func auditPluginCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "plugin",
		Usage:     "review a plugin before it is adopted: who makes it, what it brings and does, and a verdict with reasons",
		ArgsUsage: "NAME[@VERSION]…",
		Description: "Reads the registry's answers and the tarball, and runs nothing of it; changes nothing. In a portal it also\n" +
			"says whether the plugin goes with its release, and what it would add to its lock. VERSION may be a\n" +
			"range or a tag; without one it is the latest. What cannot be found out is listed as not known.\n\n" +
			"Exit codes: 0 no objections; 1 a verdict has some; 2 could not run.",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "compare", Usage: "put several plugins side by side"},
			&cli.StringFlag{Name: "db", Usage: "take the advisories from the database in `DIR`, without a network", TakesFile: true},
			&cli.BoolFlag{Name: "offline", Usage: "use only what earlier runs have fetched, and the database that \"audit db update\" downloaded"},
			&cli.StringFlag{Name: "licenses", Usage: "also judge the licences of the plugin and of what it brings, by the lists in `FILE`", TakesFile: true},
			nowFlag(),
		}, reportFlags("table", "json", "markdown")...),
		Action: actionOf(e, pluginOptionsOf, runAuditPlugin),
	}
}

// pluginOptions are what the command line of audit plugin says.
type pluginOptions struct {
	target
	list             []plugin.Wanted
	compare, offline bool
	db, licenses     string
	now              time.Time
	// again is this command, without names.
	again string
}

// maxPlugins bounds how many are reviewed at once.
const maxPlugins = 20

func pluginOptionsOf(c *cli.Context, e env) (o pluginOptions, err error) {
	if o.target, err = placeOf(c, "table", "json", "markdown"); err != nil {
		return o, err
	}
	o.compare, o.offline, o.db = c.Bool("compare"), c.Bool("offline"), c.String("db")
	if o.licenses = c.String("licenses"); c.IsSet("licenses") && o.licenses == "" {
		return o, usagef("--licenses is empty").WithNext("Name the file with the lists of licences, or leave it out")
	}
	o.again = commandLine(c, "portalctl audit plugin", "db", "licenses", "offline", "now", "directory")
	const next = "Options come first: portalctl audit plugin -C DIR NAME[@VERSION]"
	switch n := c.NArg(); {
	case n == 0:
		return o, usagef("audit plugin takes the name of a plugin").WithNext(next)
	case n > maxPlugins:
		return o, usagef("audit plugin takes at most %d plugins, not %d", maxPlugins, n).WithNext("Name fewer")
	case o.compare && n < 2:
		return o, usagef("--compare takes two plugins or more").WithNext("portalctl audit plugin --compare A B")
	}
	for _, arg := range c.Args().Slice() {
		if strings.HasPrefix(arg, "-") {
			return o, usagef("unexpected argument %q", arg).WithNext(next)
		}
		w := plugin.Wanted{Name: arg}
		if i := strings.LastIndexByte(arg, '@'); i > 0 {
			if w.Name, w.Version = arg[:i], arg[i+1:]; w.Version == "" {
				return o, usagef("%q names no version", arg).WithNext("Leave out the last @, or write one behind it")
			}
		}
		o.list = append(o.list, w)
	}
	o.now, err = clock(c, e)
	return o, err
}

func runAuditPlugin(ctx context.Context, o pluginOptions, e env) error {
	co, inPortal, err := o.open(ctx, e)
	if err != nil {
		return err
	}
	in, done, err := o.input(ctx, e, co, inPortal)
	if err != nil {
		return err
	}
	defer done()
	matching := &auditRun{o: auditOptions{db: o.db, offline: o.offline && o.db == "", licenses: o.licenses}, e: e, now: o.now, settings: co.net}
	if err := matching.openLicenses(); err != nil {
		return err
	}
	in.Licenses = matching.licenses
	limit, explicit := matching.dbAge(ignore.Policy{})
	matcher, close, err := matching.matcher(ctx, limit, explicit)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		in.NoMatch = err.Error()
	default:
		defer close()
		in.Match = matcher.Match
	}
	progress := e.Progress("Reading what is published", -1)
	r, err := plugin.New(ctx, in, o.list)
	progress.Done()
	if err != nil {
		return err
	}
	r.Advisories = matching.in.Database.String()
	r.Warnings = matching.in.Database.Warnings
	if err := o.write(e, r); err != nil {
		return err
	}
	if r.Fails() {
		return errFindings
	}
	return nil
}

// open reads the portal, or where there is none at all, what reaches the registry.
func (o pluginOptions) open(ctx context.Context, e env) (co *checkout, inPortal bool, err error) {
	dir, err := workDir(o.directory)
	if err != nil {
		return nil, false, err
	}
	if _, err := workspace.FindRoot(dir); err != nil && o.directory == "." {
		if err := checkOutputFile(o.output); err != nil {
			return nil, false, err
		}
		settings, err := e.ownSettings()
		return &checkout{settings: settings, net: settings}, false, err
	}
	co, err = openPortal(ctx, o.target, e)
	return co, true, err
}

// input is what the reviews are made of.
func (o pluginOptions) input(ctx context.Context, e env, co *checkout, inPortal bool) (in plugin.Input, done func(), err error) {
	done = func() {}
	reg, err := co.registry(e, o.offline)
	if err != nil {
		return in, done, err
	}
	cache, err := co.registryCache(e, "published")
	if err != nil {
		return in, done, err
	}
	in = plugin.Input{Registry: reg, Reader: &plugin.Reader{Registry: reg, CacheDir: cache}, Now: o.now,
		Successor: bump.Successor, Fitting: bump.Fitting, Singleton: portal.SingletonReason}
	if !inPortal {
		return in, done, nil
	}
	config, err := check.ReadConfig(co.project, time.Time{})
	if err != nil {
		return in, done, err
	}
	known := check.Singleton(config)
	in.Singleton = func(name string) string {
		switch reason := portal.SingletonReason(name); {
		case !known(name):
			return ""
		case reason != "":
			return reason
		}
		return "the team's settings say that there must be one"
	}
	releases, err := co.releases(e, o.offline)
	if err != nil {
		return in, done, err
	}
	in.Project, in.Settings = co.project, co.settings
	if co.project.OnlyYarn() == nil {
		in.Lock = co.lock
	}
	if in.ReleaseName = releases.Standing(co.lock, co.project.Declared()).Release; in.ReleaseName != "" {
		m, err := releases.Get(ctx, in.ReleaseName)
		switch {
		case ctx.Err() != nil:
			return in, done, ctx.Err()
		case err == nil:
			in.Release = m.Packages
		default:
			in.NoRelease = err.Error()
			in.ReleaseName = ""
		}
	}
	job, err := newLockJob(resolveOptions{offline: o.offline, now: o.now}, e, co, reg, nil)
	if err != nil {
		return in, done, err
	}
	in.Source, in.YarnVersion = job.source, job.opts.YarnVersion
	return in, func() { _ = job.source.Close() }, nil
}

func (o pluginOptions) write(e env, r *plugin.Report) error {
	s := reportForms{json: r, markdown: r.WriteMarkdown, table: func(w io.Writer, st ui.Style) error { return r.WriteTable(w, st, o.next(r)) }}
	if o.compare {
		s.markdown = func(w io.Writer) error { return r.WriteComparison(w, ui.Style{}, true) }
		s.table = func(w io.Writer, st ui.Style) error { return r.WriteComparison(w, st, false) }
	}
	return s.write(o.target, e, "")
}

// next are the reviews to go on with: of the plugin with its siblings.
func (o pluginOptions) next(r *plugin.Report) []string {
	if len(o.list) > 1 || o.offline { // of the others nothing may be kept
		return nil
	}
	names := r.Reviews[0].Together()
	if names == nil {
		return nil
	}
	for i := range names {
		names[i] = ui.ShellWord(names[i])
	}
	return []string{o.again + " " + strings.Join(names, " ")}
}
