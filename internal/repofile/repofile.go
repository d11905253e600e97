// Package repofile reads the files of a repository that nobody has reviewed:
// regular files of a sensible size, reached without a link that leads out of
// the repository. A link to a device, a named pipe or somebody's private key
// is an error, never a wait or a full memory.
package repofile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Sizes that are far beyond what real files have.
const (
	MaxLock     = 128 << 20 // a lock of 50,000 packages has 20 MB
	MaxManifest = 32 << 20
	MaxSettings = 8 << 20 // settings, policies, certificates
	MaxCode     = 64 << 20
)

var (
	// ErrNotRegular: a folder, a device, a pipe.
	ErrNotRegular = errors.New("it is not a regular file")
	// ErrOutside: a link leads out of the repository.
	ErrOutside = errors.New("it is a link that leads out of the repository")
	// ErrTooLarge: no such file is that large.
	ErrTooLarge = errors.New("it is too large")
)

// Top is the work tree that dir is in: the nearest folder with a .git, or dir
// itself without one.
func Top(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}

// Read reads a file that the user or the machine names, through all links.
func Read(path string, limit int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|noWait, 0)
	if err != nil {
		return nil, err
	}
	return readAll(f, path, limit)
}

// ReadIn reads a file of the repository at top. A path that does not lie below
// top is not of the repository: it is read as Read does.
func ReadIn(top, path string, limit int64) ([]byte, error) {
	r := Of(top)
	defer r.Close()
	return r.Read(path, limit)
}

// Head reads the first n bytes of a file, by the rules of ReadIn.
func (r *Repo) Head(path string, n int) ([]byte, error) {
	rel, err := relative(r.top, path)
	if err != nil {
		return nil, err
	}
	f, err := r.open(rel)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, notRegular(path)
	}
	return io.ReadAll(io.LimitReader(f, int64(n)))
}

func relative(top, path string) (string, error) {
	t, err := filepath.Abs(top)
	if err != nil {
		return "", err
	}
	p, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.Rel(t, p)
}

func readAll(f fs.File, path string, limit int64) ([]byte, error) {
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular(path)
	}
	if info.Size() > limit {
		return nil, tooLarge(path, info.Size(), limit)
	}
	// One byte more than it should have: it may grow while it is read.
	src := make([]byte, 0, info.Size()+1)
	for {
		n, err := f.Read(src[len(src):cap(src)])
		src = src[:len(src)+n]
		switch {
		case errors.Is(err, io.EOF):
			return src, nil
		case err != nil:
			return nil, err
		case int64(len(src)) > limit:
			return nil, tooLarge(path, int64(len(src)), limit)
		}
		if len(src) == cap(src) {
			src = append(src, 0)[:len(src)]
		}
	}
}

func notRegular(path string) error {
	return &fs.PathError{Op: "read", Path: path, Err: ErrNotRegular}
}

func tooLarge(path string, size, limit int64) error {
	return &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("%w: %d MB, more than the limit of %d MB", ErrTooLarge, size>>20, limit>>20)}
}
