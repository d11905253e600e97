//go:build unix

package proc

import (
	"errors"
	"os"
	"syscall"
)

// prepare keeps what the caller has asked for, such as another user.
func (g *Group) prepare() {
	if g.cmd.SysProcAttr == nil {
		g.cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	g.cmd.SysProcAttr.Setpgid = true
	dieWithUs(g.cmd.SysProcAttr, number(g.quit))
}

func (g *Group) signal(sig os.Signal) error {
	if g.cmd.Process == nil {
		return nil
	}
	err := syscall.Kill(-g.cmd.Process.Pid, number(sig))
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

func number(sig os.Signal) syscall.Signal {
	if s, ok := sig.(syscall.Signal); ok {
		return s
	}
	return syscall.SIGKILL
}

type job struct{}

func (*job) add(*os.Process) {}
func (*job) close()          {}
