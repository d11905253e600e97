package gitbase

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/portalctl/portalctl/internal/fault"
)

// maxFile limits the files that are read, in bytes. The largest locks have
// some ten million.
const maxFile = 256 << 20

// maxText limits git's own small files, in bytes.
const maxText = 4 << 20

// Files reads the files of the commit's tree that want admits, by their paths
// from the top of the repository, with forward slashes. Folders that skip
// admits are not entered. Symbolic links are passed over. Of a submodule that is
// checked out the files are those of the commit that c has of it.
func (c *Commit) Files(want, skip func(path string) bool) (map[string][]byte, error) {
	out := map[string][]byte{}
	if err := c.walk(c.c.tree, "", want, skip, out); err != nil {
		return nil, err
	}
	return out, nil
}

// submodule reads the files of a submodule, from its own repository.
func (c *Commit) submodule(h plumbing.Hash, name string, want, skip func(string) bool, out map[string][]byte) error {
	dir := filepath.Join(c.repo.top, filepath.FromSlash(name))
	if _, err := os.Lstat(filepath.Join(dir, ".git")); err != nil || strings.Count(dir, string(filepath.Separator)) > 64 {
		return nil // not checked out
	}
	r, err := Open(dir)
	if err != nil {
		return err
	}
	found, err := r.commitOf(h)
	if err != nil {
		return fault.Wrap(err, fault.Pos{}, "git: commit %.12s of the submodule %s is not in this clone", h, name).
			WithNext("Run git -C %s fetch origin %s; %s", name, h, nextWithout)
	}
	sub := &Commit{Hash: h.String(), repo: r, c: found}
	files, err := sub.Files(func(p string) bool { return want(path.Join(name, p)) },
		func(p string) bool { return skip != nil && skip(path.Join(name, p)) })
	for p, src := range files {
		out[path.Join(name, p)] = src
	}
	return err
}

func (c *Commit) walk(h plumbing.Hash, dir string, want, skip func(string) bool, out map[string][]byte) error {
	tree, err := c.repo.treeOf(h)
	if err != nil {
		return c.unread(err, dir)
	}
	for _, e := range tree {
		// git refuses such names when it checks out; they lead elsewhere.
		if e.name == "" || e.name == "." || e.name == ".." || strings.ContainsAny(e.name, "/\\\x00") {
			continue
		}
		name := path.Join(dir, e.name)
		switch e.mode {
		case filemode.Dir:
			if skip != nil && skip(name) {
				continue
			}
			if err := c.walk(e.hash, name, want, skip, out); err != nil {
				return err
			}
		case filemode.Submodule:
			if skip != nil && skip(name) {
				continue
			}
			if err := c.submodule(e.hash, name, want, skip, out); err != nil {
				return err
			}
		case filemode.Regular, filemode.Executable, filemode.Deprecated:
			if !want(name) {
				continue
			}
			src, err := c.repo.object(plumbing.BlobObject, e.hash)
			if err != nil {
				return c.unread(err, name)
			}
			out[name] = src
		}
	}
	return nil
}

func (c *Commit) unread(err error, name string) error {
	if name == "" {
		name = "the top folder"
	}
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return c.repo.missing(err, name+" of commit "+c.Hash[:12])
	}
	return fault.Wrap(err, fault.Pos{}, "git: %s of commit %s cannot be read", name, c.Hash[:12]).
		WithNext("Run git fsck; " + nextWithout)
}
