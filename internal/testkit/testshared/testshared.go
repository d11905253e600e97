// Package testshared finds the large public data sets (real portals, golden
// results) that some tests run over. They are not part of the repository: a
// test that needs one skips, with a line that says what is missing.
package testshared

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Dir is the absolute path of name below the data folder. The folder is
// $PORTALCTL_SHARED, else "shared" beside the checkout. The test is skipped
// when it is absent.
func Dir(t testing.TB, name string) string {
	t.Helper()
	root := os.Getenv("PORTALCTL_SHARED")
	if root == "" {
		_, file, _, _ := runtime.Caller(0)
		root = filepath.Join(filepath.Dir(file), "..", "..", "..", "..", "shared")
	}
	path := filepath.Join(root, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no data at %s: set PORTALCTL_SHARED to the folder that holds %s to run this test", path, name)
	}
	return path
}
