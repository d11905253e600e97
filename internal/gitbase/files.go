package gitbase

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
)

// maxFile limits the files that are read, in bytes. The largest locks have
// some ten million.
const maxFile = 256 << 20

// maxText limits git's own small files, in bytes.
const maxText = 4 << 20

// InPlace is the repository as it would be on disk with c checked out. Files at
// kept, by their paths from the top, are those on disk.
func (c *Commit) InPlace(kept ...string) *repofile.Repo {
	return repofile.State(c.repo.top, c, kept...)
}

// Err is why some object could not be read, nil if all were. A reader of files
// may have taken it for one that is not there, or that it can do without.
func (c *Commit) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// entry is a file or folder of a commit.
type entry struct {
	path string
	mode fs.FileMode
	hash plumbing.Hash
	repo *Repo // what has the object: a submodule is a repository of its own
	sub  bool  // hash is the commit of a submodule
	of   *Commit
}

func (e *entry) Name() string               { return path.Base(e.path) }
func (e *entry) IsDir() bool                { return e.mode.IsDir() }
func (e *entry) Type() fs.FileMode          { return e.mode.Type() }
func (e *entry) Mode() fs.FileMode          { return e.mode }
func (e *entry) ModTime() time.Time         { return time.Time{} }
func (e *entry) Sys() any                   { return nil }
func (e *entry) Info() (fs.FileInfo, error) { return e, nil }

// Size is that of a file, in bytes.
func (e *entry) Size() int64 {
	if e.IsDir() {
		return 0
	}
	e.of.mu.Lock()
	defer e.of.mu.Unlock()
	o, err := e.repo.encoded(plumbing.BlobObject, e.hash)
	if err != nil {
		_ = e.of.unread(err, e.path)
		return 0
	}
	return o.Size()
}

// file is one that was opened.
type file struct {
	*entry
	*bytes.Reader
	list []fs.DirEntry
}

func (f *file) Stat() (fs.FileInfo, error) { return f.entry, nil }
func (f *file) Size() int64                { return f.entry.Size() }
func (f *file) Close() error               { return nil }

func (f *file) ReadDir(n int) ([]fs.DirEntry, error) {
	if !f.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: f.path, Err: fs.ErrInvalid}
	}
	if n > 0 && len(f.list) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(f.list) {
		n = len(f.list)
	}
	out := f.list[:n]
	f.list = f.list[n:]
	return out, nil
}

// Open opens a file or folder.
func (c *Commit) Open(name string) (fs.File, error) {
	info, err := c.Stat(name)
	if err != nil {
		return nil, err
	}
	f := &file{entry: info.(*entry), Reader: bytes.NewReader(nil)}
	if info.IsDir() {
		f.list, err = c.ReadDir(name)
		return f, err
	}
	src, err := c.ReadFile(name)
	f.Reader.Reset(src)
	return f, err
}

// Stat tells what is there.
func (c *Commit) Stat(name string) (fs.FileInfo, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, err := c.find(name)
	if err != nil {
		return nil, err
	}
	return e, nil
}

// ReadFile reads a file.
func (c *Commit) ReadFile(name string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, err := c.find(name)
	if err != nil {
		return nil, err
	}
	if e.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: repofile.ErrNotRegular}
	}
	src, err := e.repo.object(plumbing.BlobObject, e.hash)
	if err != nil {
		return nil, c.unread(err, name)
	}
	return src, nil
}

// ReadDir lists a folder.
func (c *Commit) ReadDir(name string) ([]fs.DirEntry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, err := c.find(name)
	if err != nil {
		return nil, err
	}
	if !e.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid}
	}
	list, err := c.list(e)
	out := make([]fs.DirEntry, len(list))
	for i, e := range list {
		out[i] = e
	}
	return out, err
}

func (c *Commit) find(name string) (*entry, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if name == "." {
		return &entry{path: ".", mode: fs.ModeDir | 0o755, hash: c.c.tree, repo: c.repo, of: c}, nil
	}
	dir, err := c.find(path.Dir(name))
	if err != nil {
		return nil, err
	}
	list, err := c.list(dir)
	if err != nil {
		return nil, err
	}
	if i, ok := slices.BinarySearchFunc(list, name, func(e *entry, name string) int { return strings.Compare(e.path, name) }); ok {
		return list[i], nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// list has the entries of a folder, by their paths.
func (c *Commit) list(dir *entry) ([]*entry, error) {
	if list, ok := c.folders[dir.path]; ok {
		return list, nil
	}
	if !dir.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: dir.path, Err: fs.ErrNotExist}
	}
	repo, hash := dir.repo, dir.hash
	if dir.sub {
		var err error
		if repo, hash, err = c.submodule(dir); err != nil || repo == nil {
			return nil, err
		}
	}
	tree, err := repo.treeOf(hash)
	if err != nil {
		return nil, c.unread(err, dir.path)
	}
	var list []*entry
	for _, t := range tree {
		// git refuses such names when it checks out; they lead elsewhere.
		if !fs.ValidPath(t.name) || t.name == "." || strings.ContainsAny(t.name, "/\\\x00") {
			continue
		}
		e := &entry{path: path.Join(dir.path, t.name), mode: 0o644, hash: t.hash, repo: repo, of: c}
		switch t.mode {
		case filemode.Dir:
			e.mode = fs.ModeDir | 0o755
		case filemode.Submodule:
			e.mode, e.sub = fs.ModeDir|0o755, true
		case filemode.Regular, filemode.Executable, filemode.Deprecated:
		default:
			continue
		}
		list = append(list, e)
	}
	slices.SortStableFunc(list, func(a, b *entry) int { return strings.Compare(a.path, b.path) })
	list = slices.CompactFunc(list, func(a, b *entry) bool { return a.path == b.path })
	if c.folders == nil {
		c.folders = map[string][]*entry{}
	}
	c.folders[dir.path] = list
	return list, nil
}

// submodule opens the repository of a submodule. Of one that is not checked out
// nothing is there.
func (c *Commit) submodule(e *entry) (*Repo, plumbing.Hash, error) {
	dir := filepath.Join(c.repo.top, filepath.FromSlash(e.path))
	if _, err := os.Lstat(filepath.Join(dir, ".git")); err != nil || strings.Count(dir, string(filepath.Separator)) > 64 {
		return nil, plumbing.ZeroHash, nil
	}
	r, err := Open(dir)
	if err != nil {
		return nil, plumbing.ZeroHash, c.failed(err)
	}
	found, err := r.commitOf(e.hash)
	if err != nil {
		return nil, plumbing.ZeroHash, c.failed(fault.Wrap(err, fault.Pos{}, "git: commit %.12s of the submodule %s is not in this clone", e.hash, e.path).
			WithNext("Run git -C %s fetch origin %s; %s", e.path, e.hash, nextWithout))
	}
	return r, found.tree, nil
}

// unread says that an object of c cannot be read.
func (c *Commit) unread(err error, name string) error {
	if name == "" || name == "." {
		name = "the top folder"
	}
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return c.failed(c.repo.missing(err, name+" of commit "+c.Hash[:12]))
	}
	return c.failed(fault.Wrap(err, fault.Pos{}, "git: %s of commit %s cannot be read", name, c.Hash[:12]).
		WithNext("Run git fsck; " + nextWithout))
}

func (c *Commit) failed(err error) error {
	if c.err == nil {
		c.err = err
	}
	return err
}
