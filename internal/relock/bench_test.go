package relock

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// BenchmarkNoOp is a lock that is in order, from its text to its text; the
// package.json files are read before.
func BenchmarkNoOp(b *testing.B) {
	dir := testshared.Dir(b, "corpus/rhdh")
	in := openProject(b, dir)
	src, err := os.ReadFile(filepath.Join(dir, "yarn.lock"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		lock, err := yarnlock.Parse("yarn.lock", src)
		if err != nil {
			b.Fatal(err)
		}
		in.Lock = lock
		res, err := Solve(b.Context(), in, &offline{}, Highest{})
		if err != nil {
			b.Fatal(err)
		}
		if res.Changed {
			b.Fatal("changed")
		}
	}
}
