package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// checkout is the portal that a command works on, read and recovered.
type checkout struct {
	project  *workspace.Project
	settings *yarnrc.Settings
	lock     *yarnlock.Lock // nil without a yarn.lock
	lockText []byte
}

// openPortal finds the monorepo of -C, finishes or undoes what an interrupted
// command left behind, and reads what every command needs.
func openPortal(ctx context.Context, c *cli.Context, e env) (*checkout, error) {
	dir, err := directory(c)
	if err != nil {
		return nil, err
	}
	if err := checkOutput(c); err != nil {
		return nil, err
	}
	if err := recoverChange(ctx, dir, e); err != nil {
		return nil, err
	}
	root, err := workspace.FindRoot(dir)
	if err != nil {
		return nil, err
	}
	// The lock is half of what there is to read, and independent of the rest.
	co := &checkout{}
	read := make(chan error, 1)
	go func() { read <- co.readLock(root) }()
	co.project, err = workspace.Open(dir)
	lockErr := <-read
	if err != nil {
		return nil, err
	}
	if co.settings, err = yarnrc.Load(co.project.Root, e.Environ); err != nil {
		return nil, err
	}
	return co, lockErr
}

// readLock reads yarn.lock at root, if there is one.
func (co *checkout) readLock(root string) (err error) {
	path := filepath.Join(root, "yarn.lock")
	co.lockText, err = os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fault.Wrap(err, fault.Pos{File: path}, "cannot be read")
	}
	co.lock, err = yarnlock.Parse(path, co.lockText)
	return err
}

// recoverChange looks for the journal of an interrupted change at the root that
// dir belongs to. It comes before the project is read, since the change may
// have stopped half-way through its files.
func recoverChange(ctx context.Context, dir string, e env) error {
	for {
		if txn.Pending(dir) {
			done, err := txn.RecoverContext(ctx, dir)
			if err != nil {
				return err
			}
			if done.Outcome != txn.Nothing {
				fmt.Fprintf(e.Err, "portalctl: an interrupted change of %s was %s: %s\n",
					plural(len(done.Files), "file"), done.Outcome, strings.Join(done.Files, ", "))
			}
			return nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil
		}
		dir = parent
	}
}

// releases answers for release manifests, by the official tool's variables.
func (co *checkout) releases(e env, offline bool) (*release.Source, error) {
	cache, err := e.cacheDir()
	if err != nil {
		return nil, err
	}
	base := e.get(release.BaseURLEnv)
	address := base
	if address == "" {
		address = release.DefaultBaseURL
	}
	return release.NewSource(release.Config{
		BaseURL:      base,
		ManifestFile: e.get(release.ManifestFileEnv),
		CacheDir:     filepath.Join(cache, "releases"),
		HTTP:         httpfetch.New(httpConfig(co.settings, e, address)),
		Offline:      offline,
	})
}

// registry answers for npm packages, by the repo's own settings.
func (co *checkout) registry(e env, offline bool) (*registry.Client, error) {
	cache, err := e.cacheDir()
	if err != nil {
		return nil, err
	}
	return registry.New(registry.Config{
		Settings: co.settings,
		HTTP:     httpfetch.New(httpConfig(co.settings, e, co.settings.Endpoint("@backstage/cli").URL)),
		CacheDir: filepath.Join(cache, "registry"),
		Offline:  offline,
	})
}

// lockPath is where the lock is, or will be.
func (co *checkout) lockPath() string { return filepath.Join(co.project.Root, "yarn.lock") }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
