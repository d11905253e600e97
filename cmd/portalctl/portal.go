package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// checkout is the portal that a command works on, read and recovered.
type checkout struct {
	project  *workspace.Project
	settings *yarnrc.Settings
	net      *yarnrc.Settings // for requests: see reach
	lock     *yarnlock.Lock   // nil without a yarn.lock
	lockErr  error            // why there is one, but it cannot be read
	lockText []byte
	commit   *gitbase.Commit // what it was read from; nil for the work tree
	// texts are files, by their path from the root, that are about to be written,
	// and by which the rest is; nil where it is read as it is.
	texts map[string][]byte
}

// with is the portal once files have other texts; nil is a file that is gone. Its
// lock is the old one, and requests go by the old settings.
func (co *checkout) with(texts map[string][]byte, e env) (*checkout, error) {
	out := *co
	manifests := map[string][]byte{}
	for rel, text := range texts {
		if path.Base(rel) == pkgjson.FileName && text != nil {
			manifests[rel] = text
		}
	}
	var err error
	if out.project, err = co.project.With(manifests); err != nil {
		return nil, err
	}
	root := co.project.Root
	out.texts = texts
	out.settings, err = yarnrc.LoadIn(repofile.Of(repofile.Top(root)).With(root, texts), root, e.Environ)
	return &out, err
}

// openYarnPortal is openPortal of a portal that Yarn installs. For a command that
// changes files it first finishes or undoes what an interrupted one left behind.
func openYarnPortal(ctx context.Context, t target, writes bool, e env) (*checkout, error) {
	if writes {
		dir, err := workDir(t.directory)
		if err != nil {
			return nil, err
		}
		if err := checkOutputFile(t.output); err != nil {
			return nil, err
		}
		if err := recoverChange(ctx, dir, e); err != nil {
			return nil, err
		}
	}
	co, err := openPortal(ctx, t, e)
	if err != nil {
		return nil, err
	}
	return co, co.project.OnlyYarn()
}

// openPortal finds the monorepo of -C and reads what every command needs. It
// changes nothing, and refuses a portal that is half-way through a change.
func openPortal(ctx context.Context, t target, e env) (*checkout, error) {
	dir, err := workDir(t.directory)
	if err != nil {
		return nil, err
	}
	if err := checkOutputFile(t.output); err != nil {
		return nil, err
	}
	if err := settled(ctx, dir, e); err != nil {
		return nil, err
	}
	co, err := readPortal(repofile.Of(dir), dir, "", e)
	if err != nil {
		return nil, err
	}
	return co, co.lockErr
}

// readPortal reads the portal that dir belongs to from the files of repo. Positions
// in its lock name it lockName, or by its path for "".
func readPortal(repo *repofile.Repo, dir, lockName string, e env) (*checkout, error) {
	at, err := workspace.FindIn(repo, dir)
	if err != nil {
		return nil, err
	}
	// The lock is half of what there is to read, and independent of the rest.
	co := &checkout{}
	read := make(chan struct{})
	go func() {
		defer close(read)
		co.readLock(at, cmp.Or(lockName, filepath.Join(at.Root, "yarn.lock")))
	}()
	co.project, err = at.Open()
	<-read
	if err != nil {
		return nil, err
	}
	co.settings, err = yarnrc.LoadIn(repo.Around(at.Root), at.Root, e.Environ)
	return co, err
}

// readLock reads yarn.lock at the root, if there is one.
func (co *checkout) readLock(at workspace.Place, name string) {
	src, err := at.Read("yarn.lock", repofile.MaxLock)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		co.lockErr = fault.Wrap(fault.Cause(err), fault.Pos{File: name}, "cannot be read").WithNext("Put a lock that yarn install writes in its place")
	default:
		co.lockText = src
		co.lock, co.lockErr = yarnlock.Parse(name, src)
	}
}

// recoverChange finishes or undoes the change of dir's portal that this user's
// own portalctl left half-way. It comes before the project is read.
func recoverChange(ctx context.Context, dir string, e env) error {
	root, err := workspace.FindRoot(dir)
	if err != nil {
		return err
	}
	return recoverAt(ctx, root, e)
}

// recoverAt is recoverChange of a root that is known.
func recoverAt(ctx context.Context, root string, e env) error {
	done, err := txn.Recover(e.withState(ctx), root)
	if err != nil {
		return err
	}
	if done.Outcome != txn.Nothing {
		fmt.Fprintf(e.Err, "portalctl: an interrupted change of %s was %s: %s\n",
			english.Count(len(done.Files), "file"), done.Outcome, strings.Join(done.Files, ", "))
	}
	return nil
}

// settled refuses a folder that lies in a project which is half-way through a
// change: a command that only looks must neither judge that nor mend it.
func settled(ctx context.Context, dir string, e env) error {
	ctx = e.withState(ctx)
	for {
		if txn.Pending(ctx, dir) {
			return txn.PendingFault(dir)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil
		}
		dir = parent
	}
}

// withState tells transactions where this user's state is kept.
func (e env) withState(ctx context.Context) context.Context {
	return txn.WithState(ctx, txn.StateHome(e.get))
}

// releases answers for release manifests, by the official tool's variables.
func (co *checkout) releases(e env, offline bool) (*release.Source, error) {
	base := e.get(release.BaseURLEnv)
	address := base
	if address == "" {
		address = release.DefaultBaseURL
	}
	if err := co.reach(e); err != nil {
		return nil, err
	}
	cfg := httpConfig(co.net, e, address)
	cache, err := e.cacheOf(cfg, address)
	if err != nil {
		return nil, err
	}
	return release.NewSource(release.Config{
		BaseURL:      base,
		ManifestFile: e.get(release.ManifestFileEnv),
		CacheDir:     filepath.Join(cache, "releases"),
		HTTP:         httpfetch.New(cfg),
		Offline:      offline,
	})
}

// reach finds out how servers are to be reached, once.
func (co *checkout) reach(e env) error {
	if co.net != nil {
		return nil
	}
	net, note, err := yarnrc.OfBase(co.project.Root, co.settings, e.Environ)
	if err != nil {
		return err
	}
	if note != "" {
		fmt.Fprintf(e.Err, "portalctl: %s\n", harmless(note))
	}
	co.net = net
	return nil
}

// registry answers for npm packages, by the repo's own settings.
func (co *checkout) registry(e env, offline bool) (*registry.Client, error) {
	if err := co.reach(e); err != nil {
		return nil, err
	}
	address := co.net.Endpoint("@backstage/cli").URL
	cfg := httpConfig(co.net, e, address)
	cache, err := e.cacheOf(cfg, address)
	if err != nil {
		return nil, err
	}
	return registry.New(registry.Config{
		Settings: co.net,
		HTTP:     httpfetch.New(cfg),
		CacheDir: filepath.Join(cache, "registry"),
		TempDir:  e.tempDir(),
		Offline:  offline,
	})
}

// sources answer for release manifests and for npm packages.
func (co *checkout) sources(e env, offline bool) (*release.Source, *registry.Client, error) {
	releases, err := co.releases(e, offline)
	if err != nil {
		return nil, nil, err
	}
	packages, err := co.registry(e, offline)
	return releases, packages, err
}

// registryCache is a folder of the cache for what was made of the answers of this repo's
// registry: "checksums", "published", "templates". How servers are reached is known by then.
func (co *checkout) registryCache(e env, folder string) (string, error) {
	address := co.net.Endpoint("@backstage/cli").URL
	cache, err := e.cacheOf(httpConfig(co.net, e, address), address)
	return filepath.Join(cache, folder), err
}

// decisions is the text of the team's .portalctl.yaml, nil where there is none.
func (co *checkout) decisions() ([]byte, error) { return finding.ReadFile(co.project.Read) }

// lockPath is where the lock is, or will be.
func (co *checkout) lockPath() string { return filepath.Join(co.project.Root, "yarn.lock") }
