// Package atomicfile writes single files that nobody ever sees half written: to
// a file beside them, which is then renamed.
package atomicfile

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write replaces a file by one of the given content and mode. It is on the disk
// when Write returns.
func Write(name string, data []byte, perm fs.FileMode) error {
	return replace(name, func(f *os.File) error {
		if _, err := f.Write(data); err != nil {
			return err
		}
		// CreateTemp makes files that only their owner can read.
		if err := f.Chmod(perm); err != nil {
			return err
		}
		return f.Sync()
	})
}

// Cache replaces a file that can be had again by one that only its owner can
// read, and makes its folder if need be. It may be lost when the power fails.
func Cache(name string, data []byte) error {
	return CacheFrom(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// CacheFrom is Cache for content that is written piece by piece. An error of
// write leaves the file as it was.
func CacheFrom(name string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return replace(name, func(f *os.File) error { return write(f) })
}

func replace(name string, write func(*os.File) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".portalctl-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return Rename(f.Name(), name)
}
