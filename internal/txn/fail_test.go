package txn_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/txntest"
	"github.com/portalctl/portalctl/internal/txn"
)

// writeTree makes a tree as readTree described it.
func writeTree(t *testing.T, root string, tr tree) {
	t.Helper()
	for rel, v := range tr {
		path := root + "/" + rel
		if to, ok := strings.CutPrefix(v, "-> "); ok {
			write(t, root+"/"+rel+".tmp", "", 0o644) // makes the folders
			if err := errors.Join(os.Remove(path+".tmp"), os.Symlink(to, path)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		mode, content, file := strings.Cut(v, "\n")
		if !file {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		var perm fs.FileMode
		for i, c := range mode[1:] {
			if c != '-' {
				perm |= 1 << (8 - i)
			}
		}
		write(t, path, content, perm)
	}
}

// One operation fails: the change is taken back without a trace. Where Commit
// succeeds all the same (a backup that is copied as it cannot be linked, an
// owner that cannot be kept, a second try at removing what was staged), the
// change is complete.
func TestFailureAtEveryOperation(t *testing.T) {
	testkit.SkipRace(t)
	for _, cause := range []error{syscall.ENOSPC, syscall.EIO, syscall.EACCES} {
		t.Run(cause.Error(), func(t *testing.T) {
			t.Parallel()
			failed, done := 0, map[string]int{}
			for _, op := range testkit.Until(t, func(t *testing.T, n int) (string, bool) { return commitFailing(t, n, cause) }) {
				if op == "" {
					failed++
				} else {
					done[op]++
				}
			}
			t.Logf("%d failures, commits in spite of one: %v", failed, done)
			if failed < 100 {
				t.Errorf("only %d failures", failed)
			}
			for op := range done {
				if !strings.Contains("link chown remove syncdir lstat", op) {
					t.Errorf("%s failed and nobody noticed", op)
				}
			}
		})
	}
}

// commitFailing is a commit whose operation n fails. It names the operation
// when the commit succeeded all the same.
func commitFailing(t *testing.T, n int, cause error) (noticedNot string, more bool) {
	root, edits := project(t)
	before := readTree(t, root)
	f := txntest.FailAt(txntest.NoSync(txn.OS()), n, cause)
	err := txn.Commit(txn.WithFS(t.Context(), f), root, edits)
	got := readTree(t, root)
	if len(f.Ops()) < n {
		return "", false
	}
	op := f.Ops()[n-1]
	if err == nil {
		sameTree(t, fmt.Sprintf("%d: %s failed, commit did not", n, op), after(root, before, edits), got)
		return strings.Fields(op)[0], true
	}
	sameTree(t, fmt.Sprintf("%d: %s: %v", n, op, err), before, got)
	isFault(t, err)
	if !errors.Is(err, cause) || fault.NextOf(err) == "" {
		t.Errorf("%d: %s: lacks the cause or the next step: %v", n, op, err)
	}
	if cause == syscall.ENOSPC && !strings.Contains(fault.NextOf(err), "Free some space") && !strings.HasPrefix(op, "writable") {
		t.Errorf("%d: %s: next step %q", n, op, fault.NextOf(err))
	}
	return "", true
}

// The disk breaks for good at operation N: the next command, on a mended disk,
// brings one of the two ends about.
func TestBrokenFromEveryOperation(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	type result struct{ stuck, leftover bool }
	stuck, leftover := 0, 0
	for _, r := range testkit.Until(t, func(t *testing.T, n int) (r result, more bool) {
		root, edits := project(t)
		before := readTree(t, root)
		want := after(root, before, edits)
		f := txntest.FailFrom(txntest.NoSync(txn.OS()), n, syscall.EIO)
		err := txn.Commit(txn.WithFS(t.Context(), f), root, edits)
		if err == nil {
			return r, false
		}
		isFault(t, err)
		whole(t, edits)
		r.leftover = errors.Is(err, txn.ErrLeftover)
		if strings.Contains(err.Error(), "could not be put back") {
			r.stuck = true
			if !txn.Pending(t.Context(), root) {
				t.Fatalf("%d: no journal left: %v", n, err)
			}
		}
		if _, err := txn.Recover(txn.WithFS(t.Context(), txntest.NoSync(txn.OS())), root); err != nil {
			t.Fatalf("broken from %d: %v", n, err)
		}
		got := readTree(t, root)
		if r.leftover || got["package.json"] != before["package.json"] {
			sameTree(t, fmt.Sprintf("broken from %d: %v", n, err), want, got)
		} else {
			sameTree(t, fmt.Sprintf("broken from %d: %v", n, err), before, got)
		}
		return r, true
	}) {
		if r.stuck {
			stuck++
		}
		if r.leftover {
			leftover++
		}
	}
	if stuck == 0 || leftover == 0 {
		t.Errorf("%d failures to put back, %d with leftovers: both must occur", stuck, leftover)
	}
}

func TestCancelledAtEveryOperation(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	cancelled, finished := 0, 0
	for i, err := range testkit.Until(t, func(t *testing.T, n int) (error, bool) {
		root, edits := project(t)
		before := readTree(t, root)
		ctx, cancel := context.WithCancel(t.Context())
		f := txntest.CallAt(txntest.NoSync(txn.OS()), n, cancel)
		err := txn.Commit(txn.WithFS(ctx, f), root, edits)
		cancel()
		if len(f.Ops()) < n {
			return nil, false
		}
		got := readTree(t, root)
		if err == nil {
			sameTree(t, fmt.Sprintf("cancelled at %d, finished", n), after(root, before, edits), got)
			return nil, true
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled at %d: %v", n, err)
		}
		isFault(t, err)
		sameTree(t, fmt.Sprintf("cancelled at %d", n), before, got)
		return err, true
	}) {
		if err == nil {
			finished++
			continue
		}
		if finished > 0 {
			t.Fatalf("cancelled at %d, after the commit point: %v", i+1, err)
		}
		cancelled++
	}
	if cancelled < 50 || finished < 20 {
		t.Errorf("%d cancelled, %d finished", cancelled, finished)
	}
}
