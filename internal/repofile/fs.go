package repofile

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// FS is the files below dir, a folder of the repository, by the rules of ReadIn.
// It has the methods of fs.ReadDirFS, fs.ReadFileFS and TextFS.
func (r *Repo) FS(dir string) fs.FS {
	t := &tree{r, dir, ""}
	if rel, err := relative(r.top, dir); err == nil && filepath.IsLocal(rel) {
		t.below = filepath.ToSlash(rel)
	}
	return t
}

// TextFS is an fs.FS that reads a file into a buffer, which it makes larger where
// that is too small: whoever looks at many files need not keep them all.
type TextFS interface {
	fs.FS
	ReadText(name string, buf []byte) ([]byte, error)
}

var errNotFolder = errors.New("it is not a folder")

type tree struct {
	repo *Repo
	dir  string
	// below is dir as seen from the top, with slashes; "" if it is elsewhere.
	below string
}

func (t *tree) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	f, err := t.open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() && !info.IsDir() {
		f.Close()
		return nil, &fs.PathError{Op: "open", Path: name, Err: ErrNotRegular}
	}
	return f, nil
}

func (t *tree) open(name string) (fs.File, error) {
	rel, err := relative(t.repo.top, filepath.Join(t.dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	return t.repo.open(rel)
}

func (t *tree) ReadFile(name string) ([]byte, error) { return t.ReadText(name, nil) }

func (t *tree) ReadText(name string, buf []byte) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrInvalid}
	}
	if t.below != "" {
		if src, done, err := t.repo.readBeneath(path.Join(t.below, name), MaxCode, buf); done {
			return src, err
		}
	}
	return t.repo.Read(filepath.Join(t.dir, filepath.FromSlash(name)), MaxCode)
}

func (t *tree) ReadDir(name string) ([]fs.DirEntry, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid}
	}
	var f fs.File
	if t.below != "" {
		if dir := t.repo.dirBeneath(path.Join(t.below, name)); dir != nil {
			f = dir
		}
	}
	if f == nil {
		var err error
		if f, err = t.open(name); err != nil {
			return nil, err
		}
	}
	defer f.Close()
	dir, ok := f.(fs.ReadDirFile)
	if !ok {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errNotFolder}
	}
	list, err := dir.ReadDir(-1)
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, err
}
