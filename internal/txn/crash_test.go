package txn_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/txntest"
	"github.com/portalctl/portalctl/internal/txn"
)

// TestMain: the test binary is its own helper process.
func TestMain(m *testing.M) {
	if mode := os.Getenv("TXN_TEST_HELPER"); mode != "" {
		os.Exit(helper(mode))
	}
	state, err := os.MkdirTemp("", "txn-state-*")
	if err != nil {
		panic(err)
	}
	os.Setenv("XDG_STATE_HOME", state)
	code := testkit.M{M: m}.Run()
	os.RemoveAll(state)
	os.Exit(code)
}

func helper(mode string) int {
	root := os.Getenv("TXN_TEST_ROOT")
	n, _ := strconv.Atoi(os.Getenv("TXN_TEST_N"))
	ctx := context.Background()
	if n > 0 && mode != "count" {
		ctx = txn.WithFS(ctx, txntest.KillAt(txntest.NoSync(txn.OS()), n))
	}
	var err error
	switch mode {
	case "commit":
		var edits []txn.Edit
		var b []byte
		if b, err = os.ReadFile(os.Getenv("TXN_TEST_EDITS")); err == nil {
			err = json.Unmarshal(b, &edits)
		}
		if err == nil {
			err = txn.Commit(ctx, root, edits)
		}
	case "recover":
		_, err = txn.Recover(ctx, root)
	case "count":
		err = countUp(root, n)
	case "hold":
		err = hold(root)
	default:
		err = fmt.Errorf("unknown mode %q", mode)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	return 0
}

func helperCmd(t *testing.T, mode, root string, n int, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "TXN_TEST_HELPER="+mode, "TXN_TEST_ROOT="+root, "TXN_TEST_N="+strconv.Itoa(n))
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

// runHelper reports whether the process lived to the end.
func runHelper(t *testing.T, mode, root string, n int, env ...string) (lived bool) {
	t.Helper()
	out, err := helperCmd(t, mode, root, n, env...).CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return true
	case errors.As(err, &exit) && exit.ExitCode() == 3:
		t.Fatalf("%s, killed at %d: %s", mode, n, out)
	case !errors.As(err, &exit):
		t.Fatal(err)
	}
	return false
}

func editsFile(t *testing.T, edits []txn.Edit) string {
	t.Helper()
	b, err := json.Marshal(edits)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "edits.json")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return "TXN_TEST_EDITS=" + name
}

// Issue 2, 6: a process killed before file-system operation N leaves every file
// whole, and the next command finishes or undoes the change.
func TestKilledAtEveryOperation(t *testing.T) {
	testkit.SkipRace(t)
	type result struct {
		outcome           txn.Outcome
		before, want, got tree
	}
	results := testkit.Until(t, func(t *testing.T, n int) (result, bool) {
		root, edits := project(t)
		before := readTree(t, root)
		want := after(root, before, edits)
		lived := runHelper(t, "commit", root, n, editsFile(t, edits))
		whole(t, edits)
		if lived {
			sameTree(t, "the run that nobody killed", want, readTree(t, root))
			return result{}, false
		}
		r, err := txn.Recover(txn.WithFS(t.Context(), txntest.NoSync(txn.OS())), root)
		if err != nil {
			t.Fatalf("killed at %d: %v", n, err)
		}
		if txn.Pending(t.Context(), root) {
			t.Fatalf("killed at %d: still pending", n)
		}
		return result{r.Outcome, before, want, readTree(t, root)}, true
	})
	finished, undone := 0, 0
	for i, r := range results {
		if r.outcome == txn.Finished {
			finished++
			sameTree(t, fmt.Sprintf("killed at %d, finished", i+1), r.want, r.got)
			continue
		}
		undone++
		// A kill after the last rename leaves the new files and at most
		// an empty folder to remove.
		wantNow := r.before
		if finished > 0 && r.outcome == txn.Nothing {
			wantNow = r.want
		}
		sameTree(t, fmt.Sprintf("killed at %d, %v", i+1, r.outcome), wantNow, r.got)
	}
	t.Logf("%d kills undone, %d finished", undone, finished)
	if undone < 50 || finished < 20 {
		t.Errorf("only %d kills undone and %d finished: do the operations go through the FS?", undone, finished)
	}
}

// The same with Recover killed too, at each of its operations. A file system
// that fails from operation N on stands for the dead process, so that all pairs
// can be tried (every ninth first crash, for time); some pairs are tried with real processes below.
func TestKilledInRecover(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	pairs := 0
	for _, n := range testkit.Until(t, func(t *testing.T, i int) (int, bool) { return recoverKilled(t, 1+9*(i-1)) }) {
		pairs += n
	}
	t.Logf("%d pairs", pairs)
	if pairs < 400 {
		t.Errorf("only %d pairs", pairs)
	}
}

// recoverKilled is a commit that died at n, and all the recoveries that die in
// their turn; no more when the commit has no operation n.
func recoverKilled(t *testing.T, n int) (pairs int, more bool) {
	dead := syscall.EIO
	root, edits := project(t)
	before := readTree(t, root)
	want := after(root, before, edits)
	c := txntest.FailFrom(txntest.NoSync(txn.OS()), n, dead)
	if err := txn.Commit(txn.WithFS(t.Context(), c), root, edits); err == nil {
		return 0, false
	}
	crashed := readTree(t, root)
	for m := 1; ; m++ {
		// The state of the crash again, in a fresh place.
		again := t.TempDir()
		writeTree(t, again, crashed)
		journalTo(t, root, again)
		moved := make([]txn.Edit, len(edits))
		for i, e := range edits {
			rel, _ := filepath.Rel(root, e.Path)
			e.Path = filepath.Join(again, rel)
			moved[i] = e
		}
		_, err := txn.Recover(txn.WithFS(t.Context(), txntest.FailFrom(txntest.NoSync(txn.OS()), m, dead)), again)
		whole(t, moved)
		lived := err == nil
		if !lived {
			pairs++
			if _, err := txn.Recover(txn.WithFS(t.Context(), txntest.NoSync(txn.OS())), again); err != nil {
				t.Fatalf("dead at %d, recovery dead at %d: %v", n, m, err)
			}
		}
		got := readTree(t, again)
		if got["package.json"] == before["package.json"] {
			sameTree(t, fmt.Sprintf("dead at %d, recovery dead at %d", n, m), before, got)
		} else {
			sameTree(t, fmt.Sprintf("dead at %d, recovery dead at %d", n, m), want, got)
		}
		if lived {
			return pairs, true
		}
	}
}

func TestKilledInRecoverProcess(t *testing.T) {
	testkit.SkipRace(t)
	root, edits := project(t)
	count := txntest.Count(txn.OS())
	if err := txn.Commit(txn.WithFS(t.Context(), count), root, edits); err != nil {
		t.Fatal(err)
	}
	for n := 11; n < len(count.Ops()); n += 29 {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			testkit.Until(t, func(t *testing.T, i int) (struct{}, bool) {
				m := 1 + 3*(i-1)
				root, edits := project(t)
				before := readTree(t, root)
				want := after(root, before, edits)
				runHelper(t, "commit", root, n, editsFile(t, edits))
				lived := runHelper(t, "recover", root, m)
				whole(t, edits)
				if !lived {
					if _, err := txn.Recover(txn.WithFS(t.Context(), txntest.NoSync(txn.OS())), root); err != nil {
						t.Fatalf("killed at %d, then at %d: %v", n, m, err)
					}
				}
				got := readTree(t, root)
				if got["yarn.lock"] == before["yarn.lock"] {
					want = before
				}
				sameTree(t, fmt.Sprintf("killed at %d, then at %d", n, m), want, got)
				return struct{}{}, !lived
			})
		})
	}
}
