//go:build unix

package proc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
)

// TestMain: the test binary is also the maker of a group, to be killed.
func TestMain(m *testing.M) {
	if os.Getenv("PROC_TEST_MAKER") == "" {
		os.Exit(m.Run())
	}
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", "echo started; exec sleep 600")
	cmd.Stdout = os.Stdout
	g, err := Start(cmd, nil)
	if err == nil {
		err = g.Wait()
	}
	fmt.Println(err)
	os.Exit(1)
}

// holders is a pipe that ends when the last process with its writing end does.
func holders(t *testing.T, cmd *exec.Cmd) (r *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	cmd.ExtraFiles = []*os.File{w}
	return r
}

// start starts a shell script that says something when it is ready, and returns
// when it has.
func start(t *testing.T, ctx context.Context, quit os.Signal, script string) (g *Group, alive io.Reader) {
	t.Helper()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", script)
	r := holders(t, cmd)
	g, err := Start(cmd, quit)
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles[0].Close()
	if _, err := r.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return g, r
}

func allEnd(t *testing.T, alive io.Reader) {
	t.Helper()
	if _, err := io.Copy(io.Discard, alive); err != nil { // until the test's deadline
		t.Fatal(err)
	}
}

func TestContextEndsTheGroup(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	g, alive := start(t, ctx, nil, "sleep 600 & echo >&3; sleep 600")
	cancel()
	if err := g.Wait(); !errors.Is(err, context.Canceled) && signalOf(err) != syscall.SIGKILL {
		t.Errorf("Wait = %v", err)
	}
	allEnd(t, alive)
	if err := g.Kill(); !errors.Is(err, os.ErrProcessDone) && err != nil {
		t.Errorf("Kill of a group that has ended: %v", err)
	}
}

func TestQuit(t *testing.T) {
	t.Parallel()
	g, alive := start(t, t.Context(), syscall.SIGQUIT, "trap 'exit 7' QUIT; echo >&3; while :; do sleep 600 & wait; done")
	if err := g.Quit(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := g.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("Wait = %v, want the program's own answer to SIGQUIT", err)
	}
	allEnd(t, alive)
}

func TestWhatIsLeftBehindEnds(t *testing.T) {
	t.Parallel()
	g, alive := start(t, t.Context(), nil, "sleep 600 & echo >&3")
	if err := g.Wait(); err != nil {
		t.Errorf("Wait = %v", err)
	}
	allEnd(t, alive)
}

func TestKeepsWhatTheCallerAsked(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", "exit 3")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid()), NoSetGroups: true}}
	g, err := Start(cmd, nil)
	if err != nil {
		t.Fatal(err)
	}
	if cmd.SysProcAttr.Credential == nil || !cmd.SysProcAttr.Setpgid {
		t.Errorf("%+v", cmd.SysProcAttr)
	}
	var exit *exec.ExitError
	if err := g.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("Wait = %v", err)
	}
}

func TestNoSuchProgram(t *testing.T) {
	if g, err := Start(exec.CommandContext(t.Context(), "/nowhere/program"), nil); err == nil || g != nil {
		t.Errorf("%v, %v", g, err)
	}
}

// A program does not outlive a maker that was killed.
func TestMakerKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has a death signal")
	}
	t.Parallel()
	maker := exec.Command(os.Args[0])
	maker.Env = append(os.Environ(), "PROC_TEST_MAKER=1")
	said, err := maker.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := maker.Start(); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, len("started\n"))
	if _, err := io.ReadFull(said, first); err != nil || string(first) != "started\n" {
		t.Errorf("%q, %v", first, err)
	}
	if err := maker.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	allEnd(t, said) // the program has the pipe as well
	_ = maker.Wait()
}

func signalOf(err error) syscall.Signal {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.Sys().(syscall.WaitStatus).Signal()
	}
	return 0
}
