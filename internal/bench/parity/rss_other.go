//go:build !unix

package parity

import "os"

// MaxRSS is the peak of a process that has ended, in bytes, 0 where it is not
// known.
func MaxRSS(*os.ProcessState) int64 { return 0 }
