package txn_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
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

func TestRefused(t *testing.T) {
	tests := []struct {
		name string
		// setup returns the edit that is refused.
		setup func(t *testing.T, root string) txn.Edit
		want  string // in the message
		next  string // in the next step
		is    error
	}{
		{
			"changed", func(t *testing.T, root string) txn.Edit {
				write(t, root+"/f", "edited", 0o644)
				return txn.Edit{Path: root + "/f", Old: []byte("old"), New: []byte("new")}
			}, "/f: nothing was written: the file was changed since it was read", "Run the command again", txn.ErrChanged,
		}, {
			"gone", func(t *testing.T, root string) txn.Edit {
				return txn.Edit{Path: root + "/f", Old: []byte("old"), New: []byte("new")}
			}, "the file is gone", "Run the command again", txn.ErrChanged,
		}, {
			"exists", func(t *testing.T, root string) txn.Edit {
				write(t, root+"/f", "edited", 0o644)
				return txn.Edit{Path: root + "/f", New: []byte("new")}
			}, "there is such a file by now", "Run the command again", txn.ErrChanged,
		}, {
			"read-only", func(t *testing.T, root string) txn.Edit {
				write(t, root+"/f", "old", 0o444)
				return txn.Edit{Path: root + "/f", Old: []byte("old"), New: []byte("new")}
			}, "/f: the file is read-only; nothing was written", "chmod u+w", nil,
		}, {
			"outside", func(t *testing.T, root string) txn.Edit {
				return txn.Edit{Path: filepath.Dir(root) + "/f", New: []byte("new")}
			}, "not inside the project", "", nil,
		}, {
			"relative", func(t *testing.T, root string) txn.Edit {
				return txn.Edit{Path: "f", New: []byte("new")}
			}, "does not write here", "", nil,
		}, {
			"git's own", func(t *testing.T, root string) txn.Edit {
				return txn.Edit{Path: root + "/.git/config", New: []byte("new")}
			}, "not portalctl's to write", "", nil,
		}, {
			"directory", func(t *testing.T, root string) txn.Edit {
				write(t, root+"/d/f", "", 0o644)
				return txn.Edit{Path: root + "/d", Old: []byte("old"), New: []byte("new")}
			}, "not a regular file", "regular file", nil,
		}, {
			"symlink out of the project", func(t *testing.T, root string) txn.Edit {
				out := filepath.Join(t.TempDir(), "out")
				write(t, out, "old", 0o644)
				symlink(t, out, root+"/f")
				return txn.Edit{Path: root + "/f", Old: []byte("old"), New: []byte("new")}
			}, "where portalctl does not write", "in place of the symlink", nil,
		}, {
			"folder that leads out of the project", func(t *testing.T, root string) txn.Edit {
				symlink(t, t.TempDir(), root+"/d")
				return txn.Edit{Path: root + "/d/e/f", New: []byte("new")}
			}, "where portalctl does not write", "in place of the symlink", nil,
		}, {
			"dangling symlink", func(t *testing.T, root string) txn.Edit {
				symlink(t, "nowhere", root+"/f")
				return txn.Edit{Path: root + "/f", New: []byte("new")}
			}, "the symlink could not be followed", "", nil,
		}, {
			"removal of a symlink", func(t *testing.T, root string) txn.Edit {
				write(t, root+"/real", "old", 0o644)
				symlink(t, "real", root+"/f")
				return txn.Edit{Path: root + "/f", Old: []byte("old")}
			}, "does not remove", "by hand", nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			write(t, root+"/first", "old", 0o644)
			e := tt.setup(t, root)
			before := readTree(t, root)
			err := txn.Commit(t.Context(), root, []txn.Edit{{Path: root + "/first", Old: []byte("old"), New: []byte("new")}, e})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(fault.NextOf(err), tt.next) {
				t.Errorf("got %v\nnext %q", err, fault.NextOf(err))
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("not %v", tt.is)
			}
			isFault(t, err)
			sameTree(t, "nothing may change", before, readTree(t, root))
		})
	}
}

func symlink(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Skipf("no symlinks here: %v", err)
	}
}

// The system's own refusals, which root does not meet, are injected.
func TestNoPermission(t *testing.T) {
	for _, tt := range []struct{ pattern, want, next string }{
		{"package.json", "the file cannot be written; nothing was written: permission denied", "user who may write"},
		{"app", "its folder cannot be written; nothing was written: permission denied", "user who may write"},
	} {
		root, edits := project(t)
		before := readTree(t, root)
		f := txntest.CallOn(txn.OS(), "writable", tt.pattern, func(name string) error {
			return &fs.PathError{Op: "access", Path: name, Err: syscall.EACCES}
		})
		err := txn.Commit(txn.WithFS(t.Context(), f), root, edits)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(fault.NextOf(err), tt.next) {
			t.Errorf("%v\nnext %q", err, fault.NextOf(err))
		}
		sameTree(t, "nothing may change", before, readTree(t, root))
	}
}

// A file that is saved in an editor while the new contents are being staged.
func TestChangedWhileStaging(t *testing.T) {
	for _, how := range []string{"in place", "by rename"} {
		t.Run(how, func(t *testing.T) {
			root, edits := project(t)
			path := filepath.Join(root, "package.json")
			f := txntest.CallOn(txn.OS(), "link", ".package.json.*", func(name string) error {
				if filepath.Dir(name) != root {
					return nil
				}
				if how == "in place" {
					return os.WriteFile(path, []byte("edited"), 0o644)
				}
				return errors.Join(os.WriteFile(path+"~", []byte("edited"), 0o644), os.Rename(path+"~", path))
			})
			want := readTree(t, root)
			want["package.json"] = "-rw-r--r--\nedited"
			err := txn.Commit(txn.WithFS(t.Context(), f), root, edits)
			// Not "every file is as it was": the editor's is not.
			if want := path + ": nothing was written: the file was changed since it was read"; !errors.Is(err, txn.ErrChanged) || err.Error() != want {
				t.Fatalf("got  %v\nwant %s", err, want)
			}
			sameTree(t, "only the editor's change", want, readTree(t, root))
		})
	}
}

func TestTwoNamesOfOneFile(t *testing.T) {
	root := t.TempDir()
	write(t, root+"/real", "old", 0o644)
	symlink(t, "real", root+"/a")
	symlink(t, "real", root+"/b")
	edit := func(name, content string) txn.Edit {
		return txn.Edit{Path: root + "/" + name, Old: []byte("old"), New: []byte(content)}
	}
	before := readTree(t, root)
	err := txn.Commit(t.Context(), root, []txn.Edit{edit("a", "one"), edit("b", "two")})
	if err == nil || !strings.Contains(err.Error(), "same file as "+root+"/a") {
		t.Errorf("got %v", err)
	}
	sameTree(t, "refused", before, readTree(t, root))
	if err := txn.Commit(t.Context(), root, []txn.Edit{edit("a", "one"), edit("b", "one")}); err != nil {
		t.Error(err)
	}
	before["real"] = "-rw-r--r--\none"
	sameTree(t, "both want the same", before, readTree(t, root))
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
