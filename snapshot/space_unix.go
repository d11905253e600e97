//go:build unix

package snapshot

import (
	"golang.org/x/sys/unix"
)

// freeAt is what a user may still write in a folder, in bytes.
func freeAt(dir string) (int64, bool) {
	var st unix.Statfs_t
	err := unix.Statfs(dir, &st)
	return int64(st.Bavail) * int64(st.Bsize), err == nil
}
