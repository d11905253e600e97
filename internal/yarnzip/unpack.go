package yarnzip

import (
	"hash/crc32"
	"io"
	"path"
	"slices"
	"strings"
)

// unpack scans the image and builds the tree that Yarn's extractArchiveTo
// would, for convertToZip with one component stripped and the package's
// vendor path as prefix. A tree with emit set gets the contents of files in
// memory, only for as long as emit runs.
func (t *tree) unpack(img *image, name string) error {
	r, err := img.stream()
	if err != nil {
		return err
	}
	w := newWindow(r)
	x := extractor{tree: t, scan: tarScan{in: w, zipped: img.zipped}, prefix: vendorPath(name)}
	for {
		e, err := x.scan.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		switch e.typ {
		case typeFile, typeDir, typeSymlink:
		default:
			continue // hard links, devices and the like
		}
		if err := x.extract(e); err != nil {
			return err
		}
	}
	// What lies behind the archive is read as well: damage there is damage.
	if err := w.drain(); err != nil {
		return err
	}
	if len(t.entries) == 0 {
		return unsupported("it has no files")
	}
	return nil
}

// vendorPath is where a package lies in its zip: structUtils.getIdentVendorPath.
func vendorPath(name string) string { return "/node_modules/" + name }

// extractor puts the entries of a tar into a tree.
type extractor struct {
	tree   *tree
	scan   tarScan
	prefix string
	buf    []byte
}

func (x *extractor) extract(e tarEntry) error {
	rel, ok, err := entryPath(e.path)
	if err != nil || !ok {
		return err
	}
	t, p := x.tree, x.prefix+"/"+rel
	if len(p) > t.lim.Path {
		return overLimit("it has a path of more than %d bytes", t.lim.Path)
	}
	if err := t.mkdirp(path.Dir(p)); err != nil {
		return err
	}
	switch e.typ {
	case typeDir:
		return failed(t.mkdir(p), "mkdir", p)
	case typeSymlink:
		if len(e.linkpath) > t.lim.Path {
			return overLimit("it has a symlink of more than %d bytes", t.lim.Path)
		}
		return failed(t.symlink(e.linkpath, p), "symlink", p)
	}
	body, err := x.body(e)
	if err != nil {
		return err
	}
	mode := uint16(0o644)
	if e.mode&0o111 != 0 {
		mode = 0o755
	}
	return failed(t.write(p, body, mode), "open", p)
}

// body reads the contents of a file: into memory if they are needed at once.
func (x *extractor) body(e tarEntry) (content, error) {
	c := content{off: x.scan.in.off}
	keep := x.tree.emit != nil
	if keep && e.size > x.tree.lim.Buffer {
		return c, errAgain
	}
	if x.buf = x.buf[:0]; keep {
		x.buf = slices.Grow(x.buf, int(e.size))
	}
	err := x.scan.body(func(b []byte) error {
		c.n += int64(len(b))
		c.crc = crc32.Update(c.crc, crc32.IEEETable, b)
		if keep {
			x.buf = append(x.buf, b...)
		}
		return nil
	})
	if keep {
		c.data, c.inline = x.buf, true
	}
	return c, err
}

// entryPath is the path of a tar entry without its first component. ok is
// false for the entries that Yarn ignores: absolute ones, such that climb with
// "..", and such that have one component only.
func entryPath(p string) (rel string, ok bool, err error) {
	if p == "" || p[0] == '/' || !strings.Contains(p, "/") || climbs(p) {
		return "", false, nil
	}
	_, rel, ok = strings.Cut(path.Clean(p), "/")
	if ok && strings.IndexByte(rel, 0) >= 0 {
		// Yarn's zip library takes a name as a C string.
		return "", false, unsupported("it has a NUL byte in a path")
	}
	return rel, ok, nil
}

func climbs(p string) bool {
	return strings.Contains(p, "..") && slices.Contains(strings.Split(p, "/"), "..")
}
