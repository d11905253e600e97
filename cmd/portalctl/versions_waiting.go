package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/bump/changes"
	"github.com/portalctl/portalctl/bump/history"
	"github.com/portalctl/portalctl/bump/template"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/migrations"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/snapshot/forecast"
)

// waiting finds out what piles up while a portal does not upgrade, by what versions
// changes, snapshot forecast and versions template say.
type waiting struct {
	e        env
	co       *checkout
	releases *release.Source
	registry *registry.Client
	offline  bool
	at       string // names the portal on a command line
	unknown  []history.Unknown
}

func (w *waiting) lacks(what string, err error) {
	w.unknown = append(w.unknown, history.Unknown{What: what, Why: harmless(err.Error())})
}

// pile counts. What cannot be found out stays unknown; the error is that ctx is done.
func (w *waiting) pile(ctx context.Context, status *bump.Status, mains []string) (*history.Waiting, error) {
	var ladder []history.Rung
	for _, rel := range history.Ladder(status.Current, status.Main, mains) {
		m := w.releases.Local(rel)
		if m == nil {
			var err error
			if m, err = w.releases.Get(ctx, rel); err != nil {
				w.lacks("what waits in "+rel, err)
				continue
			}
		}
		ladder = append(ladder, history.Rung{Release: rel, Packages: m.Packages})
	}
	if len(ladder) == 0 || ctx.Err() != nil {
		return nil, ctx.Err()
	}
	out := history.NewWaiting(status.Current, ladder)
	plan, err := w.co.planned(ctx, w.e, w.releases, w.registry, status.Main)
	if err == nil {
		err = w.changes(ctx, out, ladder, plan)
	}
	if err != nil && ctx.Err() == nil {
		w.lacks("changesets", err)
	}
	if plan != nil && ctx.Err() == nil {
		if err := w.migrations(ctx, out, ladder, plan); err != nil {
			w.lacks("migrations", err)
		}
	}
	if ctx.Err() == nil {
		w.templates(ctx, out)
	}
	return out, ctx.Err()
}

func (w *waiting) changes(ctx context.Context, out *history.Waiting, ladder []history.Rung, plan *bump.Plan) error {
	if err := w.co.installed(); err != nil {
		return err
	}
	in := w.co.changes(w.releases, w.registry)
	setTarget(&in, plan)
	var err error
	if in.Facts, err = w.co.facts(w.e, w.registry); err != nil {
		return err
	}
	progress := w.e.Progress("Reading what is published", -1)
	in.Progress = progress.Set
	r, err := changes.New(ctx, in)
	progress.Done()
	if err != nil {
		return err
	}
	sets, read := r.Changesets()
	if read == 0 && r.Counts.Packages > 0 {
		return fault.New("none of %s that move could be read; why, says portalctl versions changes%s", english.Count(r.Counts.Packages, "package"), w.at)
	}
	var list []history.Brought
	for _, c := range sets {
		b := history.Brought{Versions: map[string]string{}, Breaking: c.Breaking, Touching: c.Touching}
		for _, p := range c.Packages {
			b.Versions[p.Name] = p.Version
		}
		list = append(list, b)
	}
	if n := out.Changesets(ladder, list); n > 0 {
		w.unknown = append(w.unknown, history.Unknown{What: fmt.Sprintf("which release brings %s", english.Count(n, "changeset")),
			Why: "they are of packages that no release has; the total counts them"})
	}
	inexact(w, "changesets", "versions changes", r.Unknown, func(u changes.Unknown) string { return u.Package })
	return nil
}

// migrations asks the forecast which migrations will run, and each release which of
// them it has.
func (w *waiting) migrations(ctx context.Context, out *history.Waiting, ladder []history.Rung, plan *bump.Plan) error {
	reader, err := w.co.migrations(w.e, w.registry)
	if err != nil {
		return err
	}
	f := forecasting{e: w.e, co: w.co, releases: w.releases, registry: w.registry}
	in := forecast.Input{From: out.From, To: out.To, Versions: reader}
	if err := f.packages(ctx, &in, w.co, w.co, broughtAlong(plan.Targets(), plan.Release(), w.co.lock)); err != nil {
		return err
	}
	progress := w.e.Progress("Reading migrations", -1)
	defer progress.Done()
	in.Progress = progress.Set
	r, err := forecast.New(ctx, in)
	if err != nil {
		return err
	}
	read := slices.ContainsFunc(in.Packages, func(p forecast.Package) bool {
		if p.Own {
			return true
		}
		_, err := reader.Read(ctx, p.Name, p.To)
		return err == nil
	})
	if !read && len(in.Packages) > 0 && ctx.Err() == nil {
		return fault.New("none of %s could be read; why, says portalctl snapshot forecast%s", english.Count(len(in.Packages), "package"), w.at)
	}
	var at []int
	near := 0
	for _, p := range r.Plugins {
		if p.From == "" { // a plugin that the upgrade brings: nothing of it waits
			continue
		}
		for _, m := range p.Migrations {
			i, exact := brings(ctx, reader, ladder, p.Package, m.Name)
			if at = append(at, i); !exact {
				near++
			}
		}
	}
	out.Migrations(at)
	if near > 0 {
		w.unknown = append(w.unknown, history.Unknown{What: fmt.Sprintf("which release brings %s", english.Count(near, "migration")),
			Why: "the registry lacks versions in between; each counts with the first release that may have it"})
	}
	inexact(w, "migrations", "snapshot forecast", r.Unknown, func(u forecast.Unknown) string { return u.Package })
	return ctx.Err()
}

// inexact names packages about which a command has more to say.
func inexact[U any](w *waiting, what, command string, unknown []U, name func(U) string) {
	var names []string
	for _, u := range unknown {
		names = append(names, name(u))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 0 {
		w.unknown = append(w.unknown, history.Unknown{What: fmt.Sprintf("%s of %s, or not exactly", what, english.Count(len(names), "package")),
			Why: english.Some(names, 3) + "; why, says portalctl " + command + w.at})
	}
}

// brings is the lowest rung whose version of a package has a migration; -1 for none.
// exact says that this version was read, and not a later one in its place.
func brings(ctx context.Context, reader *migrations.Reader, ladder []history.Rung, name, migration string) (at int, exact bool) {
	for i, rung := range ladder {
		version := rung.Packages[name]
		if version == "" {
			continue
		}
		p, err := reader.Read(ctx, name, version)
		if err != nil {
			continue
		}
		if slices.ContainsFunc(p.Folders, func(f migrations.Folder) bool { return f.Has(migration) }) {
			return i, p.Version == version
		}
	}
	return -1, false
}

// templates merges each release's template, on paper. A portal that has left the
// template has none to merge, whatever the release.
func (w *waiting) templates(ctx context.Context, out *history.Waiting) {
	missing, why := []string{}, ""
	portal, perr := w.co.template(w.offline, w.e)
	for i, p := range slices.Backward(out.Releases) {
		plan, err := (*template.Plan)(nil), perr
		if err == nil {
			plan, err = planTemplate(ctx, portal, template.Options{Release: p.Release}, w.e)
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			missing, why = append(missing, p.Release), harmless(err.Error())
		default:
			c := plan.Counts
			out.Template(i, c.Taken+c.Merged+c.Deleted+c.Keys, plan.Conflicts())
		}
	}
	if len(missing) > 0 {
		semrange.SortText(missing)
		w.unknown = append(w.unknown, history.Unknown{What: "what the app template of " + english.Some(missing, 4) + " changes", Why: why})
	}
}
