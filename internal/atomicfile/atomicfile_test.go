package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// only checks that the folder has one file, of that content and mode.
func only(t *testing.T, name, content string, perm fs.FileMode) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil || string(got) != content {
		t.Errorf("%q, %v; want %q", got, err, content)
	}
	if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != perm {
		t.Errorf("mode %v, %v; want %v", info.Mode().Perm(), err, perm)
	}
	if left, err := os.ReadDir(filepath.Dir(name)); err != nil || len(left) != 1 {
		t.Errorf("in the folder: %v, %v", left, err)
	}
}

func TestWrite(t *testing.T) {
	name := filepath.Join(t.TempDir(), "report")
	for _, content := range []string{"first", "", "second, longer"} {
		if err := Write(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		only(t, name, content, 0o644)
	}
	if err := Write(filepath.Join(t.TempDir(), "no", "folder"), nil, 0o644); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without its folder: %v", err)
	}
}

func TestCache(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache", "of", "this")
	name := filepath.Join(dir, "answer")
	for _, content := range []string{"first", "second"} {
		if err := Cache(name, []byte(content)); err != nil {
			t.Fatal(err)
		}
		only(t, name, content, 0o600)
	}
	if info, err := os.Stat(filepath.Dir(dir)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("the folder above: %v, %v", info.Mode(), err)
	}
	broken := errors.New("broken")
	err := CacheFrom(name, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	only(t, name, "second", 0o600)
	if err := Cache(filepath.Join(name, "below a file"), nil); err == nil {
		t.Error("a file was taken for a folder")
	}
}

// A name that is taken by a folder cannot be replaced, and nothing is left.
func TestFolderInTheWay(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "name"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "name"), []byte("x"), 0o644); err == nil {
		t.Error("a folder was replaced")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestSyncDir(t *testing.T) {
	if err := SyncDir(t.TempDir()); err != nil {
		t.Error(err)
	}
	if err := SyncDir(filepath.Join(t.TempDir(), "missing")); err == nil && runtime.GOOS != "windows" {
		t.Error("a folder that is not there was synced")
	}
}
