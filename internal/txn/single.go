package txn

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/portalctl/portalctl/internal/atomicfile"
	"github.com/portalctl/portalctl/internal/fault"
)

// WriteFile replaces one file as a whole or not at all, for what is not part of
// a project: a report, an answer to keep. A new file gets mode
// perm; an existing one keeps its mode, and a symlink stays a symlink,
// unless it leads out of the repository that it lies in: that is an error. What is
// no regular file, such as /dev/null, is written to directly.
func WriteFile(name string, data []byte, perm fs.FileMode) (err error) {
	given := name
	defer func() {
		if err != nil {
			err = fault.Wrap(err, fault.Pos{File: given}, "cannot be written").
				WithNext("Check that the folder exists, that you may write there and that the disk has room")
		}
	}()
	// EvalSymlinks leaves a relative name relative, and the links above it unread.
	if name, err = filepath.Abs(name); err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(name); err == nil {
		if leaves(name, real) {
			return errors.New("it is a link that leads out of the repository")
		}
		name = real
	} else if info, lerr := os.Lstat(name); lerr == nil && info.Mode()&fs.ModeSymlink != 0 {
		return errors.New("it is a link to nothing")
	} else if dir, err := filepath.EvalSymlinks(filepath.Dir(name)); err == nil && leaves(name, filepath.Join(dir, filepath.Base(name))) {
		return errors.New("its folder is a link that leads out of the repository")
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return errors.New("it is a folder")
	case err == nil && !info.Mode().IsRegular():
		return writeTo(name, data)
	case err == nil:
		perm = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return atomicfile.Write(name, data, perm)
}

// leaves reports whether a name in a git work tree leads out of it: a commit can
// bring a link in the place of a report. Both are absolute.
func leaves(name, real string) bool {
	dir := filepath.Dir(name)
	for top := dir; ; top = filepath.Dir(top) {
		if _, err := os.Lstat(filepath.Join(top, ".git")); err == nil {
			realTop, err := filepath.EvalSymlinks(top)
			if err != nil {
				return true
			}
			rel, err := filepath.Rel(realTop, real)
			// A link to a folder may bring a .git of its own: go on upwards.
			if err != nil || !filepath.IsLocal(rel) {
				return true
			}
		}
		if top == filepath.Dir(top) {
			return false
		}
	}
}

func writeTo(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return cmp.Or(err, f.Close())
}
