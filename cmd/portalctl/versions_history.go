package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/bump/history"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/semrange"
)

// historyOf makes and writes the report of versions status --history.
func (o statusOptions) historyOf(ctx context.Context, e env, co *checkout, releases *release.Source, status *bump.Status) error {
	repo, err := gitbase.Open(co.project.Root)
	if errors.Is(err, gitbase.ErrNoRepository) {
		return fault.Wrap(gitbase.ErrNoRepository, fault.Pos{File: co.project.Root}, "there is no history to read").
			WithNext("Run it in a clone of the portal's repository")
	}
	if err == nil && !repo.Has("HEAD") {
		err = fault.At(fault.Pos{File: co.project.Root}, "there is no history to read: the repository has no commit, or this clone lacks it").
			WithNext("Commit the portal, or run git fsck")
	}
	if err != nil {
		return err
	}
	since, err := sinceOf(repo, o.since)
	if err != nil {
		return err
	}
	in := history.Input{Current: status.Current, Newest: status.Main, Today: time.Now()}
	if in.Path, err = history.Walk(repo, "HEAD", repo.Prefix, since, ctx.Err); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if in.Mains, err = knownMains(ctx, releases, status.Main); err != nil {
		return err
	}
	reg, err := co.registry(e, o.offline)
	if err != nil {
		return err
	}
	newest, err := releases.Get(ctx, "main")
	if err != nil {
		return err
	}
	var unknown []history.Unknown
	progress := e.Progress("Asking when releases were published", -1)
	in.Times, unknown, err = history.Times(ctx, reg, newest)
	progress.Done()
	if err != nil {
		return err
	}
	in.Unknown = unknown
	if status.Behind > 0 {
		w := waiting{e: e, co: co, releases: releases, registry: reg, offline: o.offline, at: o.at}
		if in.Waiting, err = w.pile(ctx, status, in.Mains); err != nil {
			return err
		}
		in.Unknown = append(in.Unknown, w.unknown...)
	}
	return guide(history.New(in), o.next(co, status)).write(o.target, e, co.project.Root)
}

// sinceOf is the time that --since means: a day, or that of a commit; the zero time
// for "".
func sinceOf(repo *gitbase.Repo, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.DateOnly, "2006-01", time.RFC3339} {
		if t, err := time.Parse(form, text); err == nil {
			return t, nil
		}
	}
	c, err := repo.Commit(text)
	if err != nil {
		return time.Time{}, fault.Wrap(err, fault.Pos{}, "--since %.60q is neither a day nor a commit", text).
			WithNext("Write a day as 2026-01-31, or name a branch, a tag or a commit that this clone has")
	}
	return c.When(), nil
}

// knownMains are the main releases that are known, ascending.
func knownMains(ctx context.Context, releases *release.Source, newest string) ([]string, error) {
	list := append(release.Mains(), newest)
	for _, rel := range releases.Known(ctx) {
		if v, err := semrange.ParseVersion(rel); err == nil && v.Prerelease() == "" {
			list = append(list, rel)
		}
	}
	semrange.SortText(list)
	list = slices.Compact(list)
	// What the source does not call the newest yet is not out for this portal.
	return slices.DeleteFunc(list, func(rel string) bool { return semrange.CompareText(rel, newest) > 0 }), ctx.Err()
}
