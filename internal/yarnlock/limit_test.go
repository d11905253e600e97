package yarnlock

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
)

// TestHugeLock reads a lock of hugeLock entries and bounds what it costs: time
// linear in its size, memory a small multiple of the text.
func TestHugeLock(t *testing.T) {
	if testing.Short() {
		t.Skip("68 MB of text")
	}
	t.Run("parse", func(t *testing.T) {
		testkit.Linear(t, hugeLock, func(n int) func() {
			src := chainLock(n)
			return func() {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				lock, err := Parse("yarn.lock", src)
				if err != nil {
					t.Fatal(err)
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				if held := int(after.HeapAlloc) - int(before.HeapAlloc); len(lock.Entries) != n || held > 5*len(src) {
					t.Errorf("%d entries, %d bytes held for %d of text", len(lock.Entries), held, len(src))
				}
			}
		})
	})
	t.Run("prune", func(t *testing.T) {
		testkit.Linear(t, hugeLock, func(n int) func() {
			lock, err := Parse("yarn.lock", chainLock(n))
			if err != nil {
				t.Fatal(err)
			}
			return func() {
				if got := lock.Prune([]Descriptor{{Name: "pkg-000000", Range: "npm:^1.0.0"}}, NewResolver(lock, nil)); len(got.Entries) != 0 {
					t.Errorf("%d entries of a cycle pruned", len(got.Entries))
				}
			}
		})
	})
}

// chainLock is a lock in which each package asks for the next and another one.
func chainLock(entries int) []byte {
	var b strings.Builder
	b.WriteString("__metadata:\n  version: 8\n  cacheKey: 10c0\n")
	for i := range entries {
		fmt.Fprintf(&b, "\n\"pkg-%06d@npm:^1.0.0, pkg-%06d@npm:^1.1.0\":\n  version: 1.1.0\n  resolution: \"pkg-%06d@npm:1.1.0\"\n"+
			"  dependencies:\n    pkg-%06d: \"npm:^1.0.0\"\n    pkg-%06d: \"npm:^1.1.0\"\n  checksum: 10c0/%0128d\n  languageName: node\n  linkType: hard\n",
			i, i, i, (i+1)%entries, (i+7919)%entries, i)
	}
	return []byte(b.String())
}

// TestHostileLists has lists in the worst order, which must not cost a
// quadratic time.
func TestHostileLists(t *testing.T) {
	testkit.Linear(t, 50_000, func(n int) func() {
		var deps, keys strings.Builder
		for i := range n {
			fmt.Fprintf(&deps, "    d%06d: 1\n", n-i)
			fmt.Fprintf(&keys, "d@npm:%06d, ", n-i)
		}
		src := "__metadata:\n  version: 8\n\n? \"" + strings.TrimSuffix(keys.String(), ", ") + "\"\n:\n  resolution: \"d@npm:1\"\n  dependencies:\n" +
			deps.String() + "  peerDependencies:\n" + deps.String() + "  linkType: hard\n"
		return func() {
			lock, err := Parse("yarn.lock", []byte(src))
			if err != nil {
				t.Fatal(err)
			}
			lock.Named("d")
			dirtyAll(lock)
			lock.Format()
			if len(lock.Entries[0].Keys) != n {
				t.Errorf("%d keys of %d", len(lock.Entries[0].Keys), n)
			}
		}
	})
}
