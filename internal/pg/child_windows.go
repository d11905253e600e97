package pg

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"github.com/portalctl/portalctl/internal/fault"
)

func bind(cmd *exec.Cmd, c Command) error {
	if c.AsUser != "" {
		return fault.New("a program cannot be run as another user on Windows")
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	return nil
}

func endGroup(cmd *exec.Cmd, _ os.Signal) error { return killGroup(cmd) }

func killGroup(cmd *exec.Cmd) error {
	if cmd.Process == nil {
		return nil
	}
	return cmd.Process.Kill()
}

func chown(string, string) error { return errors.ErrUnsupported }

const (
	sigQuit = syscall.SIGQUIT
	sigInt  = syscall.SIGINT
)
