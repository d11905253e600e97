package repofile

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Repo is the repository at a folder, for who reads many files of it: the folder
// is opened once. Several goroutines may use it.
type Repo struct {
	top string
	// state has the files that are read in the place of those on disk, but for
	// those at kept, by their path from the top; nil: these.
	state fs.FS
	kept  []string
	// texts are read in the place of what is at these paths; nil is a file that is
	// not there.
	texts map[string][]byte

	mu   sync.Mutex
	root *os.Root
	beneath
}

// Of is the repository at top (see Top). Nothing is opened yet.
func Of(top string) *Repo { return &Repo{top: top} }

// State is the repository at top with other files than those on disk: a commit's,
// or a test's, by their paths from the top. They go by the paths that they would
// have on disk. What does not lie below top is the machine's, and read from disk;
// so are the files at kept, given by their paths from the top.
func State(top string, files fs.FS, kept ...string) *Repo {
	return &Repo{top: top, state: files, kept: kept}
}

// With is r as Read shows it once files of dir, by their paths from there, have other
// texts; nil is a file that is gone.
func (r *Repo) With(dir string, texts map[string][]byte) *Repo {
	out := &Repo{top: r.top, state: r.state, kept: r.kept, texts: maps.Clone(r.texts)}
	if out.texts == nil {
		out.texts = make(map[string][]byte, len(texts))
	}
	for rel, text := range texts {
		out.texts[filepath.Join(dir, filepath.FromSlash(rel))] = text
	}
	return out
}

// Around is the repository that dir is in, a folder that may lie above r's top: r
// itself, if it is a state.
func (r *Repo) Around(dir string) *Repo {
	if r.state != nil {
		return r
	}
	return Of(Top(dir))
}

// Above is the folder above dir, "" if there is none. Nothing lies above the top
// of a state: what is there may be of another one.
func (r *Repo) Above(dir string) string {
	parent := filepath.Dir(dir)
	if rel, err := relative(r.top, dir); parent == dir || r.state != nil && (err != nil || rel == ".") {
		return ""
	}
	return parent
}

// Has reports whether a path lies in the repository.
func (r *Repo) Has(path string) bool {
	rel, err := relative(r.top, path)
	return err == nil && filepath.IsLocal(rel)
}

// inState is the name that a state has for a path. ok is false for what is on disk.
func (r *Repo) inState(path string) (name string, ok bool) {
	if r.state == nil {
		return "", false
	}
	rel, err := relative(r.top, path)
	name = filepath.ToSlash(rel)
	return name, err == nil && filepath.IsLocal(rel) && !slices.Contains(r.kept, name)
}

// InState reports whether what is at a path is not what is on disk there.
func (r *Repo) InState(path string) bool {
	_, ok := r.inState(path)
	return ok
}

// Stat tells what is at a path, wherever links lead.
func (r *Repo) Stat(path string) (fs.FileInfo, error) {
	if name, ok := r.inState(path); ok {
		return fs.Stat(r.state, name)
	}
	return os.Stat(path)
}

// IsFile reports whether there is something at a path that is not a folder.
func (r *Repo) IsFile(path string) bool {
	info, err := r.Stat(path)
	return err == nil && !info.IsDir()
}

// ReadDir lists a folder, wherever links lead.
func (r *Repo) ReadDir(path string) ([]fs.DirEntry, error) {
	if name, ok := r.inState(path); ok {
		return fs.ReadDir(r.state, name)
	}
	return os.ReadDir(path)
}

// Read is ReadIn in r.
func (r *Repo) Read(path string, limit int64) ([]byte, error) {
	if text, ok := r.texts[filepath.Clean(path)]; ok {
		if text == nil {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		}
		return text, nil
	}
	rel, err := relative(r.top, path)
	if err != nil || !filepath.IsLocal(rel) {
		return Read(path, limit)
	}
	if src, done, err := r.readBeneath(rel, limit, nil); done {
		return src, err
	}
	if name, ok := r.inState(path); ok {
		if state, ok := r.state.(fs.ReadFileFS); ok {
			return readState(state, name, path, limit)
		}
	}
	f, err := r.open(rel)
	if err != nil {
		return nil, err
	}
	return readAll(f, path, limit)
}

// readState reads a file of a state that has it as a whole anyway, and a bound of
// its own.
func readState(state fs.ReadFileFS, name, path string, limit int64) ([]byte, error) {
	info, err := fs.Stat(state, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular(path)
	}
	src, err := state.ReadFile(name)
	if err == nil && int64(len(src)) > limit {
		return nil, tooLarge(path, int64(len(src)), limit)
	}
	return src, err
}

// open opens rel below the top. The file need not be a regular one.
func (r *Repo) open(rel string) (fs.File, error) {
	if name := filepath.ToSlash(rel); r.state != nil && !slices.Contains(r.kept, name) {
		return r.state.Open(name)
	}
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
