package gitbase

import (
	"errors"
	"path"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/portalctl/portalctl/internal/fault"
)

// maxFile limits the files that are read, in bytes. The largest locks have
// some ten million.
const maxFile = 256 << 20

// Files reads the files of the commit's tree that want admits, by their paths
// from the top of the repository, with forward slashes. Folders that skip
// admits are not entered. Symbolic links and submodules are passed over.
func (c *Commit) Files(want, skip func(path string) bool) (map[string][]byte, error) {
	out := map[string][]byte{}
	if err := c.walk(c.c.tree, "", want, skip, out); err != nil {
		return nil, err
	}
	return out, nil
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
