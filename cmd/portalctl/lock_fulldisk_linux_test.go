package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fullDisk is a real file system with free pages of room.
func fullDisk(t *testing.T, pages int) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m,mode=0755"); err != nil {
		t.Skipf("no real full disk here: mounting a tmpfs needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	fill(t, dir, pages)
	return dir
}

// fill leaves so many free pages on the disk.
func fill(t *testing.T, dir string, pages int) {
	t.Helper()
	name := filepath.Join(dir, "fill")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	page, size := make([]byte, 4096), int64(0)
	for {
		if _, err = f.Write(page); err != nil {
			break
		}
		size += int64(len(page))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if err := f.Truncate(size - int64(pages)*4096); err != nil {
		t.Fatal(err)
	}
}

// The cache is on a full disk: the lock is right all the same, and what could
// be kept in part is not believed later.
func TestLockCacheOnFullDisk(t *testing.T) {
	t.Parallel()
	for _, pages := range []int{0, 2, 4, 6, 8} {
		p := newLockPortal(t)
		p.cache = fullDisk(t, pages)
		p.mustBeRight("with a full disk")
		p.write("yarn.lock", p.before)
		p.mustBeRight("with a full disk, again")
		if err := os.Remove(filepath.Join(p.cache, "fill")); err != nil {
			t.Fatal(err)
		}
		p.mustHeal()
	}
}

// There is no room for a large tarball.
func TestLockTempOnFullDisk(t *testing.T) {
	t.Parallel()
	p := newLockPortal(t)
	p.gainOf(bigTarball())
	tmp := p.tmp
	p.tmp = fullDisk(t, 4)
	code, out, errOut := p.run()
	if code != 2 || out != "" || !strings.Contains(errOut, "gain@npm:1.2.0, asked for by app") ||
		!strings.Contains(errOut, "no space left on device") || !strings.Contains(errOut, "\nnext: Make room") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, out, errOut)
	}
	if p.lockText() != p.before {
		t.Error("the lock changed")
	}
	if left := readTree(t, p.tmp); len(left) != 1 { // the filler
		t.Errorf("%d files left behind", len(left)-1)
	}
	p.tmp = tmp
	p.mustLock()
	p.noLitter()
}

// The portal itself is on a full disk: yarn.lock is as before until it fits.
func TestLockOnFullDisk(t *testing.T) {
	t.Parallel()
	p := newLockPortal(t)
	p.mustBeRight("with room") // the cache is warm from here on
	p.write("yarn.lock", p.before)
	tree := readTree(t, p.dir)
	failed := 0
	for pages := 0; ; pages++ {
		p.dir = fullDisk(t, 64)
		for name, text := range tree {
			p.write(name, text)
		}
		fill(t, p.dir, pages)
		before := readTree(t, p.dir)
		code, out, errOut := p.run()
		if code == 0 {
			if d := cmp.Diff(p.after, p.lockText()); d != "" {
				t.Fatalf("%d pages: wrong lock (-want +got):\n%s", pages, d)
			}
			break
		}
		failed++
		if code != 2 || out != "" || !strings.Contains(errOut, "no space left on device") || !strings.Contains(errOut, "\nnext: ") {
			t.Fatalf("%d pages: exit %d, stdout %q, stderr %q", pages, code, out, errOut)
		}
		if d := cmp.Diff(before, readTree(t, p.dir)); d != "" {
			t.Fatalf("%d pages: the tree changed (-before +after):\n%s", pages, d)
		}
	}
	if failed == 0 {
		t.Error("no run failed: the disk was not full")
	}
}
