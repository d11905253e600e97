//go:build unix

package scratch

import (
	"io"
	"os/exec"
	"syscall"
)

// keeper is a shell that waits until its input ends, which it does when we are
// gone, and then removes the folder. A server of ours that lives in it may still
// be ending, so it looks more than once.
type keeper struct {
	cmd   *exec.Cmd
	input io.Closer
}

const keeperScript = `while read -r line; do :; done
for i in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf "$1" 2>/dev/null
  [ -e "$1" ] || exit 0
  sleep 1
done`

// keep starts the keeper; nil without a shell: then Clean has to do.
func keep(path string) *keeper {
	k := &keeper{cmd: exec.Command("/bin/sh", "-c", keeperScript, "sh", path)}
	// Nothing of our environment, which may hold secrets; and a group of its own:
	// what ends us, a terminal's Ctrl-C say, must not end it first.
	k.cmd.Env, k.cmd.Dir = []string{"PATH=/usr/bin:/bin"}, "/"
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	input, err := k.cmd.StdinPipe()
	if err != nil || k.cmd.Start() != nil {
		return nil
	}
	k.input = input
	return k
}

// end lets the keeper go: the folder is removed already, or it tries as well.
func (k *keeper) end() {
	if k != nil {
		_ = k.input.Close()
		_ = k.cmd.Wait()
	}
}
