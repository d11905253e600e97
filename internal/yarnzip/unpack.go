package yarnzip

import (
	"io"
	"path"
	"strings"
)

// unpack scans the image and builds the tree that Yarn's extractArchiveTo
// would, for convertToZip with one component stripped and the package's
// vendor path as prefix.
func unpack(img *image, name string, lim Limits) (*tree, error) {
	w, finish, err := img.scan()
	if err != nil {
		return nil, err
	}
	t := newTree(lim)
	scan := tarScan{in: w, zipped: img.zipped}
	prefix := vendorPath(name)
	for {
		e, err := scan.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		switch e.typ {
		case typeFile, typeDir, typeSymlink:
		default:
			continue // hard links, devices and the like
		}
		rel, ok, err := entryPath(e.path)
		if err != nil {
			return nil, err
		}
		if ok {
			err = t.extract(&scan, e, prefix+"/"+rel)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := finish(); err != nil {
		return nil, err
	}
	if len(t.entries) == 0 {
		return nil, unsupported("it has no files")
	}
	return t, nil
}

// vendorPath is where a package lies in its zip: structUtils.getIdentVendorPath.
func vendorPath(name string) string { return "/node_modules/" + name }

func (t *tree) extract(scan *tarScan, e tarEntry, p string) error {
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
	body := content{off: scan.in.offset()}
	err := scan.body(func(b []byte) error {
		body.n += int64(len(b))
		body.crc = crc32IEEE(body.crc, b)
		return nil
	})
	if err != nil {
		return err
	}
	mode := uint16(0o644)
	if e.mode&0o111 != 0 {
		mode = 0o755
	}
	return failed(t.write(p, body, mode), "open", p)
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
	if !strings.Contains(p, "..") {
		return false
	}
	for part := range strings.SplitSeq(p, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}
