//go:build unix && !linux

package proc

import "syscall"

func dieWithUs(*syscall.SysProcAttr, syscall.Signal) {}
