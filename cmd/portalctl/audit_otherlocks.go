package main

import (
	"encoding/json"
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/otherlock"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// readOther reads the lock of another package manager. One of a version that is
// not known is nil, and why it is not judged.
func readOther(repo *repofile.Repo, root, rel string, src []byte) (*audit.Lock, *audit.Unread, error) {
	other, err := otherlock.Parse(rel, src)
	if errors.As(err, new(otherlock.UnknownError)) {
		return nil, &audit.Unread{Path: rel, Reason: "is of a version that portalctl cannot read: " + strings.TrimPrefix(errors.Unwrap(err).Error(), rel)}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if len(other.Lock.Entries) == 0 && asks(repo, filepath.Join(root, filepath.FromSlash(path.Dir(rel)), pkgjson.FileName)) {
		return nil, nil, fault.At(fault.Pos{File: rel}, "the lock is empty, and the package.json beside it has dependencies: what is installed is not known").
			WithNext("Run %s install, and commit %s", other.Tool, path.Base(rel))
	}
	return &audit.Lock{Path: rel, Lock: other.Lock, Tool: string(other.Tool), Dev: other.Dev, Lacks: lacks(repo, root, rel, other.Lock)}, nil, nil
}

// lacks are the dependencies of the package.json beside a lock that the lock has
// no package of. Ranges are the package manager's to compare.
func lacks(repo *repofile.Repo, root, rel string, lock *yarnlock.Lock) []audit.Ask {
	name := path.Join(path.Dir(rel), pkgjson.FileName)
	src, err := repo.Read(filepath.Join(root, filepath.FromSlash(name)), repofile.MaxCode)
	if err != nil {
		return nil
	}
	f, err := pkgjson.Parse(name, src)
	if err != nil {
		return nil
	}
	has := map[string]bool{}
	for _, e := range lock.Entries {
		for _, n := range append(e.Names(), e.Keys[0].Name) {
			has[n] = true
		}
	}
	var out []audit.Ask
	for _, d := range f.AllDeps() {
		real := d.Name
		if alias, ok := spec.Parse(d.Spec).Alias(); ok {
			real = alias.Name
		}
		protocol, _, ok := strings.Cut(d.Spec, ":")
		if d.Section == pkgjson.PeerDependencies || has[real] || has[d.Name] || ok && protocol != "npm" && protocol != "catalog" {
			continue
		}
		out = append(out, audit.Ask{Name: d.Name, Range: d.Spec, Pos: d.Pos})
	}
	return out
}

// asks reports whether a manifest has dependencies.
func asks(repo *repofile.Repo, file string) bool {
	src, err := repo.Read(file, repofile.MaxCode)
	if err != nil {
		return false
	}
	var m struct {
		Dependencies    map[string]any `json:"dependencies"`
		DevDependencies map[string]any `json:"devDependencies"`
	}
	return json.Unmarshal(src, &m) == nil && len(m.Dependencies)+len(m.DevDependencies) > 0
}

// unread are the locks that no audit of root looks at: those that cannot be read,
// and those of the repository that lie outside of root.
func (r *auditRun) unread() ([]audit.Unread, error) {
	var out []audit.Unread
	below, err := findFiles(r.repo, r.root, otherlock.Unread)
	if err != nil {
		return nil, err
	}
	for _, p := range r.kept(below) {
		out = append(out, audit.Unread{Path: p, Reason: "is the lock of a package manager that portalctl cannot read"})
	}
	top := gitTop(r.root)
	if top == "" || top == r.root {
		return out, nil
	}
	rel, err := filepath.Rel(top, r.root)
	if err != nil {
		return nil, err
	}
	inside := filepath.ToSlash(rel) + "/"
	all, err := findFiles(repofile.Of(top), top, func(name string) bool { return isLock(name) || otherlock.Unread(name) })
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		// --exclude may name what lies outside from here, or as the repository does.
		here := strings.Repeat("../", strings.Count(inside, "/")) + p
		if !strings.HasPrefix(p, inside) && len(r.kept([]string{p, here})) == 2 {
			out = append(out, audit.Unread{Path: here, Reason: "is in this repository, but not below " + strings.TrimSuffix(inside, "/") + ", which is what is audited"})
		}
	}
	return out, nil
}

// gitTop is the root of the repository that a folder is in, "" for none.
func gitTop(dir string) string {
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Lstat(filepath.Join(d, ".git")); err == nil {
			return d
		}
		if d == filepath.Dir(d) {
			return ""
		}
	}
}

// isLock reports whether a file is a lock that can be judged.
func isLock(name string) bool { return path.Base(name) == lockName || otherlock.Is(name) }

// ofYarn are the locks among paths that are Yarn's.
func ofYarn(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return path.Base(p) != lockName })
}
