package audit

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/portalctl/portalctl/audit/trust"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/gitbase"
)

// maxArchive limits the archives of packages that are read, in bytes.
const maxArchive = 512 << 20

// brought is what the commits of a change bring that is neither a lock nor a
// setting: archives of Yarn's cache, and submodules that are not here.
func (f Files) brought(repo *gitbase.Repo, base *gitbase.Commit) (archives []trust.Archive, absent []Unread, err error) {
	head, err := repo.Commit("HEAD")
	if err != nil {
		return nil, nil, err
	}
	list, err := head.Since(base, func(dir string) bool { return path.Base(dir) == "node_modules" })
	if err != nil {
		return nil, nil, err
	}
	for _, d := range list {
		name, ok := strings.CutPrefix(d.Path, repo.Prefix)
		switch {
		case !ok:
		case d.Absent:
			absent = append(absent, Unread{Path: name, Submodule: true, Reason: "is a submodule that the change sets, and that is not checked out"})
		case !d.Submodule && trust.IsArchive(d.Path):
			a, err := f.archive(name)
			if err != nil {
				return nil, nil, err
			}
			archives = append(archives, a)
		}
	}
	return archives, absent, nil
}

// archive reads one from the work tree, which is what is installed.
func (f Files) archive(name string) (trust.Archive, error) {
	src, err := f.Repo.Read(f.path(name), maxArchive)
	if errors.Is(err, fs.ErrNotExist) {
		return trust.Archive{Path: name}, nil // sparse, or removed since
	}
	if err != nil {
		return trust.Archive{}, fault.Wrap(fault.Cause(err), fault.Pos{File: name}, "the archive cannot be read").WithNext("Remove it, and run yarn install")
	}
	if bytes.HasPrefix(src, []byte("version https://git-lfs.github.com/")) {
		return trust.Archive{Path: name}, nil
	}
	sum := sha512.Sum512(src)
	return trust.Archive{Path: name, SHA512: hex.EncodeToString(sum[:])}, nil
}
