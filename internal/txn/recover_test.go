package txn_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/testkit/txntest"
	"github.com/portalctl/portalctl/internal/txn"
)

// crashBefore makes a project whose commit died before the first operation op
// on a file of that base name.
func crashBefore(t *testing.T, op, base string) (root string, edits []txn.Edit, before tree) {
	t.Helper()
	root, edits = project(t)
	before = readTree(t, root)
	var dead atomic.Bool
	var f txn.FS = txn.OS()
	die := func(o, pattern string) {
		f = txntest.CallOn(f, o, pattern, func(string) error {
			if dead.Load() || o == op && pattern == base {
				dead.Store(true)
				return syscall.EIO
			}
			return nil
		})
	}
	for _, o := range []string{"lstat", "evalsymlinks", "readfile", "writable", "mkdir", "create", "link", "rename", "remove", "syncdir", "write", "sync"} {
		die(o, "*")
	}
	die(op, base)
	if err := txn.Commit(txn.WithFS(t.Context(), f), root, edits); err == nil || !dead.Load() {
		t.Fatalf("no crash: %v", err)
	}
	return root, edits, before
}

func TestRecoverNothing(t *testing.T) {
	root := t.TempDir()
	if txn.Pending(t.Context(), root) {
		t.Error("pending")
	}
	r, err := txn.Recover(t.Context(), root)
	if err != nil || r.Outcome != txn.Nothing {
		t.Errorf("%v, %v", r, err)
	}
	// A crash before the journal: only the folder, which holds nothing up.
	dir := journalDir(t, root)
	write(t, filepath.Join(dir, "lock"), "123\n", 0o600)
	write(t, filepath.Join(dir, "journal.json.new"), "{", 0o600)
	if txn.Pending(t.Context(), root) {
		t.Error("pending without a journal")
	}
	if r, err := txn.Recover(t.Context(), root); err != nil || r.Outcome != txn.Nothing {
		t.Errorf("%v, %v", r, err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestRecoverTells(t *testing.T) {
	root, edits, before := crashBefore(t, "rename", "yarn.lock")
	r, err := txn.Recover(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"package.json", "yarn.lock", "packages/app/package.json", "packages/backend/package.json", "plugins/x/package.json",
		"packages/linked/package.json", "lerna.json", "backstage.json", ".yarn/plugins/backstage.cjs",
	}
	if d := cmp.Diff(want, r.Files); d != "" {
		t.Error(d)
	}
	if r.Outcome != txn.Finished || r.PID != os.Getpid() || r.Started.IsZero() {
		t.Errorf("%+v", r)
	}
	sameTree(t, "finished", after(root, before, edits), readTree(t, root))
	if r, err := txn.Recover(t.Context(), root); err != nil || r.Outcome != txn.Nothing {
		t.Errorf("a second time: %v, %v", r, err)
	}
}

// A staged file that a power failure damaged: back instead of forward.
func TestRecoverDamagedStage(t *testing.T) {
	root, _, before := crashBefore(t, "rename", "yarn.lock")
	staged, err := filepath.Glob(filepath.Join(root, "packages/app", ".package.json.portalctl-*.new"))
	if err != nil || len(staged) != 1 {
		t.Fatal(staged, err)
	}
	if err := os.Truncate(staged[0], 3); err != nil {
		t.Fatal(err)
	}
	if r, err := txn.Recover(t.Context(), root); err != nil || r.Outcome != txn.Undone {
		t.Fatal(r, err)
	}
	sameTree(t, "undone", before, readTree(t, root))
}

// What somebody edited after the crash is never overwritten.
func TestRecoverEditedFile(t *testing.T) {
	for _, edited := range []string{"package.json", "packages/app/package.json", "backstage.json", "lerna.json"} {
		t.Run(edited, func(t *testing.T) {
			root, edits, before := crashBefore(t, "rename", "yarn.lock")
			path := filepath.Join(root, edited)
			if err := os.WriteFile(path, []byte("mine"), 0o644); err != nil {
				t.Fatal(err)
			}
			crashed := readTree(t, root)
			_, err := txn.Recover(t.Context(), root)
			if err == nil || !strings.Contains(err.Error(), "files were edited since: "+edited) || !strings.Contains(fault.NextOf(err), edited+".mine") {
				t.Fatalf("got %v\nnext %q", err, fault.NextOf(err))
			}
			isFault(t, err)
			sameTree(t, "nothing may be touched", crashed, readTree(t, root))

			// The next step that the message gives.
			if err := os.Rename(path, path+".mine"); err != nil {
				t.Fatal(err)
			}
			if r, err := txn.Recover(t.Context(), root); err != nil || r.Outcome != txn.Finished {
				// The new package.json had been put in place before the crash
				// and was edited: only the old one is left to put back.
				if edited != "package.json" || err != nil || r.Outcome != txn.Undone {
					t.Fatal(r, err)
				}
			}
			got := readTree(t, root)
			if !strings.HasSuffix(got[edited+".mine"], "\nmine") {
				t.Errorf("the user's version: %q", got[edited+".mine"])
			}
			delete(got, edited+".mine")
			want := after(root, before, edits)
			if edited == "package.json" {
				want = before
			}
			sameTree(t, "recovered", want, got)
		})
	}
}

// Before the commit point nothing was replaced: whatever was edited since may
// stay as it is.
func TestRecoverEditedBeforeCommitPoint(t *testing.T) {
	root, _, before := crashBefore(t, "link", ".yarn.lock.*")
	write(t, filepath.Join(root, "package.json"), "mine", 0o644)
	before["package.json"] = "-rw-r--r--\nmine"
	if r, err := txn.Recover(t.Context(), root); err != nil || r.Outcome != txn.Undone {
		t.Fatal(r, err)
	}
	sameTree(t, "undone", before, readTree(t, root))
}

func TestRecoverLostCopies(t *testing.T) {
	root, _, _ := crashBefore(t, "rename", "yarn.lock")
	saved, err := filepath.Glob(filepath.Join(root, ".*.portalctl-*"))
	if err != nil || len(saved) < 3 {
		t.Fatal(saved, err)
	}
	for _, name := range saved {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	_, err = txn.Recover(t.Context(), root)
	if err == nil || !strings.Contains(err.Error(), "gone") || !strings.Contains(fault.NextOf(err), "version control") {
		t.Errorf("got %v", err)
	}
}

// Even a journal in the right place must not reach outside the project nor into
// git's files, and must never be followed half-way.
func TestRecoverHostileJournal(t *testing.T) {
	outside := t.TempDir()
	const id = "0123456789abcdef0123456789abcdef"
	tests := []struct{ name, path, real, state, id, schema, root string }{
		{"parent", "../victim", "../victim", "commit", id, "", ""},
		{"absolute", outside + "/victim", outside + "/victim", "commit", id, "", ""},
		{"git hook", ".git/hooks/pre-commit", ".git/hooks/pre-commit", "commit", id, "", ""},
		{"git hook, other case", ".GIT/hooks/pre-commit", ".GIT/hooks/pre-commit", "commit", id, "", ""},
		{"real path differs", "package.json", "../victim", "commit", id, "", ""},
		{"through a symlink", "link/victim", "link/victim", "commit", id, "", ""},
		{"id with a path", "victim", "victim", "commit", "../../../abc", "", ""},
		{"short id", "victim", "victim", "commit", id[:12], "", ""},
		{"unknown state", "victim", "victim", "later", id, "", ""},
		{"older schema", "victim", "victim", "commit", id, "portalctl.txn/v1", ""},
		{"newer schema", "victim", "victim", "commit", id, "portalctl.txn/v3", ""},
		{"the root", ".", ".", "commit", id, "", ""},
		{"another project's", "victim", "victim", "commit", id, "", outside},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "repo")
			write(t, root+"/.git/hooks/.pre-commit.portalctl-"+id+".new", "evil", 0o755)
			write(t, root+"/.victim.portalctl-"+id+".new", "evil", 0o755)
			write(t, filepath.Dir(root)+"/.victim.portalctl-"+id+".new", "evil", 0o755)
			write(t, outside+"/.victim.portalctl-"+id+".new", "evil", 0o755)
			symlink(t, outside, root+"/link")
			if tt.schema == "" {
				tt.schema = "portalctl.txn/v2"
			}
			if tt.root == "" {
				tt.root = root
			}
			b, err := json.Marshal(map[string]any{
				"schema": tt.schema, "id": tt.id, "state": tt.state, "root": tt.root,
				"files": []any{map[string]any{
					"path": tt.path, "real": tt.real,
					"new": sum("evil"),
				}},
			})
			if err != nil {
				t.Fatal(err)
			}
			write(t, journalDir(t, root)+"/journal.json", string(b), 0o600)
			before, out := readTree(t, filepath.Dir(root)), readTree(t, outside)
			_, err = txn.Recover(t.Context(), root)
			if err == nil || !strings.Contains(err.Error(), "cannot be used") || fault.NextOf(err) == "" {
				t.Errorf("got %v", err)
			}
			sameTree(t, "nothing may change", before, readTree(t, filepath.Dir(root)))
			sameTree(t, "nothing may change outside", out, readTree(t, outside))
		})
	}
}

func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// journalDir makes the folder of root's journal.
func journalDir(t *testing.T, root string) string {
	t.Helper()
	dir := txn.JournalDir(root)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func TestRecoverBadFolder(t *testing.T) {
	victim := filepath.Join(t.TempDir(), "victim")
	write(t, victim, "precious", 0o644)
	tests := map[string]func(t *testing.T, dir string){
		"the folder is a symlink": func(t *testing.T, dir string) {
			if err := os.Remove(dir); err != nil {
				t.Fatal(err)
			}
			symlink(t, filepath.Dir(victim), dir)
		},
		"the folder is a file": func(t *testing.T, dir string) {
			if err := os.Remove(dir); err != nil {
				t.Fatal(err)
			}
			write(t, dir, "", 0o600)
		},
		"the folder is open to others": func(t *testing.T, dir string) {
			if err := os.Chmod(dir, 0o777); err != nil {
				t.Fatal(err)
			}
		},
		"the lock is a symlink":  func(t *testing.T, dir string) { symlink(t, victim, dir+"/lock") },
		"the journal is no JSON": func(t *testing.T, dir string) { write(t, dir+"/journal.json", "{", 0o600) },
		"the journal is endless": func(t *testing.T, dir string) { symlink(t, "/dev/zero", dir+"/journal.json") },
	}
	for name, setup := range tests {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			setup(t, journalDir(t, root))
			_, err := txn.Recover(t.Context(), root)
			if err == nil || fault.NextOf(err) == "" {
				t.Errorf("got %v, next %q", err, fault.NextOf(err))
			}
			if b, _ := os.ReadFile(victim); string(b) != "precious" {
				t.Errorf("victim is now %q", b)
			}
		})
	}
}

// What Commit reported as failed is never finished behind the user's back.
func TestRecoverKeepsToUndo(t *testing.T) {
	root, edits := project(t)
	before := readTree(t, root)
	broken := func(string) error { return syscall.EIO }
	f := txntest.CallOn(txn.OS(), "rename", "package.json", broken)
	f = txntest.CallOn(f, "remove", ".*.new", broken) // all staged files stay
	err := txn.Commit(txn.WithFS(t.Context(), f), root, edits)
	if err == nil || !strings.Contains(err.Error(), "every file is as it was") || !strings.Contains(fault.NextOf(err), "removes what is left") {
		t.Fatalf("got %v\nnext %q", err, fault.NextOf(err))
	}
	if r, err := txn.Recover(t.Context(), root); err != nil || r.Outcome != txn.Undone {
		t.Fatal(r, err)
	}
	sameTree(t, "undone", before, readTree(t, root))
}
