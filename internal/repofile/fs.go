package repofile

import (
	"io/fs"
	"os"
	"path/filepath"
)

// FS is the files below dir, a folder of the repository at top, by the rules of
// ReadIn.
func FS(top, dir string) fs.FS { return &tree{os.DirFS(dir), Of(top), dir} }

type tree struct {
	fs.FS
	repo *Repo
	dir  string
}

func (t *tree) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	rel, err := relative(t.repo.top, filepath.Join(t.dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	f, err := t.repo.open(rel)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() && !info.IsDir() {
		f.Close()
		return nil, &fs.PathError{Op: "open", Path: name, Err: ErrNotRegular}
	}
	return f, nil
}

func (t *tree) ReadFile(name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrInvalid}
	}
	return t.repo.Read(filepath.Join(t.dir, filepath.FromSlash(name)), MaxCode)
}
