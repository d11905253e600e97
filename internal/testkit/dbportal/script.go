package dbportal

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// ScriptFile is the script of a way back, in the snapshot's folder.
const ScriptFile = "rollback.sh"

// Main runs a package's tests, by pgtest.Main, as these portals need it.
func Main(m interface{ Run() int }) int {
	// A shell lets what runs in the background ignore Ctrl-C, and rollback.sh
	// cannot trap what its parents ignore. What is heard here is not ignored there.
	if signal.Ignored(os.Interrupt) {
		signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	}
	// The programs themselves, not what a distribution puts before them.
	if tools, err := pg.FindTools(context.Background(), "", 0, "postgres", "initdb", "pg_restore"); err == nil && os.Getenv(pg.BinEnv) == "" {
		if err := os.Setenv(pg.BinEnv, tools.Dir); err != nil {
			panic(err)
		}
	}
	return pgtest.Main(m)
}

// Shells are the shells of this machine that rollback.sh must run in.
func Shells(t testing.TB) []string {
	t.Helper()
	var out []string
	known := map[string]bool{}
	for _, name := range []string{"dash", "bash", "busybox", "ksh", "sh"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		real, err := filepath.EvalSymlinks(path)
		if err == nil && !known[real] {
			known[real] = true
			out = append(out, path)
		}
	}
	if len(out) == 0 {
		t.Skip("no POSIX shell on this machine")
	}
	return out
}

var listOfTools = regexp.MustCompile(`(?m)^ *for tool in (.*); do$`)

// link makes a folder with nothing in it but the programs that the step 0 of
// rollback.sh lists, and others that it can do without ("" is none).
func link(t testing.TB, dir string, look func(tool string) (string, error), others ...string) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(dir, ScriptFile))
	if err != nil {
		t.Fatal(err)
	}
	list := listOfTools.FindSubmatch(src)
	if list == nil {
		t.Fatal("rollback.sh lists no tools")
	}
	bin := t.TempDir()
	for _, tool := range slices.Concat(strings.Fields(string(list[1])), others) {
		if tool == "" {
			continue
		}
		path, err := look(tool)
		if err != nil {
			t.Skipf("%s is not installed: rollback.sh needs it", tool)
		}
		if err := os.Symlink(path, filepath.Join(bin, tool)); err != nil {
			t.Fatal(err)
		}
	}
	return bin
}

// ScriptPath is a PATH with nothing in it but what step 0 lists, sha256sum and,
// where it is installed, sqlite3.
func (p *Portal) ScriptPath() string {
	p.T.Helper()
	others := []string{"sha256sum"}
	if _, err := exec.LookPath("sqlite3"); err == nil {
		others = append(others, "sqlite3")
	}
	return link(p.T, p.Dir, func(tool string) (string, error) {
		if path := p.Cluster.Tools.Path(tool); exists(path) {
			return path, nil
		}
		return exec.LookPath(tool)
	}, others...)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// ScriptPath is a PATH with what step 0 lists, and one program, or none, that
// can read SQLite files.
func (p *Files) ScriptPath(reader string) string {
	p.T.Helper()
	return link(p.T, p.Dir, func(tool string) (string, error) {
		path, err := exec.LookPath(tool)
		if err != nil || tool != "python3" {
			return path, err
		}
		// A version manager's shim needs more than itself.
		real, err := exec.Command(path, "-c", "import sqlite3, sys; print(sys.executable)").Output()
		return strings.TrimSpace(string(real)), err
	}, "sha256sum", reader)
}

// Script runs rollback.sh as an administrator and returns what it said and its
// exit code.
func (p *Portal) Script(ctx context.Context, shell, path, input string, args ...string) (string, int) {
	p.T.Helper()
	return p.ScriptWith(ctx, shell, path, input, []string{"PGUSER=boss", "PGPASSWORD=" + AdminPassword}, args...)
}

// ScriptWith is Script with another login.
func (p *Portal) ScriptWith(ctx context.Context, shell, path, input string, login []string, args ...string) (string, int) {
	p.T.Helper()
	argv := append([]string{filepath.Join(p.Dir, ScriptFile)}, args...)
	if filepath.Base(shell) == "busybox" {
		argv = append([]string{"sh"}, argv...)
	}
	cmd := exec.CommandContext(ctx, shell, argv...)
	cmd.Env = append([]string{"PATH=" + path, "TMPDIR=" + p.T.TempDir()}, login...)
	out, code := Run(p.T, cmd, input)
	if strings.Contains(out, AdminPassword) || strings.Contains(out, AppPassword) {
		p.T.Errorf("rollback.sh printed a password:\n%s", out)
	}
	return out, code
}

// Script runs the portal's rollback.sh.
func (p *Files) Script(path, input string, args ...string) (string, int) {
	p.T.Helper()
	cmd := exec.CommandContext(p.T.Context(), Shells(p.T)[0], append([]string{filepath.Join(p.Dir, ScriptFile)}, args...)...)
	cmd.Env = []string{"PATH=" + path, "TMPDIR=" + p.T.TempDir()}
	return Run(p.T, cmd, input)
}

// Run runs a program and returns what it said, on both streams, and its exit code.
func Run(t testing.TB, cmd *exec.Cmd, input string) (string, int) {
	t.Helper()
	cmd.Stdin = strings.NewReader(input)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}
