package testkit

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// memory is a file system in memory that has room for what tests write: the
// folders of a hundred little portals and servers, which a disk's journal makes
// dear. It is "" where there is none, or little memory, or nothing on it may be
// run.
func memory() string {
	const (
		dir    = "/dev/shm"
		tmpfs  = 0x01021994 // TMPFS_MAGIC of linux/magic.h
		noExec = 0x8        // ST_NOEXEC of statvfs(3)
		room   = 4 << 30    // bytes
	)
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil || fs.Type != tmpfs || fs.Flags&noExec != 0 || fs.Bavail*uint64(fs.Bsize) < room {
		return ""
	}
	info, _ := os.ReadFile("/proc/meminfo")
	_, after, _ := bytes.Cut(info, []byte("MemAvailable:"))
	var available uint64 // KiB
	if _, err := fmt.Sscan(string(after[:min(len(after), 30)]), &available); err != nil || available<<10 < room {
		return ""
	}
	return dir
}
