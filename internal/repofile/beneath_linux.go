package repofile

import (
	"io/fs"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// beneath reads files by a call that has the kernel keep to what lies below a
// folder (openat2, Linux 5.6). os.Root opens each folder of the way by itself.
type beneath struct {
	once    sync.Once
	fd      int // of the folder, -1 if it cannot be had
	cleanup runtime.Cleanup
}

// readBeneath reads a regular file, into buf if that is large enough. done is
// false for all that is not as it should be, whatever the reason: os.Root then
// has the last word.
func (r *Repo) readBeneath(rel string, limit int64, buf []byte) (src []byte, done bool, err error) {
	fd, err := r.openBeneath(rel, noWait)
	if err == unix.ENOENT {
		return nil, true, &fs.PathError{Op: "open", Path: rel, Err: err}
	}
	if err != nil {
		return nil, false, nil
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size > limit {
		return nil, false, nil
	}
	// One byte more than it should have: it may grow while it is read.
	if src = buf[:cap(buf)]; int64(len(src)) <= st.Size {
		src = make([]byte, st.Size+1)
	}
	n := 0
	for {
		m, err := unix.Read(fd, src[n:])
		if err == unix.EINTR {
			continue
		}
		if err != nil || n+m == len(src) {
			return nil, false, nil
		}
		if m == 0 {
			return src[:n], true, nil
		}
		n += m
	}
}

// dirBeneath opens a folder, nil if that is not all that it takes.
func (r *Repo) dirBeneath(rel string) *os.File {
	fd, err := r.openBeneath(rel, unix.O_DIRECTORY)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(fd), rel)
}

func (r *Repo) openBeneath(rel string, flags uint64) (fd int, err error) {
	if r.state != nil {
		return -1, unix.EBADF
	}
	r.once.Do(r.openTop)
	if r.fd < 0 {
		return -1, unix.EBADF
	}
	defer runtime.KeepAlive(r)
	return unix.Openat2(r.fd, rel, &unix.OpenHow{
		Flags: unix.O_RDONLY | unix.O_CLOEXEC | flags, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS,
	})
}

func (r *Repo) openTop() {
	var err error
	if r.fd, err = unix.Open(r.top, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
		r.fd = -1
		return
	}
	r.cleanup = runtime.AddCleanup(r, func(fd int) { unix.Close(fd) }, r.fd)
}

func (r *Repo) closeBeneath() {
	r.once.Do(func() { r.fd = -1 })
	if r.fd >= 0 {
		r.cleanup.Stop()
		unix.Close(r.fd)
		r.fd = -1
	}
}
