// Package filelock is a lock that the system takes back when its holder dies.
package filelock

import (
	"errors"
	"fmt"
	"os"
)

// ErrHeld: another process holds the lock.
var ErrHeld = errors.New("another process holds the lock")

// Try makes the file if need be and locks it for as long as it stays open. It
// does not wait: errors.Is finds ErrHeld when another has it.
func Try(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := try(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}
