package audit

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/otherlock"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/workspace"
)

// LockName is the file that an audit looks for first.
const LockName = "yarn.lock"

// Files are what an audit reads: a folder and what is below it, on disk or in a
// commit.
type Files struct {
	Repo *repofile.Repo
	Root string // absolute
	// Environ has the form of os.Environ; settings are read with it.
	Environ []string
	// Exclude are globs of locks that are left out, by their paths from Root.
	Exclude []string
}

// FilesAt are those of the work tree.
func FilesAt(root string, environ, exclude []string) Files {
	return Files{repofile.Of(repofile.Top(root)), root, environ, exclude}
}

// FindRoot is the root of the project that dir belongs to, or dir itself where
// there is none, but locks below, or a package that may have lost its own.
func FindRoot(dir string) (string, error) {
	root, err := workspace.FindRoot(dir)
	if err == nil {
		return root, nil
	}
	_, noManifest := os.Stat(filepath.Join(dir, pkgjson.FileName))
	if paths, walkErr := FilesAt(dir, nil, nil).Find(IsLock); walkErr == nil && (len(paths) > 0 || noManifest == nil) {
		return dir, nil
	}
	return "", err
}

// IsLock reports whether a file is a lock that can be judged.
func IsLock(name string) bool { return path.Base(name) == LockName || otherlock.Is(name) }

// path is where a file is, or would be, on disk.
func (f Files) path(rel string) string { return filepath.Join(f.Root, filepath.FromSlash(rel)) }

// Find lists the files that are wanted by their names, sorted, with forward
// slashes, but for those in folders that no lock of the repo's own is in. Folders
// that cannot be read are an error: a lock could be in them.
func (f Files) Find(wanted func(name string) bool) ([]string, error) {
	var list []string
	err := f.walk(func(rel string, d fs.DirEntry) error {
		switch name := d.Name(); {
		case d.IsDir() && rel != "." && (name == "node_modules" || name == ".git" || name == ".yarn"):
			return fs.SkipDir
		case !d.IsDir() && wanted(name):
			list = append(list, rel)
		}
		return nil
	})
	slices.Sort(list)
	return list, err
}

func (f Files) walk(visit func(rel string, d fs.DirEntry) error) error {
	return fs.WalkDir(f.Repo.FS(f.Root), ".", func(rel string, d fs.DirEntry, err error) error {
		if rel == "." && errors.Is(err, fs.ErrNotExist) {
			return nil // a portal that the commit does not have yet
		}
		if err != nil {
			return unreadable(err, f.path(rel))
		}
		return visit(rel, d)
	})
}

func unreadable(err error, file string) error {
	return fault.Wrap(fault.Cause(err), fault.Pos{File: file}, "cannot be read").WithNext("Check that you may read it")
}

// kept are the locks that Exclude leaves.
func (f Files) kept(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(p string) bool {
		return slices.ContainsFunc(f.Exclude, func(g string) bool {
			ok, _ := doublestar.Match(g, p)
			return ok
		})
	})
}

// LockPaths are the locks to read, or the one at the root alone, and how many
// Exclude leaves out.
func (f Files) LockPaths(atRoot bool) (paths []string, left int, err error) {
	all := []string{LockName}
	if !atRoot {
		all, err = f.Find(IsLock)
	}
	paths = f.kept(all)
	left = len(all) - len(paths)
	switch {
	case err != nil:
		return nil, 0, err
	case len(all) == 0:
		return nil, 0, fault.At(fault.Pos{File: f.Root}, "there is no yarn.lock here or in a folder below").
			WithNext("Commit the lock that yarn install writes; or name the folder of your portal with -C")
	case len(paths) == 0:
		return nil, 0, fault.At(fault.Pos{File: f.Root}, "--exclude leaves out every yarn.lock here (%d)", left).
			WithNext("Exclude only locks that are not part of a portal, such as 'testdata/**'")
	}
	return paths, left, nil
}

// Unread are the locks that no audit of the root looks at: those that cannot be
// read, and those of the repository that lie outside of the root.
func (f Files) Unread() ([]Unread, error) {
	var out []Unread
	below, err := f.Find(otherlock.Unread)
	if err != nil {
		return nil, err
	}
	for _, p := range f.kept(below) {
		out = append(out, Unread{Path: p, Reason: "is the lock of a package manager that portalctl cannot read"})
	}
	top := repofile.Top(f.Root)
	if top == f.Root {
		return out, nil
	}
	rel, err := filepath.Rel(top, f.Root)
	if err != nil {
		return nil, err
	}
	inside := filepath.ToSlash(rel) + "/"
	all, err := FilesAt(top, nil, nil).Find(func(name string) bool { return IsLock(name) || otherlock.Unread(name) })
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		// Exclude may name what lies outside from here, or as the repository does.
		here := strings.Repeat("../", strings.Count(inside, "/")) + p
		if !strings.HasPrefix(p, inside) && len(f.kept([]string{p, here})) == 2 {
			out = append(out, Unread{Path: here, Reason: "is in this repository, but not below " + strings.TrimSuffix(inside, "/") + ", which is what is audited"})
		}
	}
	return out, nil
}
