package txn_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/testkit/txntest"
	"github.com/portalctl/portalctl/internal/txn"
)

// A commit of a repository may hold what earlier versions took for their
// journal. It has no authority: nothing is swapped, removed or refused for it.
func TestJournalInTheProject(t *testing.T) {
	for _, schema := range []string{"portalctl.txn/v1", "portalctl.txn/v2"} {
		root := t.TempDir()
		write(t, root+"/yarn.lock", "evil", 0o644)
		write(t, root+"/.env", "precious", 0o644)
		const id = "0123456789ab"
		write(t, root+"/.yarn.lock.portalctl-"+id+".new", "base", 0o644)
		old, base := sum("evil"), sum("base")
		b, err := json.Marshal(map[string]any{
			"schema": schema, "id": id, "state": "commit", "root": root, "dirs": []string{".env"},
			"files": []any{map[string]any{"path": "yarn.lock", "real": "yarn.lock", "old": old, "new": base}},
		})
		if err != nil {
			t.Fatal(err)
		}
		write(t, root+"/.portalctl-txn/journal.json", string(b), 0o644)
		before := readTree(t, root)
		if txn.Pending(t.Context(), root) {
			t.Error("pending")
		}
		if r, err := txn.Recover(t.Context(), root); err != nil || r.Outcome != txn.Nothing {
			t.Errorf("%v, %v", r, err)
		}
		sameTree(t, "after Recover", before, readTree(t, root))
		if err := txn.Commit(t.Context(), root, []txn.Edit{{Path: root + "/new", New: []byte("x")}}); err != nil {
			t.Error(err)
		}
		before["new"] = "-rw-r--r--\nx"
		sameTree(t, "after Commit", before, readTree(t, root))
	}
}

func sum(text string) map[string]any {
	return map[string]any{"size": len(text), "sha256": sha256Hex(text)}
}

// Folders that a change made are removed as folders: a file in their place, or
// in them, stays.
func TestDirsRemovesNoFile(t *testing.T) {
	root := t.TempDir()
	write(t, root+"/.env", "precious", 0o644)
	write(t, root+"/data/catalog.sqlite", "precious", 0o644)
	if err := os.Mkdir(root+"/made", 0o755); err != nil {
		t.Fatal(err)
	}
	before := readTree(t, root)
	b, err := json.Marshal(map[string]any{
		"schema": "portalctl.txn/v2", "id": strings.Repeat("ab", 16), "state": "prepare", "root": root,
		"dirs": []string{".env", "data", "data/catalog.sqlite", "made"}, "files": []any{},
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, journalDir(t, root)+"/journal.json", string(b), 0o600)
	if r, err := txn.Recover(t.Context(), root); err == nil && r.Outcome != txn.Undone {
		t.Error(r)
	}
	delete(before, "made")
	got := readTree(t, root)
	delete(got, "made")
	sameTree(t, "undone", before, got)
}

// The journal of a checkout that was deleted is not applied to another one in
// the same place.
func TestJournalOfATreeThatIsGone(t *testing.T) {
	root, _, before := crashBefore(t, "rename", "yarn.lock")
	if !txn.Pending(t.Context(), root) {
		t.Fatal("no crash")
	}
	if err := os.Rename(root, root+".moved"); err != nil {
		t.Fatal(err)
	}
	writeTree(t, root, before)
	if r, err := txn.Recover(t.Context(), root); err != nil || r.Outcome != txn.Nothing || txn.Pending(t.Context(), root) {
		t.Fatalf("%v, %v", r, err)
	}
	sameTree(t, "the new checkout", before, readTree(t, root))
}

// Without a place for the journal nothing is written, and the error says so.
func TestStateUnusable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "", 0o644)
	open := t.TempDir()
	for _, dir := range []string{"portalctl", "portalctl/changes"} {
		if err := os.Mkdir(filepath.Join(open, dir), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(open, dir), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for name, state := range map[string]func(root string) string{
		"none":                   func(string) string { return "" },
		"a file":                 func(string) string { return file },
		"open to others":         func(string) string { return open },
		"in the project":         func(root string) string { return root + "/.state" },
		"the project":            func(root string) string { return root },
		"above, in the worktree": func(root string) string { return filepath.Dir(root) + "/.state" },
	} {
		t.Run(name, func(t *testing.T) {
			top := t.TempDir()
			if err := os.Mkdir(top+"/.git", 0o755); err != nil {
				t.Fatal(err)
			}
			root := top + "/portal"
			write(t, root+"/f", "old", 0o644)
			before := readTree(t, top)
			ctx := txn.WithState(t.Context(), state(root))
			err := txn.Commit(ctx, root, []txn.Edit{{Path: root + "/f", Old: []byte("old"), New: []byte("new")}})
			if err == nil || !strings.Contains(err.Error(), "nothing was written") || !strings.Contains(fault.NextOf(err), "XDG_STATE_HOME") {
				t.Errorf("got %v\nnext %q", err, fault.NextOf(err))
			}
			sameTree(t, "nothing may change", before, readTree(t, top))
			if txn.Pending(ctx, root) {
				t.Error("pending")
			}
		})
	}
}

// A journal in a state folder that git tracks is not looked at either.
func TestJournalInATrackedStateFolder(t *testing.T) {
	top := t.TempDir()
	root := top + "/portal"
	write(t, root+"/f", "old", 0o644)
	ctx := txn.WithState(t.Context(), top+"/.state")
	edits := []txn.Edit{{Path: root + "/f", Old: []byte("old"), New: []byte("new")}}
	f := txntest.CallOn(txntest.CallOn(txn.OS(), "rename", "f", func(string) error { return syscall.EIO }), "remove", ".f.*", func(string) error { return syscall.EIO })
	if err := txn.Commit(txn.WithFS(ctx, f), root, edits); err == nil || !txn.Pending(ctx, root) {
		t.Fatalf("no journal left: %v", err)
	}
	if err := os.Mkdir(top+"/.git", 0o755); err != nil {
		t.Fatal(err)
	}
	before := readTree(t, top)
	if txn.Pending(ctx, root) {
		t.Error("pending")
	}
	if _, err := txn.Recover(ctx, root); err == nil || !strings.Contains(err.Error(), "work tree") {
		t.Errorf("got %v", err)
	}
	sameTree(t, "nothing may change", before, readTree(t, top))
}

func TestStateHome(t *testing.T) {
	for _, tt := range []struct{ xdg, home, want string }{
		{"/s", "/h", "/s"},
		{"relative", "/h", "/h/.local/state"},
		{"", "/h", "/h/.local/state"},
		{"", "h", ""},
		{"", "", ""},
	} {
		got := txn.StateHome(func(key string) string { return map[string]string{"XDG_STATE_HOME": tt.xdg, "HOME": tt.home}[key] })
		if filepath.ToSlash(got) != tt.want {
			t.Errorf("%+v: got %q", tt, got)
		}
	}
}
