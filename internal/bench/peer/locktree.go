package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/bench/parity"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// lockLab is what the benchmarks of yarn.lock share: the registry, portalctl,
// and folders for trees and caches.
type lockLab struct {
	*bench
	front    *front
	dir      string   // recordings, shared with package parity, and Yarns of our own
	versions string   // copy of the versions host's folder, "" for none
	plugin   string   // the Backstage Yarn plugin, for trees that lack theirs
	typed    []string // what runs Yarn, none for its bundle
	now      time.Time
}

// openLockLab reads the flags that both benchmarks have, and their own.
func openLockLab(ctx context.Context, b *bench, args []string, usage string) (l *lockLab, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	l = &lockLab{bench: b, now: time.Now()}
	b.StringVar(&l.dir, "dir", filepath.Join(cache, "portalctl-parity"), "keep recordings and Yarns here")
	b.StringVar(&l.versions, "versions", "", "a folder with release manifests, laid out as the versions host serves them")
	b.StringVar(&l.plugin, "plugin", "", "the Backstage Yarn plugin, for trees that lack theirs")
	yarn := b.String("yarn", "", "run Yarn by this command, such as corepack yarn, instead of its bundle by node")
	latency := b.Duration("latency", 25*time.Millisecond, "what the registry takes for each answer")
	if err := b.start(args, usage); err != nil {
		return nil, err
	}
	l.typed = strings.Fields(*yarn)
	if l.versions != "" {
		if l.versions, err = filepath.Abs(l.versions); err != nil {
			return nil, err
		}
	}
	l.front, err = startFront(ctx, l.dir, *latency)
	return l, err
}

// lockTree is a portal with everything that Yarn needs to run in it.
type lockTree struct {
	lab  *lockLab
	name string
	dir  string // a copy; runs copy it again
	yarn *parity.Yarn
	// env is what both tools get besides their caches.
	env []string
}

// openTree copies a tree and adds the Yarn, and the plugin, that it lacks.
func (l *lockLab) openTree(ctx context.Context, from string) (*lockTree, error) {
	t := &lockTree{lab: l, name: filepath.Base(from), dir: filepath.Join(l.tmp, "tree-"+filepath.Base(from))}
	if err := parity.CopyTree(from, t.dir); err != nil {
		return nil, err
	}
	project, err := workspace.Open(t.dir)
	if err != nil {
		return nil, err
	}
	if t.yarn, err = prepare(ctx, t.dir, filepath.Join(l.dir, "peerbench"), l.plugin); err != nil {
		return nil, err
	}
	t.env = append(parity.Environ(l.front.server.URL), "HOME="+filepath.Join(l.tmp, "home"),
		"YARN_ENABLE_GLOBAL_CACHE=1", "NO_PROXY=127.0.0.1")
	if l.versions != "" {
		t.env = append(t.env, "BACKSTAGE_VERSIONS_BASE_URL=file://"+filepath.ToSlash(l.versions))
	}
	if project.Backstage != nil {
		return t, t.useManifest(project.Backstage.Version)
	}
	return t, nil
}

// prepare fetches the Yarn that packageManager of a tree names, and adds it and the
// plugin where the settings name files that are not there.
func prepare(ctx context.Context, tree, yarns, plugin string) (*parity.Yarn, error) {
	src, err := os.ReadFile(filepath.Join(tree, pkgjson.FileName))
	if err != nil {
		return nil, err
	}
	root, err := pkgjson.Parse(pkgjson.FileName, src)
	if err != nil {
		return nil, err
	}
	version, ok := strings.CutPrefix(root.PackageManager.Raw, "yarn@")
	version, _, _ = strings.Cut(version, "+")
	if !ok {
		return nil, errors.New("packageManager names no Yarn")
	}
	y, err := parity.GetYarn(ctx, yarns, version)
	if err != nil {
		return nil, err
	}
	settings, err := yarnrc.Load(tree, nil)
	if err != nil {
		return nil, err
	}
	if err := copyMissing(y.Bundle, settings.YarnPath); err != nil {
		return nil, err
	}
	for _, p := range settings.Plugins {
		if err := copyMissing(plugin, p.AbsPath); err != nil {
			return nil, err
		}
	}
	return y, nil
}

// copyMissing puts a file where there is none.
func copyMissing(from, to string) error {
	if _, err := os.Stat(to); from == "" || to == "" || !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	src, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, src, 0o644)
}

// useManifest hands a release to both tools: the host's manifest if there is
// one, else what backstage: ranges are bound to in the lock.
func (t *lockTree) useManifest(release string) error {
	file := filepath.Join(t.lab.versions, "v1", "releases", release, "manifest.json")
	if _, err := os.Stat(file); t.lab.versions == "" || err != nil {
		bound, err := boundVersions(filepath.Join(t.dir, "yarn.lock"))
		if err != nil || len(bound) == 0 {
			return err
		}
		type pkg struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		}
		var list []pkg
		for name, version := range bound {
			list = append(list, pkg{name, version})
		}
		doc, err := json.Marshal(map[string]any{"releaseVersion": release, "packages": list})
		if err != nil {
			return err
		}
		file = filepath.Join(t.lab.tmp, "manifest-"+t.name+".json")
		if err := os.WriteFile(file, doc, 0o644); err != nil {
			return err
		}
	}
	t.env = append(t.env, "BACKSTAGE_MANIFEST_FILE="+file)
	// The solver of package parity reads it too.
	return os.Setenv("BACKSTAGE_MANIFEST_FILE", file)
}

func boundVersions(file string) (map[string]string, error) {
	lock, err := readLock(file)
	if err != nil {
		return nil, err
	}
	bound := map[string]string{}
	for _, e := range lock.Entries {
		for _, k := range e.Keys {
			if npm := spec.Parse(k.Range).Bind("npm"); k.Is(spec.Backstage) && npm != "" {
				bound[k.Name] = npm
			}
		}
	}
	return bound, nil
}

func readLock(file string) (*yarnlock.Lock, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return yarnlock.Parse(file, src)
}

// solve is the solver on a tree, without the latency.
func (t *lockTree) solve(ctx context.Context, dir string, source relock.Source) error {
	_, err := parity.Solve(ctx, dir, t.lab.front.proxy.URL, t.yarn.Version, t.lab.now, source, relock.Highest{})
	return err
}

func (t *lockTree) source() (relock.Source, error) {
	return parity.NewSource(t.lab.front.proxy.URL, t.yarn.Bundle)
}
