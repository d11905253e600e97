package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/bump/template"
	"github.com/portalctl/portalctl/check"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/setup"
)

// facts reads the repository, and finishes or undoes what an interrupted command left.
func (r *initRun) facts(ctx context.Context) (*setup.Facts, error) {
	dir, err := workDir(r.directory)
	if err != nil {
		return nil, err
	}
	r.top = repofile.Top(dir)
	if err := checkOutputFile(r.output); err != nil {
		return nil, err
	}
	if !r.check && !r.dryRun {
		if err := recoverAt(ctx, r.top, r.e); err != nil {
			return nil, err
		}
		if err := recoverChange(ctx, dir, r.e); err != nil {
			return nil, err
		}
	}
	if err := settled(ctx, dir, r.e); err != nil {
		return nil, err
	}
	co, err := readPortal(repofile.Of(dir), dir, audit.LockName, r.e) // the name that check gives the lock
	if err != nil {
		return nil, err
	}
	if co.lockErr != nil {
		return nil, co.lockErr
	}
	root := co.project.Root
	below, err := filepath.Rel(r.top, root)
	if err != nil || !filepath.IsLocal(below) { // the portal is above where the command was called, outside of git
		r.top, below = root, "."
	}
	f := &setup.Facts{Files: repofile.Of(r.top).FS(r.top), Portal: filepath.ToSlash(below), Project: co.project, Version: version()}
	remote, branch := gitbase.Origin(root)
	if f.Branch = branch; branch == "" {
		f.Branch = "main"
	}
	f.Platforms = setup.PlatformsOf(f.Files, remote)
	if r.platform != "" {
		f.Platforms = []setup.Platform{r.platform}
	} else if len(f.Platforms) == 0 {
		f.Notes = append(f.Notes, "the repository shows neither GitHub nor GitLab, so that no workflow is planned: name one with --platform")
	}
	f.Complete()
	text, err := co.decisions()
	if err != nil {
		return nil, err
	}
	hasBase := false
	if r.Skip, hasBase, err = setup.ParseConfig(finding.ConfigFile, text); err != nil {
		return nil, err
	}
	if source, err := co.releases(r.e, true); err == nil {
		f.Release = source.Standing(co.lock, co.project.Declared()).Release
	}
	if !hasBase && r.looksAt(setup.Config) {
		f.Base, f.BaseWhy = r.templateBase(ctx, co, f.Release)
	}
	if _, err := fs.Stat(f.Files, f.At(baselineFile)); errors.Is(err, fs.ErrNotExist) && r.looksAt(setup.Baseline) {
		f.Baseline, err = r.baseline(ctx, co)
		if err != nil {
			return nil, err
		}
	}
	return f, r.pins(ctx, f)
}

// looksAt reports whether files of a kind are looked at.
func (r *initRun) looksAt(k setup.Kind) bool { return r.Options.Has(k) }

// templateBase is the release of the template that the portal is nearest to, or why it
// is not known.
func (r *initRun) templateBase(ctx context.Context, co *checkout, own string) (base, why string) {
	var err error
	// Any release will do that is not older than the base: the newest, where it cannot be
	// had the newest that this portalctl knows, or the portal's own.
	var plan *template.Plan
	for _, to := range []string{"main", release.NewestMain(), own} {
		if to == "" {
			continue
		}
		if plan, err = co.templatePlan(ctx, template.Options{Release: to}, r.offline, r.e); err == nil || ctx.Err() != nil {
			break
		}
	}
	switch {
	case err != nil:
		return "", err.Error()
	case plan.Base.How != template.Found:
		return "", "the portal has left the template too far; portalctl versions template" + r.at + " --base names one"
	}
	return plan.Base.Used, ""
}

// baseline is what check finds, as a baseline has it.
func (r *initRun) baseline(ctx context.Context, co *checkout) ([]byte, error) {
	source, err := co.releases(r.e, true)
	if err != nil {
		return nil, err
	}
	in := co.judged()
	if err := in.ReadRelease(ctx, source, false); err != nil {
		return nil, err
	}
	opts := check.Options{Now: time.Now()}
	if opts.Config, err = check.ReadConfig(co.project, opts.Now); err != nil {
		return nil, err
	}
	base, err := check.NewBaseline(in, opts)
	if err != nil {
		return nil, err
	}
	return base.Bytes(), nil
}
