package txn_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/txn"
)

// tree is a directory's content: path → mode and content.
type tree map[string]string

func readTree(t *testing.T, root string) tree {
	t.Helper()
	out := tree{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		info, err := d.Info()
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			out[filepath.ToSlash(rel)] = info.Mode().String()
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(path)
			if err != nil {
				return err
			}
			out[filepath.ToSlash(rel)] = "-> " + to
		default:
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			out[filepath.ToSlash(rel)] = info.Mode().String() + "\n" + string(b)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func sameTree(t *testing.T, what string, want, got tree) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

func write(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

var big = strings.Repeat("\"@backstage/x@npm:^1.0.0\":\n  version: 1.0.0\n\n", 300)

// journalTo gives the tree in another place the journal of root, if there is one.
func journalTo(t *testing.T, root, to string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(txn.JournalDir(root), "journal.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var j map[string]any
	if err := json.Unmarshal(b, &j); err != nil {
		t.Fatal(err)
	}
	if j["root"], err = filepath.EvalSymlinks(to); err != nil {
		t.Fatal(err)
	}
	j["inode"] = txn.Inode(to)
	if b, err = json.Marshal(j); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(txn.JournalDir(to), 0o700), os.WriteFile(filepath.Join(txn.JournalDir(to), "journal.json"), b, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// project makes a small monorepo with one file of every sort, and the edits of
// an upgrade: six files change (one of them behind a symlink), two are made
// (one in new folders), one is removed.
func project(t *testing.T) (root string, edits []txn.Edit) {
	t.Helper()
	root = t.TempDir()
	changed := []struct {
		path, content string
		mode          fs.FileMode
	}{
		{"package.json", `{"name":"root","version":"1.0.0"}` + "\n", 0o644},
		{"yarn.lock", big, 0o644},
		{"packages/app/package.json", "{\r\n\t\"name\": \"app\"\r\n}", 0o600},
		{"packages/backend/package.json", "\ufeff{\"name\":\"backend\"}", 0o755},
		{"plugins/x/package.json", "", 0o664},
		{"shared/package.json", `{"name":"shared"}`, 0o644},
		{"lerna.json", "{}", 0o644},
	}
	for _, f := range changed {
		write(t, filepath.Join(root, f.path), f.content, f.mode)
	}
	write(t, filepath.Join(root, "README.md"), "untouched", 0o444)
	if err := os.MkdirAll(filepath.Join(root, "packages/linked"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../shared/package.json", filepath.Join(root, "packages/linked/package.json")); err != nil {
		t.Skipf("no symlinks here: %v", err)
	}
	for _, f := range changed {
		path := f.path
		if path == "shared/package.json" {
			path = "packages/linked/package.json"
		}
		e := txn.Edit{Path: filepath.Join(root, path), Old: []byte(f.content), New: []byte(f.content + "NEW " + path)}
		if path == "lerna.json" {
			e.New = nil
		}
		edits = append(edits, e)
	}
	edits = append(edits,
		txn.Edit{Path: filepath.Join(root, "backstage.json"), New: []byte(`{"version":"1.2.3"}`)},
		txn.Edit{Path: filepath.Join(root, ".yarn/plugins/backstage.cjs"), New: []byte("plugin"), Mode: 0o755},
		txn.Edit{Path: filepath.Join(root, "README.md"), Old: []byte("untouched"), New: []byte("untouched")},
	)
	return root, edits
}

// after is the tree that the edits make of before.
func after(root string, before tree, edits []txn.Edit) tree {
	out := tree{}
	for k, v := range before {
		out[k] = v
	}
	for _, e := range edits {
		rel, _ := filepath.Rel(root, e.Path)
		rel = filepath.ToSlash(rel)
		if rel == "packages/linked/package.json" {
			rel = "shared/package.json"
		}
		switch {
		case e.New == nil:
			delete(out, rel)
		case e.Old == nil && e.Mode == 0:
			out[rel] = fs.FileMode(0o644).String() + "\n" + string(e.New)
		case e.Old == nil:
			out[rel] = e.Mode.String() + "\n" + string(e.New)
			out[".yarn"] = (fs.ModeDir | 0o755).String()
			out[".yarn/plugins"] = (fs.ModeDir | 0o755).String()
		default:
			mode, _, _ := strings.Cut(before[rel], "\n")
			out[rel] = mode + "\n" + string(e.New)
		}
	}
	return out
}

// whole: every file that an edit touches has one of its two contents.
func whole(t *testing.T, edits []txn.Edit) {
	t.Helper()
	for _, e := range edits {
		b, err := os.ReadFile(e.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if e.Old != nil && e.New != nil {
				t.Fatalf("%s is gone", e.Path)
			}
		case err != nil:
			t.Fatal(err)
		case e.Old != nil && string(b) == string(e.Old):
		case e.New != nil && string(b) == string(e.New):
		default:
			t.Fatalf("%s is neither old nor new: %d bytes", e.Path, len(b))
		}
	}
}

// isFault: what a user sees says what and what next.
func isFault(t *testing.T, err error) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Fatalf("not a fault: %T %v", err, err)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
}
