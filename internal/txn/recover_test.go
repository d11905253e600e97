package txn_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/txn/txntest"
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
	if txn.Pending(root) {
		t.Error("pending")
	}
	r, err := txn.Recover(root)
	if err != nil || r.Outcome != txn.Nothing {
		t.Errorf("%v, %v", r, err)
	}
	// A crash before the journal: only the folder.
	write(t, filepath.Join(root, txn.Dir, "lock"), "123\n", 0o644)
	write(t, filepath.Join(root, txn.Dir, "journal.json.new"), "{", 0o644)
	if !txn.Pending(root) {
		t.Error("not pending")
	}
	if r, err := txn.Recover(root); err != nil || r.Outcome != txn.Nothing || txn.Pending(root) {
		t.Errorf("%v, %v", r, err)
	}
}

func TestRecoverTells(t *testing.T) {
	root, edits, before := crashBefore(t, "rename", "yarn.lock")
	r, err := txn.Recover(root)
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
	if r, err := txn.Recover(root); err != nil || r.Outcome != txn.Nothing {
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
	if r, err := txn.Recover(root); err != nil || r.Outcome != txn.Undone {
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
			_, err := txn.Recover(root)
			if err == nil || !strings.Contains(err.Error(), "somebody has edited since: "+edited) || !strings.Contains(fault.NextOf(err), edited+".mine") {
				t.Fatalf("got %v\nnext %q", err, fault.NextOf(err))
			}
			isFault(t, err)
			got := readTree(t, root)
			lock := filepath.ToSlash(filepath.Join(txn.Dir, "lock"))
			delete(crashed, lock)
			delete(got, lock)
			sameTree(t, "nothing may be touched", crashed, got)

			// The next step that the message gives.
			if err := os.Rename(path, path+".mine"); err != nil {
				t.Fatal(err)
			}
			if r, err := txn.Recover(root); err != nil || r.Outcome != txn.Finished {
				// The new package.json had been put in place before the crash
				// and was edited: only the old one is left to put back.
				if edited != "package.json" || err != nil || r.Outcome != txn.Undone {
					t.Fatal(r, err)
				}
			}
			got = readTree(t, root)
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
	if r, err := txn.Recover(root); err != nil || r.Outcome != txn.Undone {
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
	_, err = txn.Recover(root)
	if err == nil || !strings.Contains(err.Error(), "gone") || !strings.Contains(fault.NextOf(err), "version control") {
		t.Errorf("got %v", err)
	}
}

// A clone may carry a journal that somebody made up: it must not reach outside
// the project nor into git's files, and must never be followed half-way.
func TestRecoverHostileJournal(t *testing.T) {
	outside := t.TempDir()
	const id = "0123456789ab"
	tests := []struct{ name, path, real, state, id, schema string }{
		{"parent", "../victim", "../victim", "commit", id, ""},
		{"absolute", outside + "/victim", outside + "/victim", "commit", id, ""},
		{"git hook", ".git/hooks/pre-commit", ".git/hooks/pre-commit", "commit", id, ""},
		{"git hook, other case", ".GIT/hooks/pre-commit", ".GIT/hooks/pre-commit", "commit", id, ""},
		{"real path differs", "package.json", "../victim", "commit", id, ""},
		{"through a symlink", "link/victim", "link/victim", "commit", id, ""},
		{"id with a path", "victim", "victim", "commit", "../../../abc", ""},
		{"unknown state", "victim", "victim", "later", id, ""},
		{"newer schema", "victim", "victim", "commit", id, "portalctl.txn/v2"},
		{"the root", ".", ".", "commit", id, ""},
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
				tt.schema = "portalctl.txn/v1"
			}
			b, err := json.Marshal(map[string]any{
				"schema": tt.schema, "id": tt.id, "state": tt.state,
				"files": []any{map[string]any{
					"path": tt.path, "real": tt.real,
					"new": map[string]any{"size": 4, "sha256": "4e05ee13a0e8b0e9e6ba4ff3e5aa25c5b2a9a2d3a2b0d4d7c27a8ae5d3a9f3a7"},
				}},
			})
			if err != nil {
				t.Fatal(err)
			}
			write(t, root+"/"+txn.Dir+"/journal.json", string(b), 0o644)
			before, out := readTree(t, filepath.Dir(root)), readTree(t, outside)
			_, err = txn.Recover(root)
			if err == nil || !strings.Contains(err.Error(), "cannot be used") || fault.NextOf(err) == "" {
				t.Errorf("got %v", err)
			}
			got := readTree(t, filepath.Dir(root))
			delete(got, "repo/"+txn.Dir+"/lock")
			sameTree(t, "nothing may change", before, got)
			sameTree(t, "nothing may change outside", out, readTree(t, outside))
		})
	}
}

func TestRecoverBadFolder(t *testing.T) {
	victim := filepath.Join(t.TempDir(), "victim")
	write(t, victim, "precious", 0o644)
	tests := map[string]func(root string){
		"the folder is a symlink": func(root string) { symlink(t, filepath.Dir(victim), root+"/"+txn.Dir) },
		"the folder is a file":    func(root string) { write(t, root+"/"+txn.Dir, "", 0o644) },
		"the lock is a symlink": func(root string) {
			write(t, root+"/"+txn.Dir+"/x", "", 0o644)
			symlink(t, victim, root+"/"+txn.Dir+"/lock")
		},
		"the journal is no JSON": func(root string) { write(t, root+"/"+txn.Dir+"/journal.json", "{", 0o644) },
	}
	for name, setup := range tests {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			setup(root)
			_, err := txn.Recover(root)
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
	if r, err := txn.Recover(root); err != nil || r.Outcome != txn.Undone {
		t.Fatal(r, err)
	}
	sameTree(t, "undone", before, readTree(t, root))
}
