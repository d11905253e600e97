//go:build unix

package txn_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/testkit/txntest"
	"github.com/portalctl/portalctl/internal/txn"
)

func TestOwnerIsKept(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may give files away")
	}
	root := t.TempDir()
	path := filepath.Join(root, "f")
	write(t, path, "old", 0o640)
	if err := os.Chown(path, 1234, 5678); err != nil {
		t.Skip(err)
	}
	if err := txn.Commit(t.Context(), root, []txn.Edit{{Path: path, Old: []byte("old"), New: []byte("new")}}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	if st.Uid != 1234 || st.Gid != 5678 || info.Mode().Perm() != 0o640 {
		t.Errorf("owner %d:%d, mode %v", st.Uid, st.Gid, info.Mode())
	}
}

// The umask is for new files only.
func TestUmask(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	root := t.TempDir()
	write(t, filepath.Join(root, "f"), "old", 0o664)
	err := txn.Commit(t.Context(), root, []txn.Edit{
		{Path: filepath.Join(root, "f"), Old: []byte("old"), New: []byte("new")},
		{Path: filepath.Join(root, "g"), New: []byte("new")},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := readTree(t, root)
	delete(got, ".")
	sameTree(t, "modes", tree{"f": "-rw-rw-r--\nnew", "g": "-rw-------\nnew"}, got)
}

// What another user left in the state folder is not acted on, and what another
// user put into the project holds nobody up.
func TestJournalOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may give files away")
	}
	root, edits := project(t)
	f := txntest.FailFrom(txn.OS(), 100, syscall.EIO)
	if err := txn.Commit(txn.WithFS(t.Context(), f), root, edits); err == nil || !txn.Pending(t.Context(), root) {
		t.Fatal("no crash")
	}
	if err := os.Chown(txn.JournalDir(root), 1234, 1234); err != nil {
		t.Skip(err)
	}
	before := readTree(t, root)
	_, err := txn.Recover(t.Context(), root)
	if err == nil || !strings.Contains(err.Error(), "another user") || fault.NextOf(err) == "" {
		t.Errorf("got %v", err)
	}
	if err := txn.Commit(t.Context(), root, edits); err == nil || !strings.Contains(err.Error(), "another user") {
		t.Errorf("got %v", err)
	}
	sameTree(t, "nothing may change", before, readTree(t, root))
	if err := os.Chown(txn.JournalDir(root), os.Geteuid(), os.Getegid()); err != nil {
		t.Fatal(err)
	}
	if r, err := txn.Recover(t.Context(), root); err != nil || r.Outcome != txn.Undone {
		t.Errorf("as that user: %v, %v", r, err)
	}
	write(t, filepath.Join(root, txn.Dir, "journal.json"), "{", 0o644)
	if err := os.Chown(filepath.Join(root, txn.Dir), 1234, 1234); err != nil {
		t.Fatal(err)
	}
	if err := txn.Commit(t.Context(), root, edits); err != nil {
		t.Errorf("beside what another user put there: %v", err)
	}
}
