// Package proc starts programs in groups that do not outlive us: a program and
// all that it starts end with the context, when the program has ended, and, as
// far as the system can, when this process is killed.
package proc

import (
	"os"
	"os/exec"
	"runtime"
)

// Group is a running program and everything that it has started.
type Group struct {
	cmd  *exec.Cmd
	quit os.Signal
	job  job
	done chan struct{}
	err  error
}

// Start starts a command of exec.CommandContext in a group of its own, so that
// a Ctrl-C in the terminal reaches us first. quit is the signal that the program
// takes for "end at once", nil for SIGKILL: the group gets it when the context
// ends, and on Linux the program gets it when we die. On Windows a job object
// ends them all in both cases. What a program leaves behind when it ends is
// killed.
func Start(cmd *exec.Cmd, quit os.Signal) (*Group, error) {
	g := &Group{cmd: cmd, quit: quit, done: make(chan struct{})}
	g.prepare()
	cmd.Cancel = g.Quit
	started := make(chan error)
	go func() {
		// The death signal is sent when the thread that forked ends, not the
		// process: the thread is kept for as long as the child runs.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer g.job.close()
		err := cmd.Start()
		if err == nil {
			g.job.add(cmd.Process)
		}
		started <- err
		if err != nil {
			return
		}
		g.err = cmd.Wait()
		_ = g.Kill()
		close(g.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return g, nil
}

// Pid is the program's process id.
func (g *Group) Pid() int { return g.cmd.Process.Pid }

// Done is closed when the program has ended.
func (g *Group) Done() <-chan struct{} { return g.done }

// Wait waits for the program's end; the error is that of exec.Cmd.Wait.
func (g *Group) Wait() error {
	<-g.done
	return g.err
}

// Quit asks the group to end at once. os.ErrProcessDone: there is none left.
func (g *Group) Quit() error { return g.signal(g.quit) }

// Kill ends the group. os.ErrProcessDone: there is none left.
func (g *Group) Kill() error { return g.signal(os.Kill) }
