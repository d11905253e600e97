package gitbase

import (
	"errors"
	"io"
	"path"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

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
	if err := c.walk(c.c.TreeHash, "", want, skip, out); err != nil {
		return nil, err
	}
	return out, nil
}

func (c *Commit) walk(h plumbing.Hash, dir string, want, skip func(string) bool, out map[string][]byte) error {
	tree, err := object.GetTree(c.repo.store, h)
	if err != nil {
		return c.unread(err, dir)
	}
	for _, e := range tree.Entries {
		// git refuses such names when it checks out; they lead elsewhere.
		if e.Name == "" || e.Name == "." || e.Name == ".." || strings.ContainsAny(e.Name, "/\\\x00") {
			continue
		}
		name := path.Join(dir, e.Name)
		switch e.Mode {
		case filemode.Dir:
			if skip != nil && skip(name) {
				continue
			}
			if err := c.walk(e.Hash, name, want, skip, out); err != nil {
				return err
			}
		case filemode.Regular, filemode.Executable, filemode.Deprecated:
			if !want(name) {
				continue
			}
			src, err := c.blob(e.Hash)
			if err != nil {
				return c.unread(err, name)
			}
			out[name] = src
		}
	}
	return nil
}

func (c *Commit) blob(h plumbing.Hash) (src []byte, err error) {
	b, err := object.GetBlob(c.repo.store, h)
	if err != nil {
		return nil, err
	}
	if b.Size > maxFile {
		return nil, errors.New("the file is too large")
	}
	r, err := b.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
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
