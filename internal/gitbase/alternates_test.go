package gitbase

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A clone that borrows its objects from another repository, as CI mirrors make
// them.
func TestHeadOfAClonesWithAlternates(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git on this machine")
	}
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-C", dir}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q", "src")
	if err := os.WriteFile(filepath.Join(dir, "src", "package.json"), []byte("{}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	git("-C", "src", "add", "-A")
	git("-C", "src", "commit", "-qm", "x")
	git("clone", "-q", "--shared", "src", "shared")
	git("clone", "-q", "--reference", "src", "file://"+filepath.Join(dir, "src"), "reference")
	for _, name := range []string{"shared", "reference"} {
		head, err := At(filepath.Join(dir, name), "HEAD")
		if err != nil {
			t.Fatal(err)
		}
		if changed, err := head.Changed(); err != nil || len(changed) > 0 {
			t.Errorf("%s: %v, %v", name, changed, err)
		}
		for _, n := range []int{4, 7, 12, 40} { // the start of a commit's name, also of a borrowed one
			if got, err := At(filepath.Join(dir, name), head.Hash[:n]); err != nil || got.Hash != head.Hash {
				t.Errorf("%s at %s: %v, %v", name, head.Hash[:n], got, err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name, "package.json"), []byte("{ }\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if changed, err := head.Changed(); err != nil || len(changed) != 1 {
			t.Errorf("%s after an edit: %v, %v", name, changed, err)
		}
	}
}

// Objects come through alternates of alternates, named by absolute and relative
// paths, and the index of a borrowed pack is read once, not for each object.
func TestAlternatesAreOpenedOnce(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git on this machine")
	}
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false", "-C", dir}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q", "src")
	for _, name := range []string{"a", "b"} {
		if err := os.MkdirAll(filepath.Join(dir, "src", name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "src", name, "package.json"), []byte(`{"name":"`+name+"\"}\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git("-C", "src", "add", "-A")
	git("-C", "src", "commit", "-qm", "x")
	git("-C", "src", "repack", "-adq")
	git("clone", "-q", "--shared", "src", "middle")
	git("clone", "-q", "--shared", "middle", "last")
	list := filepath.Join(dir, "last", ".git", "objects", "info", "alternates")
	if err := os.WriteFile(list, []byte("# those of middle\n../../../middle/.git/objects\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	git("-C", "last", "fsck")

	repo, err := Open(filepath.Join(dir, "last"))
	if err != nil {
		t.Fatal(err)
	}
	if len(repo.alternates) != 2 {
		t.Fatalf("%d alternates, want middle and src", len(repo.alternates))
	}
	head, err := repo.Commit("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	indexes, err := filepath.Glob(filepath.Join(dir, "src", ".git", "objects", "pack", "*.idx"))
	if err != nil || len(indexes) != 1 {
		t.Fatalf("%v, %v", indexes, err)
	}
	if err := os.Remove(indexes[0]); err != nil {
		t.Fatal(err)
	}
	files, err := filesOf(head)
	if err != nil || len(files) != 2 || string(files["b/package.json"]) != "{\"name\":\"b\"}\n" {
		t.Errorf("without the index on disk: %q, %v", files, err)
	}
}
