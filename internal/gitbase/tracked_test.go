package gitbase

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
)

// repo makes a git repository with some tracked files.
func repo(t *testing.T, tracked ...string) string {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed: this test makes its repositories with it")
	}
	dir := t.TempDir()
	run := func(args ...string) {
		cmd := exec.Command(git, append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	run("init", "-q")
	for _, name := range tracked {
		write(t, dir, name, "x")
		run("add", "-f", name)
	}
	run("commit", "-q", "--allow-empty", "-m", "x")
	run("worktree", "add", "-q", filepath.Join(dir, "linked"))
	return dir
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestTracked(t *testing.T) {
	dir := repo(t, "package.json", ".yarn/cache/a-npm-1.0.0.zip", "portal/.pnp.cjs", "portal/.yarn/cachet/x")
	write(t, dir, "portal/.yarn/cache/untracked.zip", "x")
	for _, tt := range []struct {
		root  string
		paths []string
		want  string
	}{
		{".", []string{".yarn/cache", ".pnp.cjs"}, ".yarn/cache/a-npm-1.0.0.zip"},
		{".", []string{".pnp.cjs"}, ""},
		{".", []string{"package.json"}, "package.json"},
		{"portal", []string{".yarn/cache", ".pnp.cjs"}, ".pnp.cjs"},
		{"portal", []string{".yarn/cache/"}, ""},
		{"linked", []string{".yarn/cache"}, ".yarn/cache/a-npm-1.0.0.zip"},
		{"linked/portal", []string{".pnp.cjs"}, ".pnp.cjs"},
	} {
		got, err := Tracked(filepath.Join(dir, tt.root), tt.paths...)
		if err != nil || got != tt.want {
			t.Errorf("%s %v: got %q, %v, want %q", tt.root, tt.paths, got, err, tt.want)
		}
	}
}

func TestTrackedWithoutGit(t *testing.T) {
	dir := t.TempDir()
	if got, err := Tracked(dir, "package.json"); got != "" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestTrackedBrokenGit(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, ".git/index", "DIRC, but not really")
	if _, err := Tracked(dir, "package.json"); err == nil || fault.NextOf(err) == "" {
		t.Errorf("a broken index: got %v, want an error with a next step", err)
	}
	dir = t.TempDir()
	write(t, dir, ".git", "nonsense")
	if _, err := Tracked(dir, "package.json"); err == nil || fault.NextOf(err) == "" {
		t.Errorf("a broken .git file: got %v, want an error with a next step", err)
	}
}
