package main

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"path"
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/audit/trust"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/repofile"
)

// maxArchive limits the archives of packages that are read, in bytes.
const maxArchive = 512 << 20

// brought is what the commits of a change bring that is neither a lock nor a
// setting: archives of Yarn's cache, and submodules that are not here.
func (r *auditRun) brought(repo *gitbase.Repo, base *gitbase.Commit) error {
	head, err := repo.Commit("HEAD")
	if err != nil {
		return err
	}
	list, err := head.Since(base, func(dir string) bool { return path.Base(dir) == "node_modules" })
	if err != nil {
		return err
	}
	for _, d := range list {
		name, ok := strings.CutPrefix(d.Path, repo.Prefix)
		switch {
		case !ok:
		case d.Absent:
			r.in.Unread = append(r.in.Unread, audit.Unread{Path: name, Submodule: true, Reason: "is a submodule that the change sets, and that is not checked out"})
		case !d.Submodule && trust.IsArchive(d.Path):
			a, err := r.archive(name)
			if err != nil {
				return err
			}
			r.brings = append(r.brings, a)
		}
	}
	return nil
}

// archive reads one from the work tree, which is what is installed.
func (r *auditRun) archive(name string) (trust.Archive, error) {
	file := filepath.Join(r.root, filepath.FromSlash(name))
	src, err := repofile.ReadIn(repofile.Top(r.root), file, maxArchive)
	if isMissing(err) {
		return trust.Archive{Path: name}, nil // sparse, or removed since
	}
	if err != nil {
		return trust.Archive{}, fault.Wrap(pathCause(err), fault.Pos{File: name}, "the archive cannot be read").WithNext("Remove it, and run yarn install")
	}
	if bytes.HasPrefix(src, []byte("version https://git-lfs.github.com/")) {
		return trust.Archive{Path: name}, nil
	}
	sum := sha512.Sum512(src)
	return trust.Archive{Path: name, SHA512: hex.EncodeToString(sum[:])}, nil
}
