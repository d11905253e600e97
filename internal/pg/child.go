package pg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/proc"
)

// Command is a client program to run: argv, what it may reach, and its streams.
type Command struct {
	// Path is the program, Args what follows; no secret belongs there.
	Path string
	Args []string
	// Access is how it reaches the server.
	Access Access
	// Env is added to the environment.
	Env    []string
	Dir    string
	Stdin  io.Reader
	Stdout io.Writer
	// AsUser runs the program as this user, where we are root; "" as we are.
	AsUser string
	// quit is the signal that a program takes for "end at once", nil for SIGKILL.
	quit os.Signal
}

// Child is a running program.
type Child struct {
	*proc.Group
	name string
	log  *tail
}

// Start starts the program in a process group of its own that ends with ctx,
// and with us.
func Start(ctx context.Context, c Command) (*Child, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, c.Path, c.Args...)
	cmd.Dir, cmd.Stdin, cmd.Stdout = c.Dir, c.Stdin, c.Stdout
	cmd.Env = append(append(cleanEnv(os.Environ()), c.Access.Env...), c.Env...)
	cmd.ExtraFiles = c.Access.Files
	child := &Child{name: strings.TrimSuffix(filepath.Base(c.Path), ".exe"), log: &tail{}}
	cmd.Stderr = child.log
	cmd.WaitDelay = 5 * time.Second
	err := asUser(cmd, c.AsUser)
	if err != nil {
		return nil, err
	}
	if child.Group, err = proc.Start(cmd, c.quit); err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: c.Path}, "could not be started")
	}
	return child, nil
}

// Kill ends the program and all it started, at once.
func (c *Child) Kill() {
	_ = c.Group.Kill()
	<-c.Done()
}

// Wait waits for the end. A failure carries what the program wrote to stderr.
func (c *Child) Wait() error {
	err := c.Group.Wait()
	if err == nil {
		return nil
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return fault.Wrap(err, fault.Pos{}, "%s", c.name)
	}
	return fault.Wrap(errors.New(cmp.Or(c.log.text(), exit.Error())), fault.Pos{}, "%s failed", c.name)
}

// messages is what the program wrote to stderr so far, its last lines.
func (c *Child) messages() string { return c.log.text() }

// Run runs the program to its end.
func Run(ctx context.Context, c Command) error {
	child, err := Start(ctx, c)
	if err != nil {
		return err
	}
	if err := child.Wait(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	}
	return nil
}

// Output runs the program and returns what it wrote to stdout.
func Output(ctx context.Context, c Command) (string, error) {
	var b strings.Builder
	c.Stdout = &b
	err := Run(ctx, c)
	return b.String(), err
}

// tail keeps the end of what a program says.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if over := len(t.buf) - tailSize; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(b), nil
}

// text is one line: the messages without the program's name before each.
func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines []string
	for _, line := range strings.Split(string(t.buf), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		for _, prefix := range []string{"pg_dump: ", "pg_restore: ", "pg_dumpall: ", "initdb: ", "psql: ", "error: "} {
			line = strings.TrimPrefix(line, prefix)
		}
		lines = append(lines, line)
	}
	if len(lines) > 8 {
		lines = append([]string{fmt.Sprintf("… %d lines …", len(lines)-8)}, lines[len(lines)-8:]...)
	}
	return strings.Join(lines, "; ")
}
