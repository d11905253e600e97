package yarnzip

import (
	"path"
	"strings"
)

// maxSteps and maxDepth bound what resolving symlinks may cost for a whole
// tarball and in one path. Yarn has no bounds: it hangs or overflows its stack.
const (
	maxSteps = 2_000_000
	maxDepth = 2_000
)

// resolve is ZipFS.resolveFilename: the path that p stands for once symlinks
// are followed, the last component's only if follow is set. The last
// component need not exist, its parent must be a directory.
func (t *tree) resolve(p string, follow bool) (string, error) {
	if t.links == 0 {
		return p, t.lexical(p)
	}
	q, ok, err := t.walk(p, follow, true, 0)
	if err == nil && !ok {
		err = errNoEnt
	}
	return q, err
}

// lexical checks the parents of p where there are no symlinks.
func (t *tree) lexical(p string) error {
	if p == "/" || t.isDir(path.Dir(p)) {
		return nil
	}
	for dir := path.Dir(p); ; dir = path.Dir(dir) {
		if e := t.nodes[dir]; e != nil && !e.isDir() {
			return errNotDir
		}
		if t.isDir(dir) {
			return errNoEnt
		}
	}
}

// exists is existsSync. Errors other than those of a loop mean no.
func (t *tree) exists(p string) (bool, error) {
	if t.links == 0 {
		return p == "/" || t.nodes[p] != nil, nil
	}
	q, ok, err := t.walk(p, true, false, 0)
	switch err {
	case nil:
		return ok && (q == "/" || t.nodes[q] != nil), nil
	case errNotDir, errNoEnt:
		return false, nil
	}
	return false, err
}

// walk resolves p step by step. ok is false for a missing parent, which is an
// error if must is set.
func (t *tree) walk(p string, follow, must bool, depth int) (q string, ok bool, err error) {
	if depth > maxDepth {
		return "", false, unsupported("its symlinks form a loop")
	}
	if p == "/" {
		return p, true, nil
	}
	if follow {
		if e := t.nodes[p]; e != nil {
			if e.isSymlink() {
				return t.walk(target(p, e), true, must, depth+1)
			}
			return p, true, nil
		}
	}
	for {
		if t.steps++; t.steps > maxSteps {
			return "", false, unsupported("its symlinks form a loop")
		}
		parent, ok, err := t.walk(path.Dir(p), true, must, depth+1)
		if err != nil || !ok {
			return "", false, err
		}
		switch {
		case t.isDir(parent):
		case t.nodes[parent] != nil:
			return "", false, errNotDir
		case must:
			return "", false, errNoEnt
		default:
			return "", false, nil
		}
		if p != "/" {
			p = join(parent, path.Base(p))
		}
		if e := t.nodes[p]; follow && e != nil && e.isSymlink() {
			p = target(p, e)
			continue
		}
		return p, true, nil
	}
}

// target is where the symlink e at p leads, lexically.
func target(p string, e *entry) string {
	to := string(e.body.data)
	if strings.HasPrefix(to, "/") {
		return path.Clean(to)
	}
	return path.Clean(path.Dir(p) + "/" + to)
}
