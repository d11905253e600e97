//go:build unix

package parity

import (
	"os"
	"runtime"
	"syscall"
)

// MaxRSS is the peak of a process that has ended, in bytes, 0 where it is not
// known.
func MaxRSS(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) * 1024
}
