// Package yarncli runs the repo's own Yarn so that only yarn.lock changes.
//
// Yarn is not run in the user's tree. What it writes besides the lockfile
// differs between versions (package.json files in its own formatting, the
// local cache, .pnp.cjs, install-state.gz, node_modules), and a run that fails
// or is killed would leave some of it. It runs in a scratch folder that looks
// like the project: folders that lead to a package.json are real, package.json
// files, the lockfile and the rc files are copies, with the caller's edits, and
// everything else is symlinked to the original. The lockfile's new bytes are all
// that is taken back.
package yarncli

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
)

// Request is one run of Yarn.
type Request struct {
	// Root is the absolute path of the project.
	Root string
	// Files are contents that differ from those on disk, by slash-separated
	// path relative to Root: what the caller is about to write. A nil content
	// is a file to be removed.
	Files map[string][]byte
	// Workspaces are the folders of the workspaces, slash-separated and
	// relative to Root, with "." for the root itself. Only their file: and
	// portal: dependencies are followed. Nil follows those of every
	// package.json, which may copy more than is needed.
	Workspaces []string
	// CacheFolders are absolute paths of package caches. Those inside Root are
	// shown to Yarn, but what it adds does not reach them. The cache that Find
	// saw in the settings is known already.
	CacheFolders []string
	// Env are further variables, "NAME=value", such as BACKSTAGE_MANIFEST_FILE.
	Env []string
	// TempDir is where the scratch folder is made; "" chooses a place that no
	// other user can write to.
	TempDir string
}

// UpdateLock is the yarn.lock that the repo's Yarn writes for the project with
// the request's files, as `yarn install --mode=update-lockfile` would. The
// project is not touched, whatever happens; the caller commits the result
// together with the files.
//
// The error of a Yarn that fails is a *fault.Error around what Yarn printed. When ctx
// ends, Yarn and all processes it started are killed and the error wraps
// ctx.Err. A process that is itself killed leaves the scratch folder, which a
// later call removes.
func (y *Yarn) UpdateLock(ctx context.Context, req Request) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, stopped(err)
	}
	root, err := filepath.EvalSymlinks(req.Root)
	if err == nil {
		root, err = filepath.Abs(root)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: req.Root}, "the project could not be opened")
	}
	old, err := lockOf(root, req.Files)
	if err != nil {
		return nil, err
	}
	if err := y.fits(req.Root, old); err != nil {
		return nil, err
	}
	scratch, err := newScratch(req.TempDir, y.cache, root)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)

	m := &mirror{src: root, scratch: scratch, files: req.Files, rcName: y.rcName()}
	m.caches = append(append(m.caches, req.CacheFolders...), y.caches...)
	if err := m.build(ctx, req.Workspaces); err != nil {
		if ctx.Err() != nil {
			return nil, stopped(ctx.Err())
		}
		return nil, fault.Wrap(err, fault.Pos{File: scratch}, "a scratch copy of the project for Yarn could not be made").
			WithNext("Check that the disk has space, or point TMPDIR at another place.")
	}
	if err := y.run(ctx, m, req, old); err != nil {
		return nil, err
	}
	return y.result(m, req.Root)
}

// result reads what Yarn wrote.
func (y *Yarn) result(m *mirror, root string) ([]byte, error) {
	at := fault.Pos{File: filepath.Join(root, "yarn.lock")}
	b, err := os.ReadFile(filepath.Join(m.root(), "yarn.lock"))
	if err != nil {
		return nil, fault.Wrap(err, at, "%s wrote no lockfile", y)
	}
	if k := kindOf(b); k == noLock || (k == classicLock) != y.Classic() {
		return nil, fault.At(at, "%s ended without an error, but what it wrote is not a lockfile of its own", y).
			WithNext("Run yarn install in the project to see what it does, or use --lockfile skip.")
	}
	// Yarn 4 migrates the settings of an older Yarn together with the lockfile:
	// the checksums in the lockfile would not fit the settings that stay.
	if changed := m.rcChanged(); changed != "" {
		return nil, fault.At(fault.Pos{File: filepath.Join(root, changed)}, "%s wants to change this file together with yarn.lock, as the project was last installed with an older Yarn", y).
			WithNext("Run yarn install once, commit what it changes, then run the command again.")
	}
	return b, nil
}

// lockOf is the lockfile that Yarn will start from, nil if there is none.
func lockOf(root string, files map[string][]byte) ([]byte, error) {
	if b, ok := files["yarn.lock"]; ok {
		return b, nil
	}
	b, err := repofile.ReadIn(repofile.Top(root), filepath.Join(root, "yarn.lock"), repofile.MaxLock)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: filepath.Join(root, "yarn.lock")}, "the lockfile could not be read")
	}
	return b, nil
}

func stopped(err error) error {
	return fault.Wrap(err, fault.Pos{}, "stopped before Yarn was done; no file was changed")
}
