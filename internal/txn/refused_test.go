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
