// Package scratch is folders for data that nobody else may see and that must
// not stay: sessions and tokens of a database that is restored on trial. They
// go when they are closed, and also when their maker is killed.
package scratch

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/filelock"
)

// Dir is such a folder, of mode 0700.
type Dir struct {
	Path   string
	lock   *filelock.Lock
	keeper *keeper
}

const lockName = "lock"

// New makes a folder below parent, "" for the system's. Its name begins with
// prefix, by which Clean knows it.
func New(parent, prefix string) (*Dir, error) {
	path, err := os.MkdirTemp(parent, prefix)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{}, "no folder for temporary files").WithNext("Set TMPDIR to a folder that may be written")
	}
	d := &Dir{Path: path}
	if d.lock, err = filelock.Try(filepath.Join(path, lockName)); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	d.keeper = keep(path)
	return d, nil
}

// Close removes the folder with all that is in it.
func (d *Dir) Close() error {
	err := os.RemoveAll(d.Path)
	if d.lock != nil {
		_ = d.lock.Close()
	}
	d.keeper.end()
	if err != nil {
		return fault.Wrap(err, fault.Pos{File: d.Path}, "the temporary folder is left").WithNext("Remove it")
	}
	return nil
}

// Clean removes the folders below parent whose maker has gone and took the
// keeper along, and returns them.
func Clean(parent, prefix string) []string {
	if parent == "" {
		parent = os.TempDir()
	}
	matches, _ := filepath.Glob(filepath.Join(parent, prefix+"*"))
	var removed []string
	for _, dir := range matches {
		info, err := os.Lstat(dir)
		// One that is being made has no lock yet.
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < 5*time.Second {
			continue
		}
		lock, err := filelock.Try(filepath.Join(dir, lockName))
		if err != nil {
			continue // in use, or another's
		}
		if os.RemoveAll(dir) == nil {
			removed = append(removed, dir)
		}
		_ = lock.Close()
	}
	return removed
}
