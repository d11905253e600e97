//go:build unix

package atomicfile

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Rename replaces newname in one step.
func Rename(oldname, newname string) error { return os.Rename(oldname, newname) }

// SyncDir makes the names in a folder last, where the system has such an
// operation.
func SyncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil // a directory that may be written but not listed
		}
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		return nil // file systems without it, mostly network ones
	}
	return err
}
