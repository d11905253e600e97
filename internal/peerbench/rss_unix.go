//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

func peakRSS(p *os.ProcessState) int64 {
	u, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return u.Maxrss // bytes there, kilobytes elsewhere
	}
	return u.Maxrss * 1024
}

// settle waits until what was written so far is on the disk.
func settle() { syscall.Sync() }
