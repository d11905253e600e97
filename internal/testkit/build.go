package testkit

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// WithoutRace is a test binary of the package in the working folder, for tests
// that start themselves as another process: the one that runs, or, where that
// has the race detector, one built once without. Main removes it.
func WithoutRace() (string, error) { return withoutRace() }

var built string

// temp is the folder for temporary files as the tests found it: one of them may
// set another, which goes when it ends.
var temp = os.TempDir()

var withoutRace = sync.OnceValues(func() (string, error) {
	self, err := os.Executable()
	if err != nil || !raceEnabled {
		return self, err
	}
	dir, err := os.MkdirTemp(temp, "portalctl-test-")
	if err != nil {
		return "", err
	}
	built = dir
	path := filepath.Join(dir, "self")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	cmd := exec.Command("go", "test", "-c", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as .ci/run compiles for everything but the detector
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("no test binary without the race detector: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return path, nil
})

// M is a package's tests, which end with the removal of what WithoutRace built.
type M struct{ *testing.M }

// Run runs the tests.
func (m M) Run() int {
	code := m.M.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	return code
}
