package txn

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// rename replaces newname in one step. Virus scanners and indexers hold a new
// file for moments: those refusals are tried again for a second. Write-through
// stands in for the sync of the directory, which Windows does not have.
func rename(oldname, newname string) error {
	from, err := windows.UTF16PtrFromString(oldname)
	if err != nil {
		return &os.LinkError{Op: "rename", Old: oldname, New: newname, Err: err}
	}
	to, err := windows.UTF16PtrFromString(newname)
	if err != nil {
		return &os.LinkError{Op: "rename", Old: oldname, New: newname, Err: err}
	}
	const flags = windows.MOVEFILE_REPLACE_EXISTING | windows.MOVEFILE_WRITE_THROUGH
	pause := time.Millisecond
	for {
		err = windows.MoveFileEx(from, to, flags)
		held := errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
		if err == nil {
			return nil
		}
		if !held || pause > 512*time.Millisecond {
			return &os.LinkError{Op: "rename", Old: oldname, New: newname, Err: err}
		}
		time.Sleep(pause)
		pause *= 2
	}
}

func syncDir(string) error { return nil }

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
