package yarnzip

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/jstext"
	"github.com/portalctl/portalctl/internal/yarnpatch"
)

// maxPatched bounds the files that a patch is applied to; they are held in
// memory. TypeScript's largest has some 10 MB.
const maxPatched = 128 << 20

func patchedDigest(img *image, name string, patch *yarnpatch.Patch) (digest, error) {
	if err := img.spill(); err != nil {
		return digest{}, err
	}
	source := newTree(img.lim)
	if err := source.unpack(img, name); err != nil {
		return digest{}, err
	}
	t, err := source.copied(vendorPath(name))
	if err != nil {
		return digest{}, err
	}
	files := patchedFiles{tree: t, img: img, root: vendorPath(name)}
	if err := patch.Apply(&files); errors.Is(err, yarnpatch.ErrRename) {
		return digest{}, unsupported("%v", err)
	} else if err != nil {
		return digest{}, err
	}
	return files.tree.hash(img)
}

// copied mirrors ZipFS.copyPromise of the package's folder into an empty zip,
// with stableSort: depth first, each directory before what it holds, names in
// JavaScript's order.
func (t *tree) copied(root string) (*tree, error) {
	if !t.isDir(root) {
		return nil, unsupported("its folder is a symlink")
	}
	below := make(map[string][]string)
	for p := range t.nodes {
		if dir := path.Dir(p); p != root && strings.HasPrefix(p, root+"/") {
			below[dir] = append(below[dir], path.Base(p))
		}
	}
	c := newTree(t.lim)
	if err := c.mkdirp(path.Dir(root)); err != nil {
		return nil, err
	}
	return c, c.copyFrom(t, root, below)
}

func (t *tree) copyFrom(src *tree, p string, below map[string][]string) error {
	e := *src.nodes[p]
	// What was copied gets the source's time, and its mode as far as chmod
	// lets it through, be it a symlink.
	e.chmod(e.mode)
	if err := t.add(p, &e); err != nil {
		return err
	}
	if e.isSymlink() {
		t.links++
	}
	names := below[p]
	slices.SortFunc(names, jstext.Compare)
	for _, name := range names {
		if err := t.copyFrom(src, join(p, name), below); err != nil {
			return err
		}
	}
	return nil
}

// patchedFiles is the package in a tree, as yarnpatch sees it.
type patchedFiles struct {
	tree *tree
	img  *image
	root string
}

func (f *patchedFiles) abs(p string) string { return path.Clean(f.root + "/" + p) }

// asPathError gives a missing file the name that yarnpatch knows.
func asPathError(err error, p string) error {
	if err == errNoEnt {
		return &fs.PathError{Op: "patch", Path: p, Err: fs.ErrNotExist}
	}
	return failed(err, "patch", p)
}

func (f *patchedFiles) Read(p string) ([]byte, error) {
	q, err := f.tree.resolve(f.abs(p), true)
	if err != nil {
		return nil, asPathError(err, p)
	}
	e := f.tree.nodes[q]
	switch {
	case e == nil:
		return nil, asPathError(errNoEnt, p)
	case e.isDir():
		return nil, asPathError(errIsDir, p)
	case e.body.inline:
		return e.body.data, nil
	case e.body.n > maxPatched:
		return nil, overLimit("a patched file has more than %d bytes", maxPatched)
	}
	var b bytes.Buffer
	b.Grow(int(e.body.n))
	err = f.img.copyRange(&b, e.body.off, e.body.n)
	return b.Bytes(), err
}

func (f *patchedFiles) Write(p string, data []byte) error {
	q, err := f.tree.resolve(f.abs(p), true)
	if err != nil {
		return asPathError(err, p)
	}
	e := f.tree.nodes[q]
	if e == nil {
		return asPathError(errNoEnt, p)
	}
	if err := f.tree.write(q, inlineContent(data), e.mode); err != nil {
		return asPathError(err, p)
	}
	// Yarn sets the time of what lies at p itself: behind a symlink, the file
	// gets the time of day.
	own, err := f.tree.resolve(f.abs(p), false)
	e.timed = e.timed && own == q
	return asPathError(err, p)
}

func (f *patchedFiles) Create(p string, data []byte, executable bool) error {
	abs := f.abs(p)
	if err := f.tree.mkdirp(path.Dir(abs)); err != nil {
		return err
	}
	mode := uint16(0o644)
	if executable {
		mode = 0o755
	}
	return asPathError(f.tree.write(abs, inlineContent(data), mode), p)
}

func (f *patchedFiles) Remove(p string) error {
	return asPathError(f.tree.remove(f.abs(p)), p)
}

// Begin keeps a copy of the tree: undo is for patches that do not fit.
func (f *patchedFiles) Begin() (undo func()) {
	kept := newTree(f.tree.lim)
	kept.links = f.tree.links
	byEntry := make(map[*entry]*entry, len(f.tree.entries))
	for _, e := range f.tree.entries {
		c := *e
		kept.entries = append(kept.entries, &c)
		byEntry[e] = &c
	}
	kept.nodes = maps.Clone(f.tree.nodes)
	for p, e := range kept.nodes {
		kept.nodes[p] = byEntry[e]
	}
	return func() { f.tree = kept }
}
