package yarnzip_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/portalctl/portalctl/internal/yarnzip"
)

// FuzzChecksum: no tarball makes the package panic or hang, and how it is read
// does not change the outcome.
func FuzzChecksum(f *testing.F) {
	for name, tgz := range synthetic() {
		if name != "zip64" && name != "pax-huge" {
			f.Add(tgz)
		}
	}
	for _, e := range []tarEntry{symlink("a", "../x/b"), records('x', "path", "package/y", "size", "3"), long('L', "package/z")} {
		f.Add(append(tarOf(e, file("b", "abc"), file("a/c", "c")), eof...))
	}
	lim := yarnzip.DefaultLimits()
	lim.Unpacked, lim.Entries = 8<<20, 2000
	streamed := lim
	streamed.Buffer = 600
	f.Fuzz(func(t *testing.T, tgz []byte) {
		for _, data := range [][]byte{tgz, gz(tgz)} {
			a, errA := yarnzip.ChecksumAt(context.Background(), bytes.NewReader(data), int64(len(data)), "x", yarnzip.Stored, nil, lim)
			b, errB := yarnzip.ChecksumAt(context.Background(), bytes.NewReader(data), int64(len(data)), "x", yarnzip.Stored, nil, streamed)
			if a != b || (errA == nil) != (errB == nil) {
				t.Fatalf("in memory %q, %v; streamed %q, %v", a, errA, b, errB)
			}
		}
	})
}
