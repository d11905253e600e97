package repofile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Repo is the repository at a folder, for who reads many files of it: the folder
// is opened once. Several goroutines may use it.
type Repo struct {
	top string

	mu   sync.Mutex
	root *os.Root
	beneath
}

// Of is the repository at top (see Top). Nothing is opened yet.
func Of(top string) *Repo { return &Repo{top: top} }

// Read is ReadIn in r.
func (r *Repo) Read(path string, limit int64) ([]byte, error) {
	rel, err := relative(r.top, path)
	if err != nil || !filepath.IsLocal(rel) {
		return Read(path, limit)
	}
	if src, done, err := r.readBeneath(rel, limit, nil); done {
		return src, err
	}
	f, err := r.open(rel)
	if err != nil {
		return nil, err
	}
	return readAll(f, path, limit)
}

// open opens rel below the top. The file need not be a regular one.
func (r *Repo) open(rel string) (*os.File, error) {
	root, err := r.opened()
	if err != nil {
		return nil, err
	}
	f, err := root.OpenFile(rel, os.O_RDONLY|noWait, 0)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return f, err
	}
	// An absolute link may well stay inside; os.Root takes none.
	path := filepath.Join(r.top, rel)
	real, rerr := filepath.EvalSymlinks(path)
	if rerr != nil {
		return nil, rerr
	}
	realTop, rerr := filepath.EvalSymlinks(r.top)
	if rerr != nil {
		return nil, rerr
	}
	inside, rerr := filepath.Rel(realTop, real)
	if rerr != nil || !filepath.IsLocal(inside) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrOutside}
	}
	if inside == rel {
		return nil, err
	}
	return root.OpenFile(inside, os.O_RDONLY|noWait, 0)
}

func (r *Repo) opened() (_ *os.Root, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.root == nil {
		r.root, err = os.OpenRoot(r.top)
	}
	return r.root, err
}

// Close gives back at once what the garbage collector would give back later.
// Nobody may read from r any more.
func (r *Repo) Close() {
	if r.root != nil {
		r.root.Close()
	}
	r.closeBeneath()
}
