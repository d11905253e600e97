package gitbase

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a commit brings is found without a look at what is as it was.
func TestSince(t *testing.T) {
	r := newCheckout(t)
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(r.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("same/a", "a")
	write("cache/old.zip", "1")
	write("cache/changed.zip", "1")
	write("gone", "1")
	write("kind", "1")
	r.git("add", "-A")
	r.git("commit", "-q", "-m", "base")
	r.git("rm", "-q", "gone", "kind")
	write("cache/changed.zip", "2")
	write("cache/new.zip", "1")
	write("kind/now/folder", "1")
	write("skipped/x", "1")
	r.git("add", "-A")
	r.git("update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("1", 40)+",sub")
	r.git("commit", "-q", "-m", "change")
	repo, err := Open(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	head, err := repo.Commit("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	base, err := repo.Commit("HEAD^")
	if err != nil {
		t.Fatal(err)
	}
	got, err := head.Since(base, func(dir string) bool { return dir == "skipped" })
	if err != nil {
		t.Fatal(err)
	}
	want := []Difference{{Path: "cache/changed.zip"}, {Path: "cache/new.zip"}, {Path: "kind/now/folder"}, {Path: "sub", Submodule: true, Absent: true}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// The rules of git-check-ref-format, as far as a name could lead elsewhere.
func TestIsRefName(t *testing.T) {
	for name, want := range map[string]bool{
		"main": true, "feature/x-1": true, "v1.2.3": true, "refs/heads/ä": true, "a.lockx": true, "@": true,
		"": false, "a..b": false, "../x": false, "/x": false, "x/": false, "a//b": false, ".x": false, "a/.x": false, "x.lock": false, "x.lock/y": false,
		"a b": false, "a\nb": false, "a\x7fb": false, "a:b": false, "a?": false, "a*": false, "a[": false, "a\\b": false, "HEAD@{1}": false, "x.": false, "a\xffb": false,
	} {
		if got := isRefName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
