package snapshot

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// freeSpace is what a user may still write below dir, which need not be there
// yet, in bytes.
func freeSpace(dir string) (int64, bool) {
	for {
		var free uint64
		if p, err := windows.UTF16PtrFromString(dir); err == nil && windows.GetDiskFreeSpaceEx(p, &free, nil, nil) == nil {
			return int64(free), true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return 0, false
		}
		dir = parent
	}
}
