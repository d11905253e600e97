//go:build unix

package filelock

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// A process that is being started has a copy of every descriptor until it
// becomes another program: it must not keep a lock that was let go.
func TestCopyOfDescriptorKeepsNoLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	lock, err := Try(path)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Dup(int(lock.file.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	lock.Close()
	again, err := Try(path)
	if err != nil {
		t.Fatalf("after the holder let go: %v", err)
	}
	again.Close()
}
