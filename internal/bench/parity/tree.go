package parity

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// CopyTree copies a checkout without node_modules and .git.
func CopyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, src, 0o644)
	})
}

// Open reads a tree for the solver.
func Open(dir, registry, yarn string, now time.Time) (*relock.Input, error) {
	project, err := workspace.Open(dir)
	if err != nil {
		return nil, err
	}
	settings, err := yarnrc.Load(project.Root, []string{
		"HOME=" + filepath.Join(dir, "nobody"), "YARN_NPM_REGISTRY_SERVER=" + registry,
	})
	if err != nil {
		return nil, err
	}
	src, err := os.ReadFile(filepath.Join(dir, "yarn.lock"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	lock, err := yarnlock.Parse("yarn.lock", src)
	if err != nil {
		return nil, err
	}
	in := &relock.Input{
		Project: project, Lock: lock, Settings: settings, YarnVersion: yarn, Now: now,
		ReadFile: func(rel string) ([]byte, error) {
			return os.ReadFile(filepath.Join(dir, filepath.FromSlash(rel)))
		},
	}
	if project.Backstage == nil {
		return in, nil
	}
	in.BackstageVersion = project.Backstage.Version
	if manifest := os.Getenv("BACKSTAGE_MANIFEST_FILE"); manifest != "" {
		in.Release, err = Versions(manifest)
	}
	return in, err
}

// Versions are the packages of a release manifest.
func Versions(file string) (map[string]string, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Packages []struct{ Name, Version string }
	}
	if err := json.Unmarshal(src, &doc); err != nil {
		return nil, err
	}
	versions := map[string]string{}
	for _, p := range doc.Packages {
		versions[p.Name] = p.Version
	}
	return versions, nil
}

// Solve is relock.Solve on a tree.
func Solve(ctx context.Context, dir, registry, yarn string, now time.Time, source relock.Source, policy relock.Policy) (*relock.Result, error) {
	in, err := Open(dir, registry, yarn, now)
	if err != nil {
		return nil, err
	}
	return relock.Solve(ctx, in, source, policy)
}
