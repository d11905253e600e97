//go:build unix

package snapshot

import (
	"path/filepath"

	"golang.org/x/sys/unix"
)

// freeSpace is what a user may still write below dir, which need not be there
// yet, in bytes.
func freeSpace(dir string) (int64, bool) {
	for {
		var st unix.Statfs_t
		if err := unix.Statfs(dir, &st); err == nil {
			return int64(st.Bavail) * int64(st.Bsize), true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return 0, false
		}
		dir = parent
	}
}
