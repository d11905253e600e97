package txn_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit/txntest"
	"github.com/portalctl/portalctl/internal/txn"
)

func TestCommit(t *testing.T) {
	root, edits := project(t)
	before := readTree(t, root)
	if err := txn.Commit(t.Context(), root, edits); err != nil {
		t.Fatal(err)
	}
	sameTree(t, "after", after(root, before, edits), readTree(t, root))
	if txn.Pending(t.Context(), root) {
		t.Error("pending after a commit")
	}
}

func TestCommitThroughSymlinkedRoot(t *testing.T) {
	root, edits := project(t)
	before := readTree(t, root)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(root, link); err != nil {
		t.Skip(err)
	}
	want := after(root, before, edits)
	for i, e := range edits {
		rel, _ := filepath.Rel(root, e.Path)
		edits[i].Path = filepath.Join(link, rel)
	}
	if err := txn.Commit(t.Context(), link, edits); err != nil {
		t.Fatal(err)
	}
	sameTree(t, "after", want, readTree(t, root))
}

// Edits that change nothing must not even lock: a bump with nothing to do runs
// on a read-only checkout.
func TestNothingToDo(t *testing.T) {
	count := txntest.Count(txn.OS())
	edits := []txn.Edit{{Path: "/nowhere/a", Old: []byte("x"), New: []byte("x")}, {Path: "/nowhere/b"}}
	if err := txn.Commit(txn.WithFS(t.Context(), count), "/nowhere", edits); err != nil {
		t.Fatal(err)
	}
	if ops := count.Ops(); len(ops) > 0 {
		t.Errorf("operations: %v", ops)
	}
}

func TestEmptyIsNotMissing(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "f")
	steps := []struct {
		old, new []byte
		want     string
	}{
		{nil, []byte{}, ""},
		{[]byte{}, []byte("x"), "x"},
		{[]byte("x"), []byte{}, ""},
	}
	for _, s := range steps {
		if err := txn.Commit(t.Context(), root, []txn.Edit{{Path: path, Old: s.old, New: s.new}}); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != s.want {
			t.Fatalf("%q, %v; want %q", b, err, s.want)
		}
	}
	if err := txn.Commit(t.Context(), root, []txn.Edit{{Path: path, Old: []byte{}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("not removed: %v", err)
	}
}

// Where there are no hard links the backup is a copy; all promises hold.
func TestWithoutHardLinks(t *testing.T) {
	noLinks := func(string) error { return syscall.EPERM }
	root, edits := project(t)
	before := readTree(t, root)
	f := txntest.CallOn(txn.OS(), "link", "*", noLinks)
	if err := txn.Commit(txn.WithFS(t.Context(), f), root, edits); err != nil {
		t.Fatal(err)
	}
	sameTree(t, "committed", after(root, before, edits), readTree(t, root))

	root, edits = project(t)
	before = readTree(t, root)
	f = txntest.CallOn(txntest.CallOn(txn.OS(), "link", "*", noLinks), "rename", "lerna.json", func(string) error { return nil })
	f = txntest.CallOn(f, "remove", "lerna.json", func(string) error { return syscall.EIO })
	err := txn.Commit(txn.WithFS(t.Context(), f), root, edits)
	if !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), "every file is as it was") {
		t.Fatalf("got %v", err)
	}
	sameTree(t, "put back from copies", before, readTree(t, root))
}

// A further hard link keeps the old content: the documented limit.
func TestHardLinkedFile(t *testing.T) {
	root := t.TempDir()
	write(t, root+"/f", "old", 0o644)
	if err := os.Link(root+"/f", root+"/g"); err != nil {
		t.Skip(err)
	}
	if err := txn.Commit(t.Context(), root, []txn.Edit{{Path: root + "/f", Old: []byte("old"), New: []byte("new")}}); err != nil {
		t.Fatal(err)
	}
	sameTree(t, "both names", tree{".": "drwxr-xr-x", "f": "-rw-r--r--\nnew", "g": "-rw-r--r--\nold"}, readTree(t, root))
}

// git never sees the journal, even after a crash.
func TestJournalIsOutsideTheProject(t *testing.T) {
	root, edits := project(t)
	f := txntest.FailFrom(txn.OS(), 80, syscall.EIO)
	_ = txn.Commit(txn.WithFS(t.Context(), f), root, edits)
	for name := range readTree(t, root) {
		if strings.Contains(name, txn.Dir) || strings.Contains(name, "journal") {
			t.Errorf("%s lies in the project", name)
		}
	}
	dir := txn.JournalDir(root)
	if info, err := os.Lstat(dir); err != nil || info.Mode() != fs.ModeDir|0o700 {
		t.Errorf("%s: %v, %v", dir, info, err)
	}
	if info, err := os.Lstat(filepath.Join(dir, "journal.json")); err != nil || info.Mode() != 0o600 {
		t.Errorf("the journal: %v, %v", info, err)
	}
	if err := txn.Commit(t.Context(), root, edits); !errors.Is(err, txn.ErrPending) {
		t.Errorf("Commit over a journal = %v", err)
	}
}

// What survives a power failure depends on the order of syncs, which no crash
// of a process shows: contents before the commit point, the journal before its
// name, directories before the backups go.
func TestSyncOrder(t *testing.T) {
	root, edits := project(t)
	journalDir(t, root) // the folders above it are made and synced once for all
	count := txntest.Count(txn.OS())
	if err := txn.Commit(txn.WithFS(t.Context(), count), root, edits); err != nil {
		t.Fatal(err)
	}
	ops := count.Ops()
	at := func(from int, want string) int {
		t.Helper()
		for i := from; i < len(ops); i++ {
			if ops[i] == want {
				return i
			}
		}
		t.Fatalf("no %q after operation %d of\n%s", want, from, strings.Join(ops, "\n"))
		return 0
	}
	journal := filepath.Join(txn.JournalDir(root), "journal.json")
	prepared := at(at(at(0, "sync "+journal+".new"), "rename "+journal), "syncdir "+txn.JournalDir(root))
	committed := at(at(prepared, "rename "+journal), "syncdir "+txn.JournalDir(root))
	staged := 0
	for i, op := range ops {
		name, isCreate := strings.CutPrefix(op, "create ")
		if !isCreate || !strings.Contains(name, ".portalctl-") {
			continue
		}
		staged++
		if s := at(i, "sync "+name); i < prepared || s > committed {
			t.Errorf("%s: made at %d, synced at %d; journal at %d, commit at %d", name, i, s, prepared, committed)
		}
	}
	if staged != 8 {
		t.Errorf("%d staged files", staged)
	}
	// Each sync costs a wait; the package's comment says what each is for.
	syncs, syncdirs := 0, 0
	for _, op := range ops {
		switch {
		case strings.HasPrefix(op, "sync "):
			syncs++
		case strings.HasPrefix(op, "syncdir "):
			syncdirs++
		}
	}
	if syncs != staged+2 || syncdirs != 7+4 { // 7 folders: those of the files, and what .yarn was made in
		t.Errorf("%d syncs of files, %d of folders", syncs, syncdirs)
	}
	if last := at(at(committed, "remove "+txn.JournalDir(root)), "syncdir "+filepath.Dir(txn.JournalDir(root))); last != len(ops)-1 {
		t.Errorf("the last sync is operation %d of %d", last, len(ops))
	}
	removed := len(ops)
	for i := committed; i < len(ops); i++ {
		if strings.HasPrefix(ops[i], "remove ") && strings.HasSuffix(ops[i], ".old") {
			removed = min(removed, i)
		}
	}
	for _, e := range edits[:6] {
		real, err := filepath.EvalSymlinks(e.Path)
		if err != nil {
			t.Fatal(err)
		}
		if s := at(at(committed, "rename "+real), "syncdir "+filepath.Dir(real)); s > removed {
			t.Errorf("%s: the backups go at %d, before the folder is synced at %d", real, removed, s)
		}
	}
}
