package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/check"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// open reads the portal, or the lock that --lockfile names, and what the team
// has decided about it.
func (r *checkRun) open(ctx context.Context) error {
	r.opts.Now = time.Now()
	root := ""
	if file := r.lockfile; file != "" {
		if err := r.openLock(file); err != nil {
			return err
		}
	} else {
		if err := r.openPortal(ctx); err != nil {
			return err
		}
		root = r.co.project.Root
		config, err := check.ReadConfig(r.co.project, r.opts.Now)
		if err != nil {
			return err
		}
		r.opts.Config = config
	}
	var err error
	r.baseline, r.opts.Baseline, err = readBaseline(r.baselineFile, root, r.update)
	return err
}

func (r *checkRun) openLock(file string) error {
	src, err := os.ReadFile(file)
	if err != nil {
		return fault.Wrap(fault.Cause(err), fault.Pos{File: file}, "the lock cannot be read").WithNext("Give --lockfile the path of a yarn.lock")
	}
	r.file = file
	r.in.Lock, r.in.LockErr = yarnlock.Parse(filepath.ToSlash(file), src)
	return nil
}

// openPortal is like the function of that name, but a lock that cannot be read
// is for the rules to judge.
func (r *checkRun) openPortal(ctx context.Context) error {
	dir, err := workDir(r.directory)
	if err != nil {
		return err
	}
	ready := settled
	if r.fixes && !r.dryRun {
		ready = recoverChange
	}
	if err := ready(ctx, dir, r.e); err != nil {
		return err
	}
	if r.co, err = readPortal(repofile.Of(dir), dir, audit.LockName, r.e); err != nil {
		return err
	}
	r.in = r.co.judged()
	return r.ask(ctx)
}

// judged is the portal as the rules of check see it, without its release.
func (co *checkout) judged() check.Input {
	return check.Input{Project: co.project, Settings: co.settings, Lock: co.lock, LockErr: co.lockErr, Files: co.project.Files()}
}

// ask reads the manifest of the portal's release: from the cache or a mirror on
// disk, and with --online from the versions host. Then it also asks the registry
// about what the workspaces depend on.
func (r *checkRun) ask(ctx context.Context) error {
	source, err := r.co.releases(r.e, !r.online)
	if err != nil {
		return err
	}
	if err := r.in.ReadRelease(ctx, source, r.online); err != nil || !r.online {
		return err
	}
	client, err := r.co.registry(r.e, false)
	if err != nil {
		return err
	}
	progress := r.e.Progress("Asking the registry", -1)
	defer progress.Done()
	return r.in.AskRegistry(ctx, client, progress.Set)
}

func validGlobs(globs []string) error {
	for _, g := range globs {
		if strings.TrimSpace(g) == "" || !doublestar.ValidatePattern(g) {
			return usagef("--scope %q is not a valid glob", g).
				WithNext("Use * for a part of a name and {a,b} for alternatives, for example '@{backstage,roadiehq}/*'")
		}
	}
	return nil
}
