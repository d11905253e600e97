package txn_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/txn"
)

// A report is not written through a link that a commit brought.
func TestWriteFileStaysInTheRepository(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/victim", "precious", 0o644)
	write(t, dir+"/repo/.git/HEAD", "x", 0o644)
	write(t, dir+"/repo/real", "old", 0o644)
	write(t, dir+"/outside/.git/HEAD", "x", 0o644)
	symlink(t, "../victim", dir+"/repo/out")
	symlink(t, "../new", dir+"/repo/dangling")
	symlink(t, "..", dir+"/repo/up")
	symlink(t, "../outside", dir+"/repo/other")
	symlink(t, "real", dir+"/repo/in")
	for _, name := range []string{"out", "dangling", "up/victim", "up/new", "other/new"} {
		if err := txn.WriteFile(dir+"/repo/"+name, []byte("evil"), 0o644); err == nil || !strings.Contains(err.Error(), "link") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := txn.WriteFile(dir+"/repo/in", []byte("new"), 0o644); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{"victim": "precious", "repo/real": "new"} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(b) != want {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	for _, name := range []string{"new", "outside/new"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s was made", name)
		}
	}
}
