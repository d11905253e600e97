package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/workspace"
)

// sides are what a command that looks at an upgrade compares.
type sides struct{ release, fromRef, toRef string }

func sidesOf(c *cli.Context) (s sides, err error) {
	s = sides{release: c.String("release"), fromRef: c.String("from-ref"), toRef: c.String("to-ref")}
	for _, flag := range []string{"from-ref", "to-ref"} {
		if c.IsSet(flag) && c.String(flag) == "" {
			return s, usagef("--%s is empty", flag).WithNext("Name a branch, a tag or a commit")
		}
	}
	if s.toRef != "" && c.IsSet("release") {
		return s, exclusive("to-ref", "release")
	}
	return s, nil
}

// atRef is the portal as a commit has it; the portal itself without a ref.
func (co *checkout) atRef(ref string, e env) (*checkout, error) {
	if ref == "" {
		return co, nil
	}
	repo, err := gitbase.Open(co.project.Root)
	if err != nil {
		return nil, err
	}
	commit, err := repo.Commit(ref)
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{}, "the commit %s cannot be read", ref).
			WithNext("Name a branch, a tag, HEAD~N or a commit hash that this clone has")
	}
	at, err := readPortal(commit.InPlace(), co.project.Root, "", e)
	if err == nil {
		at.commit, err = commit, at.lockErr
	}
	return at, cmp.Or(commit.Err(), err)
}

// installed says why nothing tells which versions the portal has: there is no lock, or
// one without an entry, which a new portal has before its first install. What such a
// lock lacks is not new to the portal, so that nothing can be compared with it.
func (co *checkout) installed() error {
	switch {
	case co.lock == nil:
		return fault.New("there is no yarn.lock at %s, and so nothing tells which versions the portal has", co.project.Root).
			WithNext("Run yarn install, and commit the yarn.lock that it writes")
	case co.lockEmptied():
		return fault.At(fault.Pos{File: co.lockPath()}, "the lock is empty, and package.json has dependencies: which versions the portal has is not known").
			WithNext("Run yarn install, and commit the yarn.lock that it writes")
	}
	return nil
}

// lockEmptied reports whether the lock has no entry although a package.json asks for
// what is no workspace. (Yarn 1 locks no workspaces.)
func (co *checkout) lockEmptied() bool {
	return len(co.lock.Entries) == 0 && slices.ContainsFunc(co.project.Workspaces, func(w *workspace.Workspace) bool {
		return slices.ContainsFunc(w.File.AllDeps(), func(d pkgjson.Dep) bool { return co.project.ByName(d.Name) == nil })
	})
}

// lockedAt is the portal as the commit of --to-ref has it, which needs a lock.
func (co *checkout) lockedAt(ref string, e env) (*checkout, error) {
	to, err := co.atRef(ref, e)
	switch {
	case err != nil:
		return nil, err
	case to.lock == nil:
		return nil, fault.New("the commit %s has no yarn.lock, and so nothing tells which versions it has", ref).
			WithNext("Name a commit that has one, or leave --to-ref out")
	}
	return to, to.installed()
}

// planned is the plan of a bump that is only looked at.
func (co *checkout) planned(ctx context.Context, e env, releases *release.Source, reg *registry.Client, to string, patterns ...string) (*bump.Plan, error) {
	progress := e.Progress("Asking the registry", -1)
	defer progress.Done()
	return bump.NewPlan(ctx, bump.Input{Project: co.project, Settings: co.settings, Lock: co.lock, Releases: releases, Registry: reg},
		bump.Options{Release: to, Patterns: patterns, DropStalePatches: true, Strict: e.get(release.ManifestFileEnv) != "", Progress: progress.Set})
}
