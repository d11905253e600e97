package gitbase

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
)

func runGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestAt(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git to make a repository with")
	}
	top := t.TempDir()
	root := filepath.Join(top, "portal")
	if _, err := At(top, "HEAD"); !errors.Is(err, ErrNoRepository) {
		t.Errorf("without a repository: %v", err)
	}
	runGit(t, top, "init", "-q")
	put(t, filepath.Join(root, "yarn.lock"), "one")
	// A portal that was only just made.
	if _, err := At(root, "HEAD"); err == nil || !strings.Contains(err.Error(), "the repository has no commit yet") || !strings.HasPrefix(fault.NextOf(err), "Commit the portal") {
		t.Errorf("without a commit: %v, next %q", err, fault.NextOf(err))
	}
	put(t, filepath.Join(root, "plugins/a/migrations/1.js"), "")
	put(t, filepath.Join(root, "plugins/a/migrations/sub/2.js"), "")
	runGit(t, top, "add", ".")
	runGit(t, top, "commit", "-qm", "one")
	runGit(t, top, "tag", "v1")
	put(t, filepath.Join(root, "yarn.lock"), "two")
	runGit(t, top, "commit", "-qam", "two")

	for rev, want := range map[string]string{"HEAD": "two", "v1": "one", "main": "two", runGit(t, top, "rev-parse", "--short", "v1"): "one", runGit(t, top, "rev-parse", "--short=4", "v1"): "one"} {
		h, err := At(root, rev)
		if err != nil {
			t.Fatalf("%s: %v", rev, err)
		}
		if src, ok, err := h.File("yarn.lock"); string(src) != want || !ok || err != nil {
			t.Errorf("%s: %q, %v, %v", rev, src, ok, err)
		}
	}
	if _, err := At(root, "nowhere"); err == nil {
		t.Error("a commit that is not there was found")
	}
	h, err := At(root, "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if h.Hash != runGit(t, top, "rev-parse", "HEAD") {
		t.Errorf("HEAD is %s", h.Hash)
	}
	below, err := h.Below("plugins/a/migrations")
	if diff := cmp.Diff([]string{"1.js", "sub/2.js"}, below); diff != "" || err != nil {
		t.Errorf("%s %v", diff, err)
	}
	if below, err := h.Below("plugins/b"); below != nil || err != nil {
		t.Errorf("a folder that is not there has %v, %v", below, err)
	}
	if changed, err := h.Changed(); len(changed) > 0 || err != nil {
		t.Errorf("a clean tree: %v, %v", changed, err)
	}
	put(t, filepath.Join(root, "new.txt"), "")
	put(t, filepath.Join(root, "yarn.lock"), "three")
	changed, err := h.Changed()
	if diff := cmp.Diff([]string{"portal/yarn.lock"}, changed); diff != "" || err != nil {
		t.Errorf("%s %v", diff, err)
	}
	other := filepath.Join(t.TempDir(), "linked")
	runGit(t, top, "worktree", "add", "-q", other, "v1")
	if h, err := At(filepath.Join(other, "portal"), "HEAD"); err != nil || h.Hash != runGit(t, top, "rev-parse", "v1") {
		t.Errorf("a linked worktree: %+v, %v", h, err)
	}
}

func TestUnignored(t *testing.T) {
	top := t.TempDir()
	if got, err := Unignored(filepath.Join(top, "x")); got || err != nil {
		t.Errorf("outside of git: %v, %v", got, err)
	}
	put(t, filepath.Join(top, ".git/HEAD"), "ref: refs/heads/main\n")
	put(t, filepath.Join(top, ".git/info/exclude"), "local/\n")
	put(t, filepath.Join(top, ".gitignore"), "# snapshots\nbackups/\n*.tmp\n!keep.tmp\n")
	put(t, filepath.Join(top, "a/.gitignore"), "/deep\n")
	for name, want := range map[string]bool{
		"snapshots": true, "backups": false, "backups/x/y": false, "a/backups": false, "a/deep/x": false, "deep": true,
		"local/x": false, "x.tmp": false, "keep.tmp": true, ".git/snapshots": false, ".": true,
	} {
		if got, err := Unignored(filepath.Join(top, name)); got != want || err != nil {
			t.Errorf("%s: %v, want %v (%v)", name, got, want, err)
		}
	}
}

// A file is ignored where a pattern matches it or a folder above it, and git does not
// track it all the same.
func TestIgnored(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	if got, err := Ignored(top, "x"); got || err != nil {
		t.Errorf("outside of git: %v, %v", got, err)
	}
	put(t, filepath.Join(top, ".gitignore"), "out/\n*.gen.ts\n")
	put(t, filepath.Join(top, "kept.gen.ts"), "")
	runGit(t, top, "init", "-q")
	runGit(t, top, "add", "-f", "kept.gen.ts")
	for name, want := range map[string]bool{"a.ts": false, "out/a.ts": true, "out": false, "a/b.gen.ts": true, "kept.gen.ts": false} {
		if got, err := Ignored(top, name); got != want || err != nil {
			t.Errorf("%s: %v, want %v (%v)", name, got, want, err)
		}
	}
}
