package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sort"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/yarncli"
)

// lockWriter brings yarn.lock in line with edited package.json files. It writes
// nothing itself: the new text is committed with the files that led to it.
type lockWriter interface {
	// UpdateLock returns the lock that belongs to the repo once plan is
	// applied.
	UpdateLock(ctx context.Context, plan *bump.Plan) ([]byte, error)
	// String names the writer for a report.
	String() string
}

// newLockWriter is the writer that the user's flags ask for; nil when yarn.lock
// is to be left alone.
func (r *bumpRun) newLockWriter(ctx context.Context, releases *release.Source) (lockWriter, error) {
	if r.c.String("lockfile") == "skip" {
		return nil, nil
	}
	yarn, err := yarncli.Find(ctx, r.co.project.Root, yarncli.Options{
		Settings:       r.co.settings,
		PackageManager: r.co.project.RootWorkspace().File.PackageManager.Raw,
		Environ:        r.e.Environ,
	})
	if err != nil {
		return nil, err
	}
	return &yarnWriter{co: r.co, yarn: yarn, releases: releases}, nil
}

// yarnWriter runs the repo's own Yarn, in a scratch mirror of the repo.
type yarnWriter struct {
	co       *checkout
	yarn     *yarncli.Yarn
	releases *release.Source
}

func (w *yarnWriter) String() string { return w.yarn.String() }

func (w *yarnWriter) UpdateLock(ctx context.Context, plan *bump.Plan) ([]byte, error) {
	req := yarncli.Request{Root: w.co.project.Root, Files: map[string][]byte{}}
	for _, f := range plan.Files() {
		req.Files[f.Rel] = f.New
	}
	for _, ws := range w.co.project.Workspaces {
		req.Workspaces = append(req.Workspaces, ws.Rel)
	}
	if plan.UsesYarnPlugin() {
		// The Backstage Yarn plugin would ask the public host; it shall see the
		// same manifest as the plan, mirror and cache included.
		file, remove, err := w.manifestFile(ctx, plan.To)
		if err != nil {
			return nil, err
		}
		defer remove()
		req.Env = append(req.Env, release.ManifestFileEnv+"="+file)
	}
	return w.yarn.UpdateLock(ctx, req)
}

// manifestFile writes a release's manifest where Yarn can read it.
func (w *yarnWriter) manifestFile(ctx context.Context, version string) (name string, remove func(), err error) {
	m, err := w.releases.Get(ctx, version)
	if err != nil {
		return "", nil, err
	}
	type pkg struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	doc := struct {
		ReleaseVersion string `json:"releaseVersion"`
		Packages       []pkg  `json:"packages"`
	}{ReleaseVersion: m.ReleaseVersion}
	for name, v := range m.Packages {
		doc.Packages = append(doc.Packages, pkg{name, v})
	}
	sort.Slice(doc.Packages, func(i, j int) bool { return doc.Packages[i].Name < doc.Packages[j].Name })
	text, err := json.Marshal(doc)
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "portalctl-manifest-")
	if err == nil {
		name = filepath.Join(dir, "manifest.json")
		err = os.WriteFile(name, text, 0o600)
	}
	if err != nil {
		return "", nil, fault.Wrap(err, fault.Pos{}, "the release manifest could not be handed to Yarn").
			WithNext("Check that the disk has space, or point TMPDIR at another place")
	}
	return name, func() { os.RemoveAll(dir) }, nil
}
