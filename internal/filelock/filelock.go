// Package filelock is a lock that the system takes back when its holder dies.
package filelock

import (
	"errors"
	"io/fs"
	"os"
)

// ErrHeld: another process holds the lock.
var ErrHeld = errors.New("another process holds the lock")

// Lock is a file that is locked.
type Lock struct{ file *os.File }

// Close lets go of the lock and closes the file. To close that alone is not enough:
// a process that is being started at this moment has the file too, until it has
// become another program, and would keep the lock.
func (l *Lock) Close() error {
	release(l.file)
	return l.file.Close()
}

// Try makes the file if need be and locks it until it is closed. It does not
// wait: errors.Is finds ErrHeld when another has it.
func Try(path string) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	l, err := TryFile(f)
	if err != nil {
		f.Close()
	}
	return l, err
}

// TryFile locks an open file as Try does.
func TryFile(f *os.File) (*Lock, error) {
	if err := try(f); err != nil {
		return nil, &fs.PathError{Op: "lock", Path: f.Name(), Err: err}
	}
	return &Lock{f}, nil
}
