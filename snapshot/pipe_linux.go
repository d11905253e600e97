package snapshot

import (
	"os"

	"golang.org/x/sys/unix"
)

// widenPipe lets pg_dump write ahead: with the 64 kB of a pipe it waits for the
// compressor all the time.
func widenPipe(f *os.File) {
	raw, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
}
