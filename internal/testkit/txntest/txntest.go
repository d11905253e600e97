// Package txntest ends a transaction at file-system operation N, for tests: by
// an error, by an error from then on, or by killing the process. A test of a
// whole command puts it into the command's context:
//
//	ctx = txn.WithFS(ctx, txntest.KillAt(txn.OS(), n))
package txntest

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/portalctl/portalctl/internal/txn"
)

// FS counts operations and intervenes before operation N, counted from 1. A
// write that is stopped has written half of its bytes.
type FS struct {
	base  txn.FS
	n     int
	stays bool // every operation from n on
	do    func(op, name string) error

	mu  sync.Mutex
	ops []string
}

// Count only records the operations.
func Count(base txn.FS) *FS { return &FS{base: base} }

// KillAt kills the process (SIGKILL on unix) before operation n.
func KillAt(base txn.FS, n int) *FS {
	return &FS{base: base, n: n, do: func(string, string) error { return kill() }}
}

// FailAt makes operation n fail with err; later ones succeed.
func FailAt(base txn.FS, n int, err error) *FS {
	return &FS{base: base, n: n, do: failing(err)}
}

// FailFrom makes operation n and all later ones fail with err, as when a disk
// breaks.
func FailFrom(base txn.FS, n int, err error) *FS {
	return &FS{base: base, n: n, stays: true, do: failing(err)}
}

// CallAt runs f before operation n, which then goes on.
func CallAt(base txn.FS, n int, f func()) *FS {
	return &FS{base: base, n: n, do: func(string, string) error { f(); return nil }}
}

// CallOn runs f before each operation of that name on a file whose base name
// matches the pattern of filepath.Match; an error of f is the operation's.
func CallOn(base txn.FS, op, pattern string, f func(name string) error) *FS {
	return &FS{base: base, n: 1, stays: true, do: func(o, name string) error {
		if ok, _ := filepath.Match(pattern, filepath.Base(name)); o == op && ok {
			return f(name)
		}
		return nil
	}}
}

// Ops are the operations so far, as "op path".
func (f *FS) Ops() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.ops...)
}

func failing(err error) func(op, name string) error {
	return func(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: err} }
}

func kill() error {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		os.Exit(137)
	}
	select {} // until the signal arrives
}

func (f *FS) before(op, name string) error {
	f.mu.Lock()
	f.ops = append(f.ops, op+" "+name)
	hit := f.n > 0 && (len(f.ops) == f.n || f.stays && len(f.ops) > f.n)
	f.mu.Unlock()
	if hit {
		return f.do(op, name)
	}
	return nil
}

// step is an operation that gives nothing but its error.
func (f *FS) step(op, name string, do func() error) error {
	if err := f.before(op, name); err != nil {
		return err
	}
	return do()
}

// The methods of txn.FS.

func (f *FS) Lstat(name string) (fs.FileInfo, error) {
	if err := f.before("lstat", name); err != nil {
		return nil, err
	}
	return f.base.Lstat(name)
}

func (f *FS) EvalSymlinks(name string) (string, error) {
	if err := f.before("evalsymlinks", name); err != nil {
		return "", err
	}
	return f.base.EvalSymlinks(name)
}

func (f *FS) ReadFile(name string) ([]byte, error) {
	if err := f.before("readfile", name); err != nil {
		return nil, err
	}
	return f.base.ReadFile(name)
}

func (f *FS) Writable(name string) error {
	return f.step("writable", name, func() error { return f.base.Writable(name) })
}

func (f *FS) Mkdir(name string, perm fs.FileMode) error {
	return f.step("mkdir", name, func() error { return f.base.Mkdir(name, perm) })
}

func (f *FS) Link(oldname, newname string) error {
	return f.step("link", newname, func() error { return f.base.Link(oldname, newname) })
}

func (f *FS) Rename(oldname, newname string) error {
	return f.step("rename", newname, func() error { return f.base.Rename(oldname, newname) })
}

func (f *FS) Remove(name string) error {
	return f.step("remove", name, func() error { return f.base.Remove(name) })
}

func (f *FS) Rmdir(name string) error {
	return f.step("rmdir", name, func() error { return f.base.Rmdir(name) })
}

func (f *FS) SyncDir(name string) error {
	return f.step("syncdir", name, func() error { return f.base.SyncDir(name) })
}

func (f *FS) Lock(name string) (io.Closer, error) {
	if err := f.before("lock", name); err != nil {
		return nil, err
	}
	return f.base.Lock(name)
}

func (f *FS) Create(name string, perm fs.FileMode) (txn.File, error) {
	if err := f.before("create", name); err != nil {
		return nil, err
	}
	w, err := f.base.Create(name, perm)
	if err != nil {
		return nil, err
	}
	return &file{File: w, fs: f, name: name}, nil
}

type file struct {
	txn.File
	fs   *FS
	name string
}

func (w *file) Write(b []byte) (int, error) {
	half := 0
	hit := w.fs.willHit()
	if hit {
		half, _ = w.File.Write(b[:len(b)/2])
	}
	if err := w.fs.before("write", w.name); err != nil {
		return half, err
	}
	n, err := w.File.Write(b[half:])
	return half + n, err
}

// willHit: the next operation is one to stop. Under parallel use another one
// may slip in between; the rest of the bytes follow then.
func (f *FS) willHit() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := len(f.ops) + 1
	return f.n > 0 && (next == f.n || f.stays && next > f.n)
}

func (w *file) Chmod(mode fs.FileMode) error {
	return w.fs.step("chmod", w.name, func() error { return w.File.Chmod(mode) })
}

func (w *file) Chown(uid, gid int) error {
	return w.fs.step("chown", w.name, func() error { return w.File.Chown(uid, gid) })
}

func (w *file) Sync() error {
	return w.fs.step("sync", w.name, func() error { return w.File.Sync() })
}

func (w *file) Close() error {
	err := w.fs.before("close", w.name)
	// The descriptor goes in any case: a test process has only so many.
	if cerr := w.File.Close(); err == nil {
		err = cerr
	}
	return err
}

// NoSync leaves out the syncs, which only a power failure would miss, to save a
// test's time. Put it innermost, so that the operations still count.
func NoSync(base txn.FS) txn.FS { return noSync{base} }

type noSync struct{ txn.FS }

func (noSync) SyncDir(string) error { return nil }

func (f noSync) Create(name string, perm fs.FileMode) (txn.File, error) {
	w, err := f.FS.Create(name, perm)
	if err != nil {
		return nil, err
	}
	return noSyncFile{w}, nil
}

type noSyncFile struct{ txn.File }

func (noSyncFile) Sync() error { return nil }
