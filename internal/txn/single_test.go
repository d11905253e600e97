package txn

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
)

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "report.json")
	for _, text := range []string{"one", "two, longer", ""} {
		if err := WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil || string(got) != text {
			t.Fatalf("got %q, %v, want %q", got, err, text)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left %v beside the file", entries)
	}
}

func TestWriteFileKeepsLinkAndMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symlinks need rights on Windows that tests do not have")
	}
	dir := t.TempDir()
	file, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", link); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(link, []byte("new"), 0o644); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the symlink became %v, %v", info.Mode(), err)
	}
	if info, err = os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	if got, _ := os.ReadFile(file); string(got) != "new" {
		t.Errorf("got %q", got)
	}
}

func TestWriteFileFailsWithANextStep(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{dir, filepath.Join(dir, "no", "such", "folder")} {
		err := WriteFile(name, []byte("x"), 0o644)
		if err == nil || fault.NextOf(err) == "" || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want an error that names it and a next step", name, err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left %v", entries)
	}
}

// A report in a git work tree may be named from the folder that one is in, also
// when a link leads to that folder.
func TestWriteFileByARelativeName(t *testing.T) {
	repo := filepath.Join(t.TempDir(), "repo")
	if err := os.MkdirAll(filepath.Join(repo, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(filepath.Dir(repo), "link")
	if err := os.Symlink(repo, link); err != nil {
		t.Skip(err)
	}
	for _, dir := range []string{repo, link} {
		t.Chdir(dir)
		for range 2 { // a new file, then one that is there
			if err := WriteFile("report.json", []byte("{}"), 0o644); err != nil {
				t.Errorf("in %s: %v", dir, err)
			}
		}
	}
	if err := os.Symlink(t.TempDir(), "out"); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join("out", "report.json"), nil, 0o644); err == nil {
		t.Error("a link led out of the repository")
	}
}
