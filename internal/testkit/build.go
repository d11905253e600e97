package testkit

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/portalctl/portalctl/internal/scratch"
)

// Race says whether the tests were built with the race detector.
const Race = raceEnabled

// SkipRace skips a test under the race detector that would only be slow there:
// what it costs is spent in other processes, or on one path many times over, which
// another test takes once under the detector. .ci/run finds such tests by this
// name, and Linear's, and runs them without the detector as well; a function that
// calls it for a package's tests has the whole package run.
func SkipRace(t testing.TB) {
	t.Helper()
	if Race {
		t.Skip("the race detector has nothing to see here: this test runs without it")
	}
}

// WithoutRace is a test binary of the package in the working folder, for tests
// that start themselves as another process: the one that runs, or, where that
// has the race detector, one built once without. M removes it.
func WithoutRace() (string, error) { return withoutRace() }

var withoutRace = sync.OnceValues(func() (string, error) {
	if Race {
		return Binary(".", false)
	}
	return os.Executable()
})

// temp is the folder for temporary files and environ the environment as the tests
// found them: one of them may set others, which go when it ends.
var (
	temp    = os.TempDir()
	environ = os.Environ()
)

// made are the folders of what was built.
var made struct {
	sync.Mutex
	dirs []string
}

// Binary builds the test binary of a package, in a folder that M removes. It is
// compiled with the flags of the tests that run, so that it comes from the build
// cache: with the race detector, as they are, or without.
func Binary(pkg string, race bool) (string, error) {
	dir, err := os.MkdirTemp(temp, "portalctl-test-")
	if err != nil {
		return "", err
	}
	made.Lock()
	made.dirs = append(made.dirs, dir)
	made.Unlock()
	path := filepath.Join(dir, "self")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	args := []string{"test", "-c", "-vet=off", "-o", path}
	if race {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, pkg)...)
	cmd.Env = environ
	if Race && !race {
		cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0") // as .ci/run compiles for everything but the detector
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("no test binary of %s: %w: %s", pkg, err, strings.TrimSpace(string(out)))
	}
	return path, nil
}

// M is a package's tests. Their temporary folders are in memory where that has
// room, and what Binary built is removed at their end. They hold little, so that
// the heap may grow to five times of it: collecting it was a fifth of what a
// command cost that runs in the test's own process.
type M struct {
	*testing.M
	// Clean has the tests fail where portalctl, run in their own process, has left
	// something in the folder for temporary files.
	Clean bool
}

// Run runs the tests.
func (m M) Run() int {
	if os.Getenv("GOGC") == "" && !Race {
		debug.SetGCPercent(400)
	}
	left := func() []string { return nil }
	if parent := memory(); parent != "" {
		// It goes with us, however we end. The name is short, as those of sockets
		// below it have a limit.
		dir, err := scratch.New(parent, "pt-")
		if err == nil {
			defer dir.Close()
			// A server of a test that root runs is another user's.
			err = errors.Join(os.Chmod(dir.Path, 0o755), os.Setenv("TMPDIR", dir.Path))
		}
		if err != nil {
			panic(err)
		}
		left = func() []string {
			names, _ := filepath.Glob(filepath.Join(dir.Path, "portalctl-*"))
			return names
		}
	}
	code := m.M.Run()
	if names := left(); m.Clean && code == 0 && len(names) > 0 {
		panic("the tests have left behind: " + strings.Join(names, " "))
	}
	made.Lock()
	defer made.Unlock()
	for _, dir := range made.dirs {
		_ = os.RemoveAll(dir)
	}
	return code
}
