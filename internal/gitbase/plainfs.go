package gitbase

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/osfs"
)

// plainFS is a folder of git's as go-git sees it: only regular files can be
// opened. A named pipe in the place of a ref would be waited for, and a device
// read without end.
type plainFS struct{ billy.Filesystem }

func plain(dir string) billy.Filesystem { return plainFS{osfs.New(dir)} }

var (
	errNotAFile = errors.New("not a regular file")
	errTooLarge = errors.New("the file is too large")
	errPack     = errors.New("the pack's index is damaged")
)

func (p plainFS) Open(name string) (billy.File, error) { return p.OpenFile(name, os.O_RDONLY, 0) }

func (p plainFS) OpenFile(name string, flag int, perm os.FileMode) (billy.File, error) {
	info, err := p.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
	case !info.Mode().IsRegular():
		return nil, &os.PathError{Op: "open", Path: name, Err: errNotAFile}
	case info.Size() > maxFile && !strings.Contains(name, "pack-"):
		return nil, &os.PathError{Op: "open", Path: name, Err: errTooLarge}
	}
	f, err := p.Filesystem.OpenFile(name, flag, perm)
	if err == nil && strings.HasSuffix(name, ".idx") {
		if err = checkIndex(f, info.Size()); err != nil {
			f.Close()
			return nil, &os.PathError{Op: "read", Path: name, Err: err}
		}
	}
	return f, err
}

func (p plainFS) Chroot(path string) (billy.Filesystem, error) {
	below, err := p.Filesystem.Chroot(path)
	return plainFS{below}, err
}

// checkIndex refuses an index of a pack that says to have more objects than its
// size has room for: go-git makes room for as many as it says (gitformat-pack,
// version 2: 8 bytes, 256 counts, and for each object a name, a CRC and a place).
func checkIndex(f billy.File, size int64) error {
	var head [8 + 256*4]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return errPack
	}
	last := uint32(0)
	for at := 8; at < len(head); at += 4 {
		n := binary.BigEndian.Uint32(head[at:])
		if n < last {
			return errPack
		}
		last = n
	}
	if int64(len(head))+int64(last)*(20+4+4)+2*20 > size {
		return errPack
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}
