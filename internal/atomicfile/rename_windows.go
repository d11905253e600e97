package atomicfile

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// Rename replaces newname in one step. Virus scanners and indexers hold a new
// file for moments: those refusals are tried again for a second. Write-through
// stands in for the sync of the directory, which Windows does not have.
func Rename(oldname, newname string) error {
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

// SyncDir has nothing to do: see Rename.
func SyncDir(string) error { return nil }
