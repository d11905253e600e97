package gitbase

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"

	"github.com/portalctl/portalctl/internal/repofile"
)

// maxAlternates is how far git follows alternates of alternates
// (link_alt_odb_entry of object-file.c).
const maxAlternates = 5

// alternates are the stores that a repository borrows objects from, as clones
// with --shared or --reference do. They are opened once: go-git's own look at
// them reads their packs' indexes again for each object, and takes a relative
// path for one from the root of the file system (gitrepository-layout says:
// from the objects folder).
func alternates(objects string, objectCache cache.Object) []*filesystem.ObjectStorage {
	var out []*filesystem.ObjectStorage
	seen := map[string]bool{objects: true}
	var follow func(objects string, depth int)
	follow = func(objects string, depth int) {
		src, err := repofile.Read(filepath.Join(objects, "info", "alternates"), maxText)
		if err != nil || depth > maxAlternates {
			return
		}
		for line := range strings.Lines(string(src)) {
			dir := strings.TrimRight(line, "\r\n")
			if dir == "" || dir[0] == '#' {
				continue
			}
			if !filepath.IsAbs(dir) {
				dir = filepath.Join(objects, dir)
			}
			dir = filepath.Clean(dir)
			if info, err := os.Stat(dir); err != nil || !info.IsDir() || seen[dir] || filepath.Base(dir) != "objects" {
				continue
			}
			seen[dir] = true
			out = append(out, filesystem.NewObjectStorageWithOptions(dotgit.New(plain(filepath.Dir(dir))), objectCache, filesystem.Options{LargeObjectThreshold: maxFile}))
			follow(dir, depth+1)
		}
	}
	follow(objects, 1)
	return out
}

// encoded finds an object. The alternates come first: where one of them lacks it
// that costs a look into indexes already read.
func (r *Repo) encoded(kind plumbing.ObjectType, h plumbing.Hash) (plumbing.EncodedObject, error) {
	for _, store := range r.alternates {
		if o, err := store.EncodedObject(kind, h); err == nil {
			return o, nil
		}
	}
	return r.store.EncodedObject(kind, h)
}
