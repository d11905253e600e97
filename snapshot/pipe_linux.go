package snapshot

import (
	"os"

	"golang.org/x/sys/unix"
)

// widenPipe lets pg_dump write ahead: with the 64 kB of a pipe it waits for the
// compressor all the time. It returns the size that the pipe then has, 0 if
// that is not known: unprivileged users may have used up what they may have.
func widenPipe(f *os.File) (size int) {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) {
		_, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20)
		size, _ = unix.FcntlInt(fd, unix.F_GETPIPE_SZ, 0)
	})
	return max(size, 0)
}
