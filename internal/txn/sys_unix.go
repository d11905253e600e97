//go:build !windows

package txn

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func writable(name string) error {
	mode := uint32(unix.W_OK)
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		mode |= unix.X_OK
	}
	if err := unix.Access(name, mode); err != nil {
		return &fs.PathError{Op: "access", Path: name, Err: err}
	}
	return nil
}

// owner is the user and group to give the replacement of a file.
func owner(info fs.FileInfo) (uid, gid int, ok bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(st.Uid), int(st.Gid), true
}

// inode tells one folder from another in the same place.
func inode(info fs.FileInfo) uint64 {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return uint64(st.Ino)
}

// private says why a folder is not this user's alone, or "".
func private(info fs.FileInfo) string {
	if uid, _, ok := owner(info); ok && uid != os.Geteuid() {
		return "belongs to another user"
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "is open to other users (its mode must be 0700)"
	}
	return ""
}

func isNotDir(err error) bool { return errors.Is(err, unix.ENOTDIR) }

func isDiskFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}

func isReadOnlyFS(err error) bool { return errors.Is(err, unix.EROFS) }

// removeWhileLocked: an open file can be removed, so nobody can lock it between
// our letting go and its removal.
const removeWhileLocked = true
