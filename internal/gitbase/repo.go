package gitbase

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
)

// ErrNoRepository is the cause of the error of Open outside of git.
var ErrNoRepository = errors.New("not in a git repository")

// nextWithout is the way on that needs no history.
const nextWithout = "or compare with a lock alone: git show REF:yarn.lock > base.lock, and --base-lockfile base.lock"

// Repo is the repository of a work tree, read only.
type Repo struct {
	// Prefix is the folder that Open was asked for, within the work tree, ""
	// or with a slash at the end.
	Prefix string

	// top is the work tree; gitDir its own folder of git's, where its index is, and
	// commonDir the one that linked worktrees share.
	top, gitDir, commonDir string
	store                  *filesystem.Storage
	// alternates are asked before store.
	alternates []*filesystem.ObjectStorage
	// shallow are the commits at which the clone's history was cut.
	shallow map[plumbing.Hash]bool
	partial bool
}

// Open finds the repository whose work tree dir is in. Linked worktrees and
// submodules are understood, as are clones that share the objects of another.
//
// It reads the object store directly: go-git's own PlainOpen refuses every
// repository that has an extension in its configuration, such as those of a
// sparse or a partial clone.
func Open(dir string) (*Repo, error) {
	gitDir, prefix, err := findGitDir(dir)
	if err != nil {
		return nil, err
	}
	if gitDir == "" {
		return nil, fault.Wrap(ErrNoRepository, fault.Pos{File: dir}, "there is no base to compare with").
			WithNext("Run it in a git checkout; " + nextWithout)
	}
	common, err := commonDir(gitDir)
	if err != nil {
		return nil, err
	}
	dot := plain(gitDir)
	if common != gitDir {
		dot = dotgit.NewRepositoryFilesystem(dot, plain(common))
	}
	r := &Repo{Prefix: prefix, top: filepath.Join(dir, strings.Repeat("../", strings.Count(prefix, "/"))), gitDir: gitDir, commonDir: common, shallow: map[plumbing.Hash]bool{}}
	r.store = filesystem.NewStorageWithOptions(dot, cache.NewObjectLRUDefault(),
		filesystem.Options{LargeObjectThreshold: maxFile, AlternatesFS: plain(filepath.VolumeName(common) + string(filepath.Separator))})
	r.alternates = alternates(filepath.Join(common, "objects"), cache.NewObjectLRUDefault())
	list, err := r.store.Shallow()
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: filepath.Join(common, "shallow")}, "cannot be read")
	}
	for _, h := range list {
		r.shallow[h] = true
	}
	if src, err := repofile.Read(filepath.Join(common, "config"), maxText); err == nil {
		text := strings.ToLower(string(src))
		r.partial = strings.Contains(text, "partialclone") || strings.Contains(text, "promisor")
	}
	return r, nil
}

// commonDir is where a linked worktree's refs and objects are: gitDir itself
// unless it has a file commondir (gitrepository-layout).
func commonDir(gitDir string) (string, error) {
	src, err := repofile.Read(filepath.Join(gitDir, "commondir"), maxText)
	if errors.Is(err, fs.ErrNotExist) {
		return gitDir, nil
	}
	if err != nil {
		return "", fault.Wrap(err, fault.Pos{File: filepath.Join(gitDir, "commondir")}, "cannot be read")
	}
	dir := filepath.FromSlash(strings.TrimSpace(string(src)))
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(gitDir, dir)
	}
	return filepath.Clean(dir), nil
}

// Commit is a commit of a Repo. It is an fs.FS of its files, from the top of the
// repository, with ReadDir, ReadFile and Stat: what is asked for is read, and
// nothing else. Symbolic links are not there. A submodule that is checked out is a
// folder with the files of the commit that is named for it. Several goroutines may
// use it.
type Commit struct {
	// Hash is the commit's full name.
	Hash string

	repo *Repo
	c    *commit

	mu      sync.Mutex
	folders map[string][]*entry // by path, sorted
	err     error
}

// Commit is the commit that a revision names.
func (r *Repo) Commit(rev string) (*Commit, error) {
	h, err := r.resolve(rev)
	if err != nil {
		return nil, err
	}
	c, err := r.load(h)
	if err != nil {
		return nil, r.missing(err, rev)
	}
	return r.shown(c), nil
}

func (r *Repo) shown(c *commit) *Commit { return &Commit{Hash: c.hash.String(), repo: r, c: c} }

// load reads a commit, looking through annotated tags.
func (r *Repo) load(h plumbing.Hash) (*commit, error) {
	for range 8 {
		target, err := r.tagTarget(h)
		if err != nil {
			break
		}
		h = target
	}
	return r.commitOf(h)
}

// Has reports whether a revision is in the clone.
func (r *Repo) Has(rev string) bool {
	h, err := r.resolve(rev)
	if err != nil {
		return false
	}
	_, err = r.load(h)
	return err == nil
}

// missing explains an object that the clone does not have.
func (r *Repo) missing(err error, rev string) error {
	f := fault.Wrap(err, fault.Pos{}, "git: %s is not in this clone", rev)
	switch {
	case len(r.shallow) > 0:
		return f.WithNext("%s", deepen(rev))
	case r.partial:
		return f.WithNext("The clone is partial: run git fetch --refetch --filter=blob:limit=50m origin, %s", nextWithout)
	}
	return f.WithNext("Run git fsck: if git misses it too, clone again; %s", nextWithout)
}

// deepen is the way on in a clone whose history was cut. The refspec makes the
// branch known even where the clone was told to follow another one only.
func deepen(rev string) string {
	branch := branchOf(rev)
	if branch == "" {
		return "The clone's history is cut (shallow): run git fetch --unshallow origin, or have CI fetch all of it " +
			"(actions/checkout: fetch-depth: 0; GitLab: GIT_DEPTH: 0)"
	}
	return "The clone's history is cut (shallow): run git fetch --deepen=200 origin HEAD +refs/heads/" + branch + ":refs/remotes/origin/" + branch +
		", again if that is not deep enough, or have CI fetch all of it (actions/checkout: fetch-depth: 0; GitLab: GIT_DEPTH: 0)"
}

// branchOf is the branch of origin that a revision stands for, "" for a commit.
func branchOf(rev string) string {
	for _, prefix := range []string{"refs/remotes/origin/", "refs/heads/", "origin/"} {
		if b, ok := strings.CutPrefix(rev, prefix); ok {
			return b
		}
	}
	if plumbing.IsHash(rev) || strings.ContainsAny(rev, "~^@{: ") || strings.HasPrefix(rev, "refs/") || rev == "HEAD" {
		return ""
	}
	return rev
}
