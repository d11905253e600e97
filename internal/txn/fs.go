package txn

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/portalctl/portalctl/internal/atomicfile"
	"github.com/portalctl/portalctl/internal/filelock"
)

// FS is every file-system operation that a transaction does. Production code
// uses [OS]; tests of this package and of whole commands put one around it that
// fails or kills the process at operation N (package txntest). Staging runs in
// parallel: the methods must be safe for that.
type FS interface {
	Lstat(name string) (fs.FileInfo, error)
	EvalSymlinks(name string) (string, error)
	ReadFile(name string) ([]byte, error)
	// Writable fails if the process may not write the file, or may not make
	// and remove files in the directory.
	Writable(name string) error
	Mkdir(name string, perm fs.FileMode) error
	// Create makes a file that must not exist.
	Create(name string, perm fs.FileMode) (File, error)
	Link(oldname, newname string) error
	// Rename replaces newname if it exists.
	Rename(oldname, newname string) error
	Remove(name string) error
	// Rmdir removes an empty directory and nothing else.
	Rmdir(name string) error
	// SyncDir makes the entries of a directory durable, where the system has
	// such an operation.
	SyncDir(name string) error
	// Lock opens or makes the file and locks it for this process alone, without
	// waiting: ErrBusy if another holds it, fs.ErrNotExist if the file was
	// removed meanwhile. The lock ends with the process at the latest.
	Lock(name string) (io.Closer, error)
}

// File is a file being written.
type File interface {
	io.Writer
	Chmod(mode fs.FileMode) error
	Chown(uid, gid int) error
	Sync() error
	Close() error
}

// OS is the real file system.
func OS() FS { return osFS{} }

type fsKey struct{}

// WithFS makes Commit and Recover use fsys. It is meant for tests that
// run a whole command in a process of their own and end it at operation N.
func WithFS(ctx context.Context, fsys FS) context.Context {
	return context.WithValue(ctx, fsKey{}, fsys)
}

// rmdir is not os.Remove, which would take a file just as well.
func rmdir(name string) error {
	if err := syscall.Rmdir(name); err != nil {
		return &fs.PathError{Op: "rmdir", Path: name, Err: err}
	}
	return nil
}

func fsFrom(ctx context.Context) FS {
	if fsys, ok := ctx.Value(fsKey{}).(FS); ok {
		return fsys
	}
	return osFS{}
}

type osFS struct{}

func (osFS) Lstat(name string) (fs.FileInfo, error)    { return os.Lstat(name) }
func (osFS) EvalSymlinks(name string) (string, error)  { return filepath.EvalSymlinks(name) }
func (osFS) ReadFile(name string) ([]byte, error)      { return os.ReadFile(name) }
func (osFS) Writable(name string) error                { return writable(name) }
func (osFS) Mkdir(name string, perm fs.FileMode) error { return os.Mkdir(name, perm) }
func (osFS) Link(oldname, newname string) error        { return os.Link(oldname, newname) }
func (osFS) Rename(oldname, newname string) error      { return atomicfile.Rename(oldname, newname) }
func (osFS) Remove(name string) error                  { return os.Remove(name) }
func (osFS) Rmdir(name string) error                   { return rmdir(name) }
func (osFS) SyncDir(name string) error                 { return atomicfile.SyncDir(name) }
func (osFS) Create(name string, perm fs.FileMode) (File, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (osFS) Lock(name string) (io.Closer, error) {
	// A link would make us write our process id into another file.
	if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "lock", Path: name, Err: errors.New("not a regular file")}
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	lock, err := filelock.TryFile(f)
	if err != nil {
		f.Close()
		if errors.Is(err, filelock.ErrHeld) {
			err = ErrBusy
		}
		return nil, err
	}
	// The holder before us removes the file before it lets go: then we hold a
	// lock that nobody else will look at.
	held, err := f.Stat()
	if err == nil {
		var there fs.FileInfo
		if there, err = os.Lstat(name); err == nil && !os.SameFile(held, there) {
			err = fs.ErrNotExist
		}
	}
	if err != nil {
		lock.Close()
		return nil, err
	}
	// For messages only: on a full disk the lock must still be had.
	if f.Truncate(0) == nil {
		_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return lock, nil
}

// holder is the process id in a lock file, or 0.
func holder(fsys FS, name string) int {
	b, err := fsys.ReadFile(name)
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return pid
}
