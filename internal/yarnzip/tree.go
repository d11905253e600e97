package yarnzip

import (
	"errors"
	"hash/crc32"
	"strings"
)

// Bits of st_mode, as the zip's external attributes hold them.
const (
	modeType    = 0o170000
	modeDir     = 0o040000
	modeFile    = 0o100000
	modeSymlink = 0o120000
	// modeKept is what chmod lets through in ZipFS.
	modeKept = 0o755
)

// content is the n bytes of an entry: data, or what lies at off of the image.
type content struct {
	data   []byte
	off, n int64
	inline bool
	crc    uint32
}

func inlineContent(data []byte) content {
	return content{data: data, inline: true, n: int64(len(data)), crc: crc32.ChecksumIEEE(data)}
}

// entry is an entry of the zip, in the order of its creation.
type entry struct {
	name string // within the zip; a directory's ends in a slash
	mode uint16 // st_mode
	body content
	// timed: its time was set to Yarn's constant. One that was not has the
	// time of day in it, so that Yarn itself makes another zip each time.
	timed   bool
	removed bool
	// offset of its local header in the zip
	offset uint32
}

func (e *entry) isDir() bool     { return e.mode&modeType == modeDir }
func (e *entry) isSymlink() bool { return e.mode&modeType == modeSymlink }

// chmod sets the bits that ZipFS lets through.
func (e *entry) chmod(mode uint16) { e.mode = e.mode&^0o777 | mode&modeKept }

// tree mirrors ZipFS, Yarn's file system in a zip: paths are absolute, "/" is
// the root of the zip. Nothing of it is ever written to a disk.
type tree struct {
	lim     Limits
	entries []*entry
	nodes   map[string]*entry
	names   int // bytes of all paths and symlink targets
	links   int
	steps   int
	// emit is called with each new entry, if it is set; entries cannot be
	// replaced then.
	emit func(*entry) error
	// scattered: an entry's contents come from a later place of the image
	// than those of an entry behind it.
	scattered bool
}

func newTree(lim Limits) *tree {
	return &tree{lim: lim, nodes: make(map[string]*entry)}
}

// Errors of ZipFS by their code. Where Yarn does not catch them, they end the
// conversion: Yarn cannot install such a package.
var (
	errExists = errors.New("EEXIST")
	errIsDir  = errors.New("EISDIR")
	errNotDir = errors.New("ENOTDIR")
	errNoEnt  = errors.New("ENOENT")
)

// errAgain: the zip cannot be hashed in one pass over the tarball.
var errAgain = errors.New("needs another pass")

// failed tells what Yarn would fail on.
func failed(err error, op, p string) error {
	switch err {
	case errExists, errIsDir, errNotDir, errNoEnt:
		return malformed("Yarn fails on it: %v: %s %q", err, op, strings.TrimPrefix(p, "/"))
	}
	return err
}

func (t *tree) add(p string, e *entry) error {
	if len(t.entries) >= t.lim.Entries {
		return overLimit("it has more than %d files", t.lim.Entries)
	}
	if len(p) > t.lim.Path {
		return overLimit("it has a path of more than %d bytes", t.lim.Path)
	}
	if t.names += len(p); e.isSymlink() {
		t.names += len(e.body.data)
	}
	if t.names > t.lim.Names {
		return overLimit("its paths have more than %d bytes together", t.lim.Names)
	}
	e.name = p[1:]
	if e.isDir() {
		e.name += "/"
	}
	t.entries = append(t.entries, e)
	t.nodes[p] = e
	if t.emit != nil {
		return t.emit(e)
	}
	return nil
}

// isDir is ZipFS's listings.has.
func (t *tree) isDir(p string) bool {
	if p == "/" {
		return true
	}
	e := t.nodes[p]
	return e != nil && e.isDir()
}

// mkdirp makes p and its parents as mkdirpSync does for a tar entry.
func (t *tree) mkdirp(p string) error {
	if t.links == 0 && t.isDir(p) {
		return nil
	}
	for i := 1; i <= len(p); i++ {
		if i < len(p) && p[i] != '/' {
			continue
		}
		dir := p[:i]
		ok, err := t.exists(dir)
		if err != nil {
			return err
		}
		if ok {
			continue
		}
		switch err := t.mkdir(dir); err {
		case nil:
		case errExists:
			continue
		default:
			return failed(err, "mkdir", dir)
		}
		// Does not follow: a dangling symlink to the new directory is what
		// loses its bits here.
		if err := t.chmod(dir, modeKept); err != nil {
			return failed(err, "chmod", dir)
		}
	}
	return nil
}

// mkdir makes one directory, following symlinks, and sets its time.
func (t *tree) mkdir(p string) error {
	q, err := t.resolve(p, true)
	if err != nil {
		return err
	}
	if q == "/" || t.nodes[q] != nil {
		return errExists
	}
	return t.add(q, &entry{mode: modeDir | 0o755, timed: true})
}

func (t *tree) chmod(p string, mode uint16) error {
	q, err := t.resolve(p, false)
	if err != nil {
		return err
	}
	e := t.nodes[q]
	if e == nil {
		return errNoEnt
	}
	e.chmod(mode)
	return nil
}

// write makes or replaces a file, following symlinks. A file that exists
// keeps its place in the zip.
func (t *tree) write(p string, body content, mode uint16) error {
	q, err := t.resolve(p, true)
	if err != nil {
		return err
	}
	if t.isDir(q) {
		return errIsDir
	}
	if e := t.nodes[q]; e != nil {
		switch {
		case cp437(e.name):
			// libzip does not find again a name that it takes for CP437.
			return errExists
		case t.emit != nil:
			return errAgain
		}
		e.body = body
		e.chmod(mode)
		t.scattered = true
		return nil
	}
	return t.add(q, &entry{mode: modeFile | mode&modeKept, body: body, timed: true})
}

// symlink makes a symlink, following symlinks on the way to it, and even one
// in its place that leads nowhere.
func (t *tree) symlink(target, p string) error {
	q, err := t.resolve(p, true)
	if err != nil {
		return err
	}
	if t.isDir(q) {
		return errIsDir
	}
	if t.nodes[q] != nil {
		return errExists
	}
	// Yarn sets the time of what lies at p itself. Where that is another
	// symlink, the new one keeps the time of day.
	own, err := t.resolve(p, false)
	if err != nil {
		return err
	}
	t.links++
	return t.add(q, &entry{mode: modeSymlink | 0o777, body: inlineContent([]byte(target)), timed: own == q})
}

// remove drops a file or a symlink (not what it leads to).
func (t *tree) remove(p string) error {
	q, err := t.resolve(p, true)
	if err != nil {
		return err
	}
	e := t.nodes[q]
	switch {
	case e == nil:
		return errNoEnt
	case e.isDir():
		return errIsDir
	}
	e.removed = true
	delete(t.nodes, q)
	return nil
}

// join is path.join for a clean absolute dir and the name of something in it.
func join(dir, name string) string {
	if dir == "/" {
		return "/" + name
	}
	return dir + "/" + name
}
