package yarnlock

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestHugeLock reads a lock of hugeLock entries and bounds what it costs: time
// linear in its size, memory a small multiple of the text.
func TestHugeLock(t *testing.T) {
	if testing.Short() {
		t.Skip("68 MB of text")
	}
	const entries = hugeLock
	var b strings.Builder
	b.WriteString("__metadata:\n  version: 8\n  cacheKey: 10c0\n")
	for i := range entries {
		fmt.Fprintf(&b, "\n\"pkg-%06d@npm:^1.0.0, pkg-%06d@npm:^1.1.0\":\n  version: 1.1.0\n  resolution: \"pkg-%06d@npm:1.1.0\"\n"+
			"  dependencies:\n    pkg-%06d: \"npm:^1.0.0\"\n    pkg-%06d: \"npm:^1.1.0\"\n  checksum: 10c0/%0128d\n  languageName: node\n  linkType: hard\n",
			i, i, i, (i+1)%entries, (i+7919)%entries, i)
	}
	src := []byte(b.String())
	b.Reset()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	lock, err := Parse("yarn.lock", src)
	took := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	held := int(after.HeapAlloc) - int(before.HeapAlloc)
	if len(lock.Entries) != entries || took > 30*time.Second || held > 5*len(src) {
		t.Errorf("%d entries, %v, %d bytes held for %d of text", len(lock.Entries), took, held, len(src))
	}
	t.Logf("%d bytes: %v, %d bytes held", len(src), took, held)
	start = time.Now()
	if got := lock.Prune([]Descriptor{{"pkg-000000", "npm:^1.0.0"}}, NewResolver(lock, nil)); len(got.Entries) != 0 {
		t.Errorf("%d entries of a cycle pruned", len(got.Entries))
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("pruning took %v", took)
	}
}

// TestHostileLists has lists in the worst order, which must not cost a
// quadratic time.
func TestHostileLists(t *testing.T) {
	const n = 50_000
	var deps, keys strings.Builder
	for i := range n {
		fmt.Fprintf(&deps, "    d%06d: 1\n", n-i)
		fmt.Fprintf(&keys, "d@npm:%06d, ", n-i)
	}
	src := "__metadata:\n  version: 8\n\n? \"" + strings.TrimSuffix(keys.String(), ", ") + "\"\n:\n  resolution: \"d@npm:1\"\n  dependencies:\n" +
		deps.String() + "  peerDependencies:\n" + deps.String() + "  linkType: hard\n"
	start := time.Now()
	lock, err := Parse("yarn.lock", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	lock.Named("d")
	dirtyAll(lock)
	lock.Format()
	if took := time.Since(start); took > 20*time.Second || len(lock.Entries[0].Keys) != n {
		t.Errorf("%v for %d keys", took, len(lock.Entries[0].Keys))
	}
}
