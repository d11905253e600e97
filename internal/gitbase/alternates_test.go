package gitbase

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A clone that borrows its objects from another repository, as CI mirrors make
// them.
func TestHeadOfAClonesWithAlternates(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git on this machine")
	}
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-C", dir}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q", "src")
	if err := os.WriteFile(filepath.Join(dir, "src", "package.json"), []byte("{}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	git("-C", "src", "add", "-A")
	git("-C", "src", "commit", "-qm", "x")
	git("clone", "-q", "--shared", "src", "shared")
	git("clone", "-q", "--reference", "src", "file://"+filepath.Join(dir, "src"), "reference")
	for _, name := range []string{"shared", "reference"} {
		head, err := At(filepath.Join(dir, name), "HEAD")
		if err != nil {
			t.Fatal(err)
		}
		if changed, err := head.Changed(); err != nil || len(changed) > 0 {
			t.Errorf("%s: %v, %v", name, changed, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "package.json"), []byte("{ }\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if changed, err := head.Changed(); err != nil || len(changed) != 1 {
			t.Errorf("%s after an edit: %v, %v", name, changed, err)
		}
	}
}
