package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/check"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
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
		config, err := readConfig(root, r.opts.Now)
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
		return fault.Wrap(pathCause(err), fault.Pos{File: file}, "the lock cannot be read").WithNext("Give --lockfile the path of a yarn.lock")
	}
	r.file = file
	r.in.Lock, r.in.LockErr = yarnlock.Parse(filepath.ToSlash(file), src)
	return nil
}

// pathCause is what went wrong, without the path that the message has already.
func pathCause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
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
	if r.co, err = readPortal(repofile.Of(dir), dir, lockName, r.e); err != nil {
		return err
	}
	r.in.Project, r.in.Settings, r.in.Files, r.in.Lock, r.in.LockErr = r.co.project, r.co.settings, r.co.project.Files(), r.co.lock, r.co.lockErr
	if err := r.release(ctx); err != nil {
		return err
	}
	if r.online {
		return r.published(ctx)
	}
	return nil
}

// release finds out which release the portal is on, and reads its manifest: from the cache or a
// mirror on disk, and with --online from the versions host.
func (r *checkRun) release(ctx context.Context) error {
	source, err := r.co.releases(r.e, !r.online)
	if err != nil {
		return err
	}
	stand := source.Standing(r.co.lock, r.co.project.Declared())
	r.in.Standing = &stand
	version := stand.Release
	if version == "" {
		return nil
	}
	m, err := source.Get(ctx, version)
	switch {
	case err == nil:
		r.in.Release = m.Packages
	case r.online:
		return err
	case errors.Is(err, httpfetch.ErrOffline):
		r.in.Unknown = &finding.Unknown{Reason: "the manifest of release " + version + " is not in the cache", Next: "Run it once with --online"}
	case errors.Is(err, release.ErrNotFound):
		r.in.Unknown = &finding.Unknown{Reason: err.Error(), Next: fault.NextOf(err)}
	default:
		return err
	}
	return nil
}

// published asks the registry about what the workspaces depend on.
func (r *checkRun) published(ctx context.Context) error {
	client, err := r.co.registry(r.e, false)
	if err != nil {
		return err
	}
	list := check.Moving(r.in)
	progress := r.e.Progress("Asking the registry", len(list))
	defer progress.Done()
	var mu sync.Mutex
	known := map[check.Package]check.Published{}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(16)
	for _, p := range list {
		g.Go(func() error {
			defer progress.Add(1)
			doc, err := client.Packument(gctx, p.Name)
			if errors.Is(err, registry.ErrNotFound) {
				return nil // a package of their own that is not published
			}
			if err != nil {
				return err
			}
			version := p.Version
			if version == "" {
				version = doc.DistTags["latest"]
			}
			pub := check.Published{}
			for _, v := range []string{version, doc.DistTags["latest"]} {
				// The newest version of a package that has moved says so; the
				// one in use was published before.
				if m, err := doc.Version(v); err == nil && pub == (check.Published{}) {
					pub = check.Published{Moved: m.Backstage.Moved, Deprecated: m.Deprecated}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			known[p] = pub
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	r.in.Published = func(name, version string) (check.Published, bool) {
		pub, ok := known[check.Package{Name: name, Version: version}]
		return pub, ok
	}
	return nil
}

// readConfig reads check's section of .portalctl.yaml at the root, if there is
// one. The commands that write a lock go by its singletons; they give no now, so
// that no ignore is too far ahead for them.
func readConfig(root string, now time.Time) (*finding.Config, error) {
	src, err := repofile.ReadIn(repofile.Top(root), filepath.Join(root, finding.ConfigFile), repofile.MaxSettings)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(pathCause(err), fault.Pos{File: finding.ConfigFile}, "cannot be read").WithNext("Check that you may read it")
	}
	schema := check.ConfigSchema()
	schema.Now = now
	return finding.ParseConfig(finding.ConfigFile, src, schema)
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
