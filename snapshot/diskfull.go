package snapshot

import (
	"errors"
	"syscall"
)

// isDiskFull reports whether an error is the disk's.
func isDiskFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }
