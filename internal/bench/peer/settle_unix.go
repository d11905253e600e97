//go:build unix

package main

import "syscall"

// settle waits until what was written so far is on the disk.
func settle() { syscall.Sync() }
