package osv_test

import (
	"os"
	"testing"
)

// readOnly makes a folder read-only for the length of a test. Root may write
// everywhere, so that a test as root is skipped.
func readOnly(t *testing.T, dir string) {
	t.Helper()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	f, err := os.CreateTemp(dir, "x")
	if err == nil {
		f.Close()
		os.Remove(f.Name())
		t.Skip("this user may write into read-only folders")
	}
}
