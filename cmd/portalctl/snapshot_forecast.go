package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/migrations"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/portal/plugins"
	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/snapshot/forecast"
)

func snapshotForecastCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "forecast",
		Usage: "say which database migrations the first boot of a release will run",
		Description: "Reads the migrations of both versions of every backend package, says what each does, and,\n" +
			"where the server is reachable, on tables of which size: hence how long the boot takes, what\n" +
			"blocks the release that is running, and from where on it fails. Runs nothing and changes nothing.\n\n" +
			"Exit codes: 0 the report is complete as far as it says; 2 could not run; 130 interrupted.",
		Flags: slices.Concat(connectionFlags()[:2], []cli.Flag{
			choiceOf(&cli.StringFlag{Name: "release", Aliases: []string{"r"}, Usage: "the `RELEASE` to come: main, next or a version such as 1.53.0",
				DefaultText: "main"}, "main", "next"),
			&cli.StringFlag{Name: "from-ref", Usage: "what runs now is the commit `REF` instead of the work tree"},
			&cli.StringFlag{Name: "to-ref", Usage: "what is to come is the commit `REF` instead of a release"},
			offlineFlag(),
		}, reportsFlags(pageForms()...)),
		Action: actionOf(e, forecastOptionsOf, runSnapshotForecast),
	}
}

// forecastOptions are what the command line of snapshot forecast says.
type forecastOptions struct {
	snapshotOptions
	sides
	offline bool
}

func forecastOptionsOf(c *cli.Context, e env) (o forecastOptions, err error) {
	if o.snapshotOptions, err = serverOptionsOf(c, e, pageForms()...); err != nil {
		return o, err
	}
	if o.target, err = targetsOf(c, pageForms()...); err != nil {
		return o, err
	}
	if o.sides, err = sidesOf(c); err != nil {
		return o, err
	}
	o.offline = c.Bool("offline")
	return o, nil
}

func runSnapshotForecast(ctx context.Context, o forecastOptions, e env) error {
	co, err := openYarnPortal(ctx, o.target, false, e)
	if err != nil {
		return err
	}
	f := forecasting{o: o, e: e, co: co}
	if f.releases, f.registry, err = co.sources(e, o.offline); err != nil {
		return err
	}
	in, err := f.input(ctx)
	if err != nil {
		return err
	}
	progress := e.Progress("Reading migrations", -1)
	in.Progress = progress.Set
	r, err := forecast.New(ctx, in)
	progress.Done()
	if err != nil {
		return err
	}
	return reportForms{json: r, markdown: r.WriteMarkdown, page: r.Page, table: r.WriteTable}.write(o.target, e, co.project.Root)
}

// forecasting is what a forecast is made of.
type forecasting struct {
	o        forecastOptions
	e        env
	co       *checkout
	releases *release.Source
	registry *registry.Client
	// kept says that what is not in the cache ends it: a number that is too small
	// would be worse than none.
	kept bool
}

// input reads both sides, and asks the server.
func (f forecasting) input(ctx context.Context) (in forecast.Input, err error) {
	from, err := f.co.atRef(f.o.fromRef, f.e)
	if err != nil {
		return in, err
	}
	if err := from.installed(); err != nil {
		return in, err
	}
	in.From = f.releases.Standing(from.lock, from.project.Declared()).Release
	to, targets := from, map[string]string{}
	if f.o.toRef != "" {
		if to, err = f.co.lockedAt(f.o.toRef, f.e); err != nil {
			return in, err
		}
		in.To = f.releases.Standing(to.lock, to.project.Declared()).Release
	} else if in.To, targets, err = f.targets(ctx, from); err != nil {
		return in, err
	}
	reader, err := f.co.migrations(f.e, f.registry)
	if err != nil {
		return in, err
	}
	in.Versions = reader
	if err = f.packages(ctx, &in, from, to, targets); err != nil {
		return in, err
	}
	for _, side := range []*checkout{from, to} {
		if side.commit != nil && side.commit.Err() != nil {
			return in, side.commit.Err()
		}
	}
	return in, f.look(ctx, &in, from)
}

// targets are the versions that a bump to the release would lock.
func (f forecasting) targets(ctx context.Context, from *checkout) (string, map[string]string, error) {
	plan, err := from.planned(ctx, f.e, f.releases, f.registry, f.o.release)
	if err != nil {
		return "", nil, err
	}
	if plan.Stays() {
		return plan.To, plan.Targets(), nil
	}
	return plan.To, broughtAlong(plan.Targets(), plan.Release(), from.lock), nil
}

// broughtAlong are the versions of all locked packages after a bump: those that it
// moves, and what these bring along by the release's manifest.
func broughtAlong(targets, manifest map[string]string, lock *yarnlock.Lock) map[string]string {
	out := maps.Clone(targets)
	for name, version := range manifest {
		if _, ok := out[name]; !ok && lockedVersion(lock, name) != "" {
			out[name] = version
		}
	}
	return out
}

// lockedVersion is the highest version that a lock has of a package, "" for none.
func lockedVersion(lock *yarnlock.Lock, name string) string {
	best := ""
	for _, entry := range lock.Named(name) {
		real, version, ok := entry.Package()
		if !ok || real != name {
			continue
		}
		v, err := semrange.ParseVersion(version)
		have, herr := semrange.ParseVersion(best)
		if err == nil && (herr != nil || v.GreaterThan(have)) {
			best = version
		}
	}
	return best
}

// everywhere are packages that migrate the databases of many plugins.
var everywhere = []string{"@backstage/backend-defaults", "@backstage/backend-tasks"}

// packages finds those of the backends, with their versions on both sides.
func (f forecasting) packages(ctx context.Context, in *forecast.Input, from, to *checkout, targets map[string]string) error {
	if err := f.fetch(ctx, to); err != nil {
		return err
	}
	unknown := func(name, why string) {
		in.Unknown = append(in.Unknown, forecast.Unknown{Package: name, Why: why})
	}
	var missed error
	found, err := plugins.Read(to.project, publishedPlugins(ctx, to.lock, f.registry, targets, func(name string, err error) {
		if f.kept && errors.Is(err, registry.ErrOffline) {
			missed = err
		}
		unknown(name, "which plugins it brings: "+published.Why(err, ""))
	}))
	if err = cmp.Or(err, missed, ctx.Err()); err != nil {
		return err
	}
	for _, name := range everywhere {
		if lockedVersion(to.lock, name) != "" || lockedVersion(from.lock, name) != "" {
			found = append(found, plugins.Package{Name: name, PluginID: "*"})
		}
	}
	for _, p := range found {
		one := forecast.Package{Name: p.Name, Plugin: p.PluginID}
		if slices.ContainsFunc(in.Packages, func(o forecast.Package) bool { return o.Name == one.Name && o.Plugin == one.Plugin }) {
			continue
		}
		if w := to.project.ByName(p.Name); w != nil {
			one.Own, one.From, one.To = true, w.File.Version, w.File.Version
			one.After = ownFiles(to.project, w)
			if was := from.project.ByName(p.Name); was != nil {
				one.Before, one.From = ownFiles(from.project, was), was.File.Version
			}
			in.Packages = append(in.Packages, one)
			continue
		}
		one.From, one.To = lockedVersion(from.lock, p.Name), lockedVersion(to.lock, p.Name)
		if target := targets[p.Name]; target != "" {
			one.To = target
		}
		if one.To != "" {
			in.Packages = append(in.Packages, one)
		} else if !p.IsDynamic() {
			unknown(p.Name, "it comes with the upgrade, and its version is only known when it is locked")
		}
	}
	return nil
}

// fetch asks the registry at once for what plugins.Read asks one by one. What it
// does not answer, that finds out, too.
func (f forecasting) fetch(ctx context.Context, to *checkout) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(12)
	for _, b := range plugins.Backends(to.project) {
		for _, dep := range b.File.Deps(pkgjson.Dependencies) {
			if to.project.ByName(dep.Name) == nil && lockedVersion(to.lock, dep.Name) != "" {
				g.Go(func() error {
					_, err := f.registry.Packument(gctx, dep.Name)
					if f.kept && errors.Is(err, registry.ErrOffline) {
						return err
					}
					return gctx.Err()
				})
			}
		}
	}
	return g.Wait()
}

// maxOwn is the most files of a folder that are read.
const maxOwn = 5000

// ownFiles are the migrations and the code of a workspace, by their path in it.
func ownFiles(p *workspace.Project, w *workspace.Workspace) map[string][]byte {
	return migrationFiles(p.Files(), path.Clean(filepath.ToSlash(w.Rel)))
}

// migrationFiles are those of a package in a folder.
func migrationFiles(tree fs.FS, dir string) map[string][]byte {
	files := map[string][]byte{}
	_ = fs.WalkDir(tree, dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && name != "."):
			return fs.SkipDir
		case len(files) > maxOwn:
			return fs.SkipAll
		}
		rel := strings.TrimPrefix(strings.TrimPrefix(name, dir), "/")
		if d.Type().IsRegular() && migrations.Reads(rel) {
			if src, err := fs.ReadFile(tree, name); err == nil {
				files[rel] = src
			}
		}
		return nil
	})
	return files
}

// migrations answers for what published versions do to databases.
func (co *checkout) migrations(e env, reg *registry.Client) (*migrations.Reader, error) {
	cache, err := co.registryCache(e, "published")
	return &migrations.Reader{Registry: reg, CacheDir: cache}, err
}
