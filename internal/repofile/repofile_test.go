//go:build unix

package repofile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
)

// forest is a repository beside a file that is none of its business.
func forest(t *testing.T) (top string) {
	t.Helper()
	dir := t.TempDir()
	top = filepath.Join(dir, "repo")
	for name, text := range map[string]string{"secret": "key", "repo/.git/HEAD": "x", "repo/a": "text", "repo/sub/b": "b"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{
		"up": "../secret", "absolute": filepath.Join(dir, "secret"), "zero": "/dev/zero", "stdin": "/dev/stdin", "dir": "..", "loop": "loop",
		"inside": "a", "sub/up": "../a", "inside-absolute": filepath.Join(top, "a"), "dangling": "nowhere", "subdir": "sub",
	} {
		if err := os.Symlink(to, filepath.Join(top, name)); err != nil {
			t.Skip(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(top, "fifo"), 0o600); err != nil {
		t.Skip(err)
	}
	if err := os.WriteFile(filepath.Join(top, "big"), make([]byte, 4<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	return top
}

func TestReadIn(t *testing.T) {
	top := forest(t)
	for name, want := range map[string]error{
		"a": nil, "inside": nil, "sub/up": nil, "inside-absolute": nil, "subdir/b": nil,
		"up": ErrOutside, "absolute": ErrOutside, "zero": ErrOutside, "stdin": ErrOutside, "dir/secret": ErrOutside,
		"fifo": ErrNotRegular, "sub": ErrNotRegular, "big": ErrTooLarge,
		"dangling": fs.ErrNotExist, "none": fs.ErrNotExist, "loop": syscall.ELOOP,
	} {
		for how, read := range map[string]func() ([]byte, error){
			"ReadIn": func() ([]byte, error) { return ReadIn(top, filepath.Join(top, name), 1<<20) },
			"FS":     func() ([]byte, error) { return fs.ReadFile(Of(top).FS(filepath.Join(top, "sub", "..")), name) },
		} {
			src, err := read()
			switch {
			case how == "FS" && name == "big":
			case name == "loop" && err != nil && src == nil: // the system's own words
			case !errors.Is(err, want) || want == nil && err != nil:
				t.Errorf("%s(%s): %q, %v; want %v", how, name, src, err, want)
			case want != nil && src != nil || want == nil && len(src) == 0:
				t.Errorf("%s(%s): %q", how, name, src)
			}
		}
	}
	if _, err := Of(top).FS(top).Open("zero"); !errors.Is(err, ErrOutside) {
		t.Error(err)
	}
	if entries, err := fs.ReadDir(Of(top).FS(top), "sub"); err != nil || len(entries) != 2 {
		t.Error(entries, err)
	}
	if got := Top(filepath.Join(top, "sub")); got != top {
		t.Error(got)
	}
}

// What the user names may lie anywhere, but it must be a file.
func TestRead(t *testing.T) {
	top := forest(t)
	if src, err := Read(filepath.Join(top, "up"), 10); err != nil || string(src) != "key" {
		t.Errorf("%q, %v", src, err)
	}
	for _, name := range []string{"zero", "fifo"} {
		if _, err := Read(filepath.Join(top, name), 10); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(filepath.Join(top, "big"), 10); !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "4 MB") {
		t.Error(err)
	}
}

// A state has its own files below the top, and the disk's everywhere else.
func TestState(t *testing.T) {
	top := forest(t)
	files := fstest.MapFS{"a": {Data: []byte("of the state")}, "sub/new": {Data: make([]byte, 20)}}
	r := State(top, files, "sub/b")
	for name, want := range map[string]string{"a": "of the state", "sub/b": "b", "../secret": "key"} {
		if src, err := r.Read(filepath.Join(top, filepath.FromSlash(name)), 100); err != nil || string(src) != want {
			t.Errorf("%s: %q, %v", name, src, err)
		}
	}
	for name, want := range map[string]error{"inside": fs.ErrNotExist, "up": fs.ErrNotExist, "sub": ErrNotRegular, "sub/new": ErrTooLarge} {
		if src, err := r.Read(filepath.Join(top, filepath.FromSlash(name)), 19); !errors.Is(err, want) || src != nil {
			t.Errorf("%s: %q, %v", name, src, err)
		}
	}
	if !r.IsFile(filepath.Join(top, "a")) || r.IsFile(filepath.Join(top, "sub")) || r.IsFile(filepath.Join(top, "big")) || !r.IsFile(filepath.Join(top, "..", "secret")) {
		t.Error("IsFile")
	}
	if list, err := r.ReadDir(filepath.Join(top, "sub")); err != nil || len(list) != 1 || list[0].Name() != "new" {
		t.Error(list, err)
	}
	if src, err := fs.ReadFile(r.FS(filepath.Join(top, "sub")), "new"); err != nil || len(src) != 20 {
		t.Error(src, err)
	}
	if list, err := fs.ReadDir(r.FS(top), "."); err != nil || len(list) != 2 {
		t.Error(list, err)
	}
	if r.Above(filepath.Join(top, "sub")) != top || r.Above(top) != "" || Of(top).Above(top) != filepath.Dir(top) || r.Around(top) != r {
		t.Error("what is above")
	}
}

func TestWith(t *testing.T) {
	top := forest(t)
	repo := Of(top).With(top, map[string][]byte{"a": []byte("new"), "sub/b": nil, "sub/c": {}}).
		With(filepath.Join(top, "sub"), map[string][]byte{"../sub/d": []byte("d")})
	for name, want := range map[string]string{"a": "new", "sub/c": "", "sub/../sub/d": "d", "inside": "text"} {
		if got, err := repo.Read(top+"/"+name, 1<<10); string(got) != want || got == nil || err != nil {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	if _, err := repo.Read(filepath.Join(top, "sub", "b"), 1<<10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is gone: %v", err)
	}
}
