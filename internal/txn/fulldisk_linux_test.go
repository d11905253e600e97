package txn_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/txn"
)

// A real file system with k free pages, k = 0, 1, 2, … until the change fits.
func TestFullDisk(t *testing.T) {
	const page = 4096
	failed := 0
	for k := 0; ; k++ {
		root := filepath.Join(t.TempDir(), "disk")
		if err := os.Mkdir(root, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mount("tmpfs", root, "tmpfs", 0, "size=1m,mode=0755"); err != nil {
			t.Skipf("no real full disk here: mounting a tmpfs needs root: %v", err)
		}
		ok := t.Run(fmt.Sprintf("%d pages", k), func(t *testing.T) {
			defer func() {
				if err := syscall.Unmount(root, 0); err != nil {
					t.Error(err)
				}
			}()
			var edits []txn.Edit
			for i := range 6 {
				path := filepath.Join(root, fmt.Sprintf("packages/p%d/package.json", i))
				old := strings.Repeat("o", (i+1)*3000)
				write(t, path, old, 0o644)
				edits = append(edits, txn.Edit{Path: path, Old: []byte(old), New: []byte(old + "new")})
			}
			fill(t, filepath.Join(root, "fill"), k*page)
			before := readTree(t, root)
			err := txn.Commit(t.Context(), root, edits)
			if err == nil {
				sameTree(t, "it fits", after(root, before, edits), readTree(t, root))
				return
			}
			failed++
			isFault(t, err)
			if !strings.Contains(err.Error(), "no space left on device") || !strings.Contains(fault.NextOf(err), "Free some space") {
				t.Errorf("%v\nnext %q", err, fault.NextOf(err))
			}
			sameTree(t, err.Error(), before, readTree(t, root))
		})
		if !ok {
			return
		}
		if failed <= k { // it has succeeded
			break
		}
	}
	if failed < 5 {
		t.Errorf("the disk was full only %d times", failed)
	}
	t.Logf("%d sizes of a full disk", failed)
}

// fill takes all space but free bytes.
func fill(t *testing.T, path string, free int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	total, b := 0, make([]byte, 4096)
	for {
		n, err := f.Write(b)
		total += n
		if err != nil {
			break
		}
	}
	if err := f.Truncate(int64(max(0, total-free))); err != nil {
		t.Fatal(err)
	}
}
