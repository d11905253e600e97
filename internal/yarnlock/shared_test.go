package yarnlock

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testshared"
)

// sharedLocks calls f for every lock of the shared data.
func sharedLocks(t *testing.T, f func(t *testing.T, name string, src []byte)) {
	n := 0
	for _, root := range []string{testshared.Dir(t, "corpus"), testshared.Dir(t, "golden")} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".lock") {
				return err
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			n++
			name, _ := filepath.Rel(filepath.Dir(root), path)
			t.Run(filepath.ToSlash(name), func(t *testing.T) { f(t, path, src) })
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 30 {
		t.Fatalf("only %d locks found", n)
	}
}

// TestSharedRoundTrip is the proof over real locks: what was read is printed
// byte for byte, and so is what is printed anew, entry by entry.
func TestSharedRoundTrip(t *testing.T) {
	sharedLocks(t, func(t *testing.T, name string, src []byte) {
		lock, err := Parse(name, src)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(lock.Format(), src) {
			t.Fatal("an unchanged lock is not byte-identical")
		}
		dirtyAll(lock)
		got := lock.Format()
		if bytes.Equal(got, src) {
			return
		}
		a, b := strings.Split(string(src), "\n"), strings.Split(string(got), "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Fatalf("line %d:\n read    %s\n printed %s", i+1, a[i], b[i])
			}
		}
		t.Fatalf("%d lines read, %d printed", len(a), len(b))
	})
}

// dirtyAll makes Format print and sort everything anew.
func dirtyAll(l *Lock) {
	for _, e := range l.Entries {
		e.Touch()
	}
	l.relist()
}

func BenchmarkParse(b *testing.B) {
	path := testshared.Dir(b, "corpus/rhdh/yarn.lock")
	src, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(path, src); err != nil {
			b.Fatal(err)
		}
	}
}
