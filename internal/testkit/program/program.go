// Package program is portalctl as a process of its own, for tests that look at
// it from outside. It is the test binary of cmd/portalctl, which is portalctl
// when it is started by one of the names that its TestMain knows.
package program

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
)

const (
	// AsIs is portalctl.
	AsIs = "portalctl"
	// AtATerminal is portalctl that believes that its streams are a terminal.
	AtATerminal = "portalctl-at-a-terminal"
)

var binary = sync.OnceValues(func() (string, error) {
	return testkit.Binary("github.com/portalctl/portalctl/cmd/portalctl", testkit.Race)
})

// Path is where portalctl is, by one of its names.
func Path(t testing.TB, as string) string {
	t.Helper()
	exe, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return Link(t, exe, as)
}

// Link gives a test binary of cmd/portalctl one of the names.
func Link(t testing.TB, exe, as string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), as)
	if err := os.Symlink(exe, path); err != nil {
		t.Skipf("no symlink to the test binary: %v", err)
	}
	return path
}

// Run runs portalctl to its end, with this environment and no other. The code is
// -1 where a signal ended it.
func Run(t testing.TB, as, stdin string, environ []string, args ...string) (code int, out, errOut string) {
	t.Helper()
	cmd := exec.Command(Path(t, as), args...)
	cmd.Env = environ
	var o, e bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader([]byte(stdin)), &o, &e
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}

// The variables by which a portalctl that a test has started is told where the
// schemas of its JSON are, and in which folder it notes what is wrong with the
// commands that it prints.
const (
	SchemasVar = "PORTALCTL_TEST_SCHEMAS"
	PrintedVar = "PORTALCTL_TEST_PRINTED"
)

// Schemas is the folder of the schemas, for the tests of a package three folders
// below the top.
func Schemas(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "..", "docs", "schema"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// RunJudged is Run of a portalctl that judges what it prints: JSON by its schema,
// commands by the flags that there are.
func RunJudged(t testing.TB, environ []string, args ...string) (code int, out, errOut string) {
	t.Helper()
	faults := t.TempDir()
	code, out, errOut = Run(t, AsIs, "", append(environ[:len(environ):len(environ)], SchemasVar+"="+Schemas(t), PrintedVar+"="+faults), args...)
	files, err := filepath.Glob(filepath.Join(faults, "fault-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		t.Errorf("%s%v", text, err)
	}
	return code, out, errOut
}
