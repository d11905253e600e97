package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The disk is full in the middle of a dump: what was begun is gone, no process
// is left, and the error names the disk.
func TestSnapshotFullDisk(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16m,mode=0700"); err != nil {
		t.Skipf("no real full disk here: mounting a tmpfs needs root: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	p.dir = dir
	// Looked at before, there is room enough; then somebody else takes it.
	p.enlarge(13000)
	if err := os.WriteFile(filepath.Join(dir, "other"), make([]byte, 6<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := p.run("create", "--name", "one")
	if code != 2 || !strings.Contains(errOut, "no space left on device") {
		t.Errorf("%d\n%s%s", code, out, errOut)
	}
	p.nothingLeft()
	if left := children(os.Getpid()); len(left) > 2 {
		for pid, line := range left {
			if strings.Contains(line, "pg_dump") {
				t.Errorf("process %d is left", pid)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "one")); err == nil {
		t.Error("half a snapshot has a final name")
	}

	// A disk that is too small to begin with is refused.
	if err := os.WriteFile(filepath.Join(dir, "other"), make([]byte, 15<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	p.refused([]string{"create"}, "the snapshot may need a sixth of that", "--dir")
}
