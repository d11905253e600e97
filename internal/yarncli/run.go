package yarncli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/proc"
)

// run runs Yarn in the mirror.
func (y *Yarn) run(ctx context.Context, m *mirror, req Request, lock []byte) error {
	env := y.env(envFor{root: req.Root, scratch: m.root(), lock: lock, extra: req.Env})
	rcFiles := m.rcFiles
	if home, err := os.UserHomeDir(); err == nil {
		for _, name := range []string{".yarnrc.yml", ".yarnrc", ".npmrc"} {
			rcFiles = append(rcFiles, filepath.Join(home, name))
		}
	}
	out := newOutput(newMasker(env, rcFiles...))
	out.scratch, out.root = m.root(), req.Root
	argv := slices.Clone(y.argv)
	if y.inFiles != "" {
		argv[len(argv)-1] = m.image(y.inFiles)
	}
	code, err := runProcess(ctx, process{
		argv: append(argv, y.args()...), dir: m.root(), env: env, stdout: out, stderr: out,
	})
	switch {
	case ctx.Err() != nil:
		return stopped(ctx.Err())
	case err != nil:
		return fault.Wrap(fault.Cause(err), fault.Pos{File: y.Path}, "%s could not be started", y).
			WithNext("Run %s --version to see why, or use --lockfile skip.", strings.Join(y.argv, " "))
	case code != 0:
		f := out.failure(code)
		return fault.Wrap(f, fault.Pos{File: filepath.Join(req.Root, "yarn.lock")}, "%s could not update the lockfile; no file was changed", y).
			WithNext("%s", next(f))
	}
	return nil
}

// next is what to do about Yarn's most frequent failures.
func next(f *failure) string {
	text := strings.Join(f.Output, "\n")
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(text, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("YN0041", "Invalid authentication", "401 (", "403 (", "401 Unauthorized", "403 Forbidden"):
		return "Check the registry's credentials in .yarnrc.yml, .npmrc or the environment."
	case has("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ECONNRESET", "RequestError", "network connection", "CERT", "certificate"):
		return "Check the network, the proxy and the registry's settings, then run the command again."
	case has("YN0016", "YN0082", "No candidates found", "Couldn't find any versions", "YN0035"):
		return "Check that the registry has these versions, or use --lockfile skip and run yarn install later."
	case has("heap out of memory"):
		return "Give Node.js more memory (NODE_OPTIONS=--max-old-space-size=8192), then run the command again."
	case has("ENOSPC"):
		return "Free some space on the disk, or point TMPDIR at another one, then run the command again."
	}
	return "Fix what Yarn reports, or use --lockfile skip and run yarn install in the project to see all of its output."
}

// process is a program with everything it is started with.
type process struct {
	argv           []string
	dir            string
	env            []string
	stdout, stderr io.Writer
}

// pipeDelay is how long a program's end may lie back until a grandchild that
// still has its pipes is cut off.
var pipeDelay = 3 * time.Second

// runProcess runs the program to its end. When ctx ends, or the program leaves
// processes behind, those are killed too.
func runProcess(ctx context.Context, p process) (exitCode int, err error) {
	cmd := exec.CommandContext(ctx, p.argv[0], p.argv[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.dir, p.env, p.stdout, p.stderr
	// A grandchild that keeps the pipes open must not keep us.
	cmd.WaitDelay = pipeDelay
	group, err := proc.Start(cmd, nil)
	if err != nil {
		return 0, err
	}
	err = group.Wait()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return exit.ExitCode(), nil
	case errors.Is(err, exec.ErrWaitDelay) && cmd.ProcessState.Success():
		return 0, nil
	}
	return 0, err
}
