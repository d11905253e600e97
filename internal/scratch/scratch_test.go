package scratch

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	prefix    = "scratch-"
	makerEnv  = "PORTALCTL_SCRATCH_MAKER"
	secretLog = "planted-secret"
)

func TestMain(m *testing.M) {
	if parent := os.Getenv(makerEnv); parent != "" {
		d, err := New(parent, prefix)
		if err == nil {
			err = os.WriteFile(filepath.Join(d.Path, "sessions"), []byte(secretLog), 0o600)
		}
		if err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Stdout.WriteString(d.Path + "\n")
		select {}
	}
	os.Exit(m.Run())
}

// A maker that is killed, which it cannot see coming, leaves nothing; and the
// keeper is told nothing of its environment.
func TestNothingIsLeftByAKilledMaker(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no shell to keep the folder: Clean removes it")
	}
	parent := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), makerEnv+"="+parent, "TOKEN="+secretLog)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	dir := strings.TrimSpace(line)
	if _, err := os.Stat(filepath.Join(dir, "sessions")); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"environ", "cmdline"} {
		matches, _ := filepath.Glob("/proc/[0-9]*/" + file)
		for _, name := range matches {
			text, _ := os.ReadFile(name)
			command, _ := os.ReadFile(filepath.Join(filepath.Dir(name), "cmdline"))
			if strings.Contains(string(command), dir) && strings.Contains(string(text), secretLog) {
				t.Errorf("the keeper's %s has the secret", file)
			}
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for { // until the test's own time is up
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Clean takes what was left long enough ago, and nothing that is in use.
func TestCleanTakesWhatIsLeft(t *testing.T) {
	parent := t.TempDir()
	used, err := New(parent, prefix)
	if err != nil {
		t.Fatal(err)
	}
	defer used.Close()
	if info, err := os.Stat(used.Path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	left := filepath.Join(parent, prefix+"left")
	young := filepath.Join(parent, prefix+"young")
	other := filepath.Join(parent, "other")
	for _, dir := range []string{left, young, other} {
		if err := os.MkdirAll(filepath.Join(dir, "below"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	ago := time.Now().Add(-time.Hour)
	for _, dir := range []string{used.Path, left, other} {
		if err := os.Chtimes(dir, ago, ago); err != nil {
			t.Fatal(err)
		}
	}
	if got := Clean(parent, prefix); len(got) != 1 || got[0] != left {
		t.Errorf("removed %v", got)
	}
	for _, dir := range []string{used.Path, young, other} {
		if _, err := os.Stat(dir); err != nil {
			t.Error(err)
		}
	}
	if err := used.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(used.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("closed, and still there: %v", err)
	}
}
