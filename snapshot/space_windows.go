package snapshot

import (
	"golang.org/x/sys/windows"
)

// freeAt is what a user may still write in a folder, in bytes.
func freeAt(dir string) (int64, bool) {
	var free uint64
	p, err := windows.UTF16PtrFromString(dir)
	if err == nil {
		err = windows.GetDiskFreeSpaceEx(p, &free, nil, nil)
	}
	return int64(free), err == nil
}
