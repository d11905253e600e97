package txn

import (
	"os"

	"golang.org/x/sys/unix"
)

// startSync gives the file its blocks on the disk and begins to write them.
// Without it each Sync in turn does so, and has the file system's own journal
// written once more.
func startSync(f *os.File) {
	_ = unix.SyncFileRange(int(f.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WRITE)
}
