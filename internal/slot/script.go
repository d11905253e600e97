package slot

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/proc"
)

// mostLog is how much of a script's output is kept: the beginning, where the first
// errors are.
const mostLog = 16 << 20

// RunScript runs a program as one of the portal's scripts, in dir, with its output in
// the file log. The error is that it could not be run or was interrupted; that it failed
// is in the Script.
func RunScript(ctx context.Context, name, dir, log string, argv, environ []string) (Script, error) {
	s := Script{Name: name, Log: log}
	if err := os.MkdirAll(filepath.Dir(log), 0o700); err != nil {
		return s, fault.Wrap(fault.Cause(err), fault.Pos{File: log}, "the output cannot be kept").WithNext("Check that you may write there")
	}
	file, err := os.OpenFile(log, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return s, fault.Wrap(fault.Cause(err), fault.Pos{File: log}, "the output cannot be kept").WithNext("Check that you may write there")
	}
	defer file.Close()
	out := &bounded{to: file, left: mostLog}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, environ, out, out
	group, err := proc.Start(cmd, nil)
	if err == nil {
		err = group.Wait()
	}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return s, ctx.Err()
	case errors.As(err, &exit):
		if s.Exit = exit.ExitCode(); s.Exit < 0 {
			s.Exit = 128 // ended by a signal
		}
	case err != nil:
		return s, fault.Wrap(err, fault.Pos{}, "%s could not be started", strings.Join(argv, " ")).WithNext("Check that it is installed")
	}
	if s.Exit != 0 {
		s.Errors = scriptErrors(out.text.String())
		s.OnlyBuilds = name == Install && onlyBuilds(out.text.String())
	}
	return s, nil
}

// bounded keeps the first bytes that are written to it and forgets the others.
type bounded struct {
	to   io.Writer
	text bytes.Buffer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	keep := p[:min(len(p), b.left)]
	b.left -= len(keep)
	b.text.Write(keep)
	if _, err := b.to.Write(keep); err != nil {
		return 0, err
	}
	return len(p), nil
}
