package snapshotkilled

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/snapportal"
)

// The disk is full in the middle of a dump: what was begun is gone, no process
// is left, and the error names the disk.
func TestSnapshotFullDisk(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := snapportal.New(t)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16m,mode=0700"); err != nil {
		t.Skipf("no real full disk here: mounting a tmpfs needs root: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	p.Dir = dir
	// Looked at before, there is room enough; then somebody else takes it.
	p.Enlarge(13000)
	if err := os.WriteFile(filepath.Join(dir, "other"), make([]byte, 6<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := p.Run("create", "--name", "one")
	if code != 2 || !strings.Contains(errOut, "no space left on device") {
		t.Errorf("%d\n%s%s", code, out, errOut)
	}
	p.NothingLeft()
	for pid, line := range p.Clients() {
		t.Errorf("process %d is left: %s", pid, line)
	}
	p.ClientsAreSeen()
	if _, err := os.Stat(filepath.Join(dir, "one")); err == nil {
		t.Error("half a snapshot has a final name")
	}

	// A disk that is too small to begin with is refused.
	if err := os.WriteFile(filepath.Join(dir, "other"), make([]byte, 15<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Refused([]string{"create"}, "the snapshot may need a sixth of that", "--dir")
}

// A full disk keeps verify from keeping its verdict, not from saying it.
func TestSnapshotVerifyOnAFullDisk(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	p := snapportal.New(t)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16m,mode=0700"); err != nil {
		t.Skipf("no real full disk here: mounting a tmpfs needs root: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	p.Dir = dir
	p.Must("create", "--name", "one")
	fill, err := os.OpenFile(filepath.Join(dir, "other"), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer fill.Close()
	for err == nil {
		_, err = fill.Write(make([]byte, 4096))
	}
	code, out, errOut := p.Run("verify")
	if code != 2 || !strings.Contains(out, "one: every file is whole and was read to its end") || !strings.Contains(errOut, "no space left on device") {
		t.Errorf("whole: %d\n%s%s", code, out, errOut)
	}
	dumps, _ := filepath.Glob(filepath.Join(dir, "one", "*.dump.zst"))
	f, err := os.OpenFile(dumps[0], os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte("xxxx"), 30)
	f.Close()
	if err != nil {
		t.Fatal(err)
	}
	code, out, errOut = p.Run("verify")
	if code != 1 || !strings.Contains(out, "one cannot be restored from.") || !strings.Contains(errOut, "the result was not kept: ") {
		t.Errorf("damaged: %d\n%s%s", code, out, errOut)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "one", ".*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
