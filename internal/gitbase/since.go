package gitbase

import (
	"os"
	"path"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// A Difference is a file or a submodule that one commit has, and another lacks
// or has with another content.
type Difference struct {
	// Path is from the top of the repository, with forward slashes.
	Path      string
	Submodule bool
	// Absent is whether it is a submodule that is not checked out.
	Absent bool
}

// Since is what c has otherwise than base, in the order of its tree. Folders that
// skip admits are not entered.
func (c *Commit) Since(base *Commit, skip func(path string) bool) ([]Difference, error) {
	var out []Difference
	err := c.since(c.c.tree, base.c.tree, "", skip, &out)
	return out, err
}

func (c *Commit) since(head, base plumbing.Hash, dir string, skip func(string) bool, out *[]Difference) error {
	list, err := c.repo.treeOf(head)
	if err != nil {
		return c.unread(err, dir)
	}
	was := map[string]treeEntry{}
	if !base.IsZero() {
		if was, err = c.repo.byName(base); err != nil {
			return c.unread(err, dir)
		}
	}
	for _, e := range list {
		name := path.Join(dir, e.name)
		old := was[e.name]
		if e.hash == old.hash && e.mode == old.mode || skip != nil && (e.mode == filemode.Dir || e.mode == filemode.Submodule) && skip(name) {
			continue
		}
		if e.mode == filemode.Dir {
			below := plumbing.ZeroHash
			if old.mode == filemode.Dir {
				below = old.hash
			}
			if err := c.since(e.hash, below, name, skip, out); err != nil {
				return err
			}
			continue
		}
		d := Difference{Path: name, Submodule: e.mode == filemode.Submodule}
		if d.Submodule {
			_, err := os.Lstat(filepath.Join(c.repo.top, filepath.FromSlash(name), ".git"))
			d.Absent = err != nil
		}
		*out = append(*out, d)
	}
	return nil
}
