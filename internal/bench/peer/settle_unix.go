//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// settle waits until what was written so far is on the disk.
func settle() { syscall.Sync() }

// maxRSS is the peak of a process that has ended, in bytes, 0 where it is not
// known.
func maxRSS(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) * 1024
}
