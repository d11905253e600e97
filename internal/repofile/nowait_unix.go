//go:build unix

package repofile

import "syscall"

// noWait: a named pipe is opened at once instead of when somebody writes to it.
const noWait = syscall.O_NONBLOCK | syscall.O_NOCTTY
