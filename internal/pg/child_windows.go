package pg

import (
	"errors"
	"os/exec"
	"syscall"

	"github.com/portalctl/portalctl/internal/fault"
)

func asUser(_ *exec.Cmd, name string) error {
	if name != "" {
		return fault.New("a program cannot be run as another user on Windows")
	}
	return nil
}

func chown(string, string) error { return errors.ErrUnsupported }

const sigQuit = syscall.SIGQUIT
