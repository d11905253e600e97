package txn

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/windows"
)

// writable knows nothing of access lists: a refusal comes while staging, and
// is undone there. The read-only attribute shows in the file's mode.
func writable(string) error { return nil }

func owner(fs.FileInfo) (uid, gid int, ok bool) { return 0, 0, false }

func inode(fs.FileInfo) uint64 { return 0 }

// private: a user's LocalAppData is the user's alone by its access list.
func private(fs.FileInfo) string { return "" }

func isNotDir(err error) bool { return errors.Is(err, windows.ERROR_DIRECTORY) }

func isDiskFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}

func isReadOnlyFS(err error) bool { return errors.Is(err, windows.ERROR_WRITE_PROTECT) }

// removeWhileLocked: an open file cannot be removed. Between letting go and the
// removal another process may lock it; then the removal fails, and the folder
// is that process's to remove.
const removeWhileLocked = false
