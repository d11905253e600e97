package txn_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/testkit/txntest"
	"github.com/portalctl/portalctl/internal/txn"
)

// hold commits one edit and waits in the middle, until the file "go" appears.
func hold(root string) error {
	fsys := txntest.CallOn(txn.OS(), "rename", "package.json", func(string) error {
		if err := os.WriteFile(root+".holding", nil, 0o600); err != nil {
			return err
		}
		for {
			if _, err := os.Stat(root + ".go"); err == nil {
				return nil
			}
			time.Sleep(time.Millisecond)
		}
	})
	return txn.Commit(txn.WithFS(context.Background(), fsys), root, []txn.Edit{
		{Path: filepath.Join(root, "package.json"), Old: []byte("old"), New: []byte("new")},
	})
}

func TestSecondProcessIsRefused(t *testing.T) {
	root := filepath.Join(t.TempDir(), "repo")
	write(t, filepath.Join(root, "package.json"), "old", 0o644)
	write(t, filepath.Join(root, "other.json"), "old", 0o644)
	cmd := helperCmd(t, "hold", root, 0)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	for {
		if _, err := os.Stat(root + ".holding"); err == nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	pid := fmt.Sprintf("process %d", cmd.Process.Pid)
	err := txn.Commit(t.Context(), root, []txn.Edit{
		{Path: filepath.Join(root, "other.json"), Old: []byte("old"), New: []byte("new")},
	})
	if !errors.Is(err, txn.ErrBusy) || !strings.Contains(err.Error(), pid) {
		t.Errorf("Commit = %v, want ErrBusy with %s", err, pid)
	}
	isFault(t, err)
	if !txn.Pending(t.Context(), root) {
		t.Error("not pending while a transaction runs")
	}
	if _, err := txn.Recover(t.Context(), root); !errors.Is(err, txn.ErrBusy) {
		t.Errorf("Recover = %v, want ErrBusy: the process is alive", err)
	}
	write(t, root+".go", "", 0o644)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	want := tree{".": "drwxr-xr-x", "package.json": "-rw-r--r--\nnew", "other.json": "-rw-r--r--\nold"}
	sameTree(t, "after both", want, readTree(t, root))
}

// countUp increments the number in three files, n times.
func countUp(root string, n int) error {
	names := []string{"a", "b", "c"}
	for n > 0 {
		var edits []txn.Edit
		for _, name := range names {
			path := filepath.Join(root, name)
			old, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			v, err := strconv.Atoi(string(old))
			if err != nil {
				return err
			}
			edits = append(edits, txn.Edit{Path: path, Old: old, New: []byte(strconv.Itoa(v + 1))})
		}
		err := txn.Commit(context.Background(), root, edits)
		switch {
		case err == nil:
			n--
		case errors.Is(err, txn.ErrBusy), errors.Is(err, txn.ErrChanged):
			time.Sleep(time.Millisecond)
		default:
			return err
		}
	}
	return nil
}

// Processes that commit at the same time never mix, lose or repeat a change.
func TestProcessesDoNotInterleave(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		write(t, filepath.Join(root, name), "0", 0o644)
	}
	const each = 20
	done := make(chan error)
	for range 2 {
		cmd := helperCmd(t, "count", root, each)
		go func() {
			out, err := cmd.CombinedOutput()
			if err != nil {
				err = fmt.Errorf("%w: %s", err, out)
			}
			done <- err
		}()
	}
	go func() { done <- countUp(root, each) }()
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	got := readTree(t, root)
	delete(got, ".")
	want := "-rw-r--r--\n" + strconv.Itoa(3*each)
	sameTree(t, "all increments", tree{"a": want, "b": want, "c": want}, got)
}
