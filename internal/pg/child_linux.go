package pg

import (
	"os"
	"os/exec"
	"syscall"
)

func bind(cmd *exec.Cmd, c Command) error {
	sig := syscall.SIGKILL
	if s, ok := c.quit.(syscall.Signal); ok {
		sig = s
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: sig}
	return asUser(cmd, c.AsUser)
}

func endGroup(cmd *exec.Cmd, quit os.Signal) error { return signalGroup(cmd, quit) }
