package yarnlock

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit/testshared"
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

// TestSharedTransform turns one real lock into another that Yarn (or
// yarn-deduplicate) wrote from it, with the methods that the lock writers use,
// and compares bytes.
func TestSharedTransform(t *testing.T) {
	golden := testshared.Dir(t, "golden")
	pairs := [][2]string{{"../corpus/rhdh/yarn.lock", "lock/rhdh-29-edits/expected.lock"}}
	for _, dir := range []string{"v1-rhdh-1.19.6-v1", "v1-rhdh-1.29.2-v1", "v1-rhdh-758bd902-v1"} {
		for _, to := range []string{"expected-all.lock", "expected-scope-backstage.lock"} {
			pairs = append(pairs, [2]string{"dedupe/" + dir + "/yarn.lock", "dedupe/" + dir + "/" + to})
		}
	}
	bumps, err := filepath.Glob(filepath.Join(golden, "bump", "demo-*"))
	if err != nil || len(bumps) < 6 {
		t.Fatalf("%d bumps, %v", len(bumps), err)
	}
	for _, dir := range bumps {
		name := "bump/" + filepath.Base(dir)
		pairs = append(pairs, [2]string{name + "/input/yarn.lock", name + "/expected/yarn.lock"})
	}
	for _, pair := range pairs {
		t.Run(pair[1], func(t *testing.T) {
			from, to := readLock(t, filepath.Join(golden, pair[0])), readLock(t, filepath.Join(golden, pair[1]))
			changed := transform(t, from, to)
			if got := from.Format(); !bytes.Equal(got, to.Format()) {
				t.Fatalf("after %d changes the text differs", changed)
			}
			if changed == 0 {
				t.Fatal("the pair proves nothing: it needs no change")
			}
		})
	}
}

// transform makes l what want is, entry by entry.
func transform(t *testing.T, l, want *Lock) (changed int) {
	for _, w := range want.Entries {
		have := l.Locate(w.Resolution)
		if have != nil && l.Kind == Classic { // two entries may have one locator
			if e := l.Lookup(w.Keys[0]); e != nil && e.Resolution == w.Resolution {
				have = e
			}
		}
		if have == nil {
			changed++
			fresh := *w
			fresh.Keys = nil
			for _, k := range w.Keys {
				l.Unbind(k)
				fresh.Keys = append(fresh.Keys, k)
			}
			if err := l.Add(&fresh); err != nil {
				t.Fatal(err)
			}
			continue
		}
		for _, k := range w.Keys {
			if l.Lookup(k) != have {
				changed++
				l.RebindTo(k, have)
			}
		}
		if have.IsWorkspace() { // what package.json asks for
			have.Dependencies, have.PeerDependencies = w.Dependencies, w.PeerDependencies
			have.Touch()
		}
	}
	for _, e := range append([]*Entry(nil), l.Entries...) {
		for _, k := range append([]Descriptor(nil), e.Keys...) {
			if want.Lookup(k) == nil {
				changed++
				l.Unbind(k)
			}
		}
	}
	return changed
}

func readLock(t testing.TB, path string) *Lock {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lock, err := Parse(path, src)
	if err != nil {
		t.Fatal(err)
	}
	return lock
}
