//go:build unix && !linux

package pg

import (
	"os"
	"os/exec"
	"syscall"
)

func bind(cmd *exec.Cmd, c Command) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return asUser(cmd, c.AsUser)
}

func endGroup(cmd *exec.Cmd, quit os.Signal) error { return signalGroup(cmd, quit) }
