package gitbase

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/format/gitignore"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/portalctl/portalctl/internal/fault"
)

// Head is one commit as a portal's root sees it: paths are relative to root.
type Head struct {
	// Hash is the full hash of the commit.
	Hash string
	root string
	tree *object.Tree
	// prefix is root's path in the repository, "" or with a slash at the end.
	prefix string
}

// At is the commit that rev names (HEAD, a branch, a tag, a hash or its
// beginning). errors.Is finds ErrNoRepository when root is in no work tree.
func At(root, rev string) (*Head, error) {
	gitDir, prefix, err := findGitDir(root)
	if err != nil {
		return nil, err
	}
	if gitDir == "" {
		return nil, fault.Wrap(ErrNoRepository, fault.Pos{File: root}, "there is no commit to name").
			WithNext("Run portalctl in a checkout of the portal")
	}
	repo, err := Open(root)
	if err != nil {
		return nil, err
	}
	commit, err := repo.Commit(rev)
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{}, "git knows no commit %q here", rev).
			WithNext("Name a branch, a tag or a hash; fetch it first if this is a shallow clone")
	}
	tree, err := commit.c.Tree()
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{}, "the files of commit %s cannot be read", commit.Hash).
			WithNext("Fetch the commit in full")
	}
	return &Head{Hash: commit.Hash, root: root, tree: tree, prefix: prefix}, nil
}

// File is a file of the commit. ok is false when it has none of that path.
func (h *Head) File(name string) (src []byte, ok bool, err error) {
	f, err := h.tree.File(h.prefix + name)
	if errors.Is(err, object.ErrFileNotFound) {
		return nil, false, nil
	}
	if err == nil {
		var r io.ReadCloser
		if r, err = f.Reader(); err == nil {
			defer r.Close()
			src, err = io.ReadAll(r)
		}
	}
	if err != nil {
		return nil, false, fault.Wrap(err, fault.Pos{File: name}, "cannot be read in commit %.12s", h.Hash)
	}
	return src, true, nil
}

// Below are the commit's files below a folder, relative to it and sorted; none
// when there is no such folder.
func (h *Head) Below(dir string) ([]string, error) {
	tree := h.tree
	if at := path.Clean(h.prefix + dir); at != "." {
		var err error
		if tree, err = h.tree.Tree(at); errors.Is(err, object.ErrDirectoryNotFound) {
			return nil, nil
		} else if err != nil {
			return nil, fault.Wrap(err, fault.Pos{File: dir}, "cannot be read in commit %.12s", h.Hash)
		}
	}
	var names []string
	err := tree.Files().ForEach(func(f *object.File) error {
		names = append(names, f.Name)
		return nil
	})
	sort.Strings(names)
	return names, err
}

// Changed are the tracked files of the work tree that differ from the commit or
// are staged, sorted, relative to the repository's top. Untracked files do not
// count.
func (h *Head) Changed() ([]string, error) {
	// The work tree is compared by go-git's porcelain, which is particular about
	// the extensions that a repository may have.
	repo, err := git.PlainOpenWithOptions(h.root, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: h.root}, "the state of the work tree cannot be read").
			WithNext("Name the commit that is deployed instead")
	}
	tree, err := repo.Worktree()
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{}, "the work tree cannot be read")
	}
	status, err := tree.Status()
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{}, "the state of the work tree cannot be read").WithNext("Run git status to see why")
	}
	var names []string
	for name, s := range status {
		if s.Worktree != git.Unmodified && s.Worktree != git.Untracked || s.Staging != git.Unmodified && s.Staging != git.Untracked {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names, nil
}

// Unignored reports whether a path, absolute and perhaps not there yet, lies in
// a git work tree where nothing tells git to leave it alone: git add would take
// it.
func Unignored(name string) (bool, error) {
	existing := name
	for {
		if info, err := os.Stat(existing); err == nil && info.IsDir() {
			break
		}
		parent := filepath.Dir(existing)
		if parent == existing {
			return false, nil
		}
		existing = parent
	}
	real, err := filepath.EvalSymlinks(existing)
	if err != nil {
		return false, fault.Wrap(err, fault.Pos{File: existing}, "cannot be read")
	}
	gitDir, prefix, err := findGitDir(real)
	if err != nil || gitDir == "" {
		return false, err
	}
	rest, err := filepath.Rel(existing, name)
	if err != nil {
		return false, err
	}
	inTree := path.Join(prefix, filepath.ToSlash(rest))
	top := strings.TrimSuffix(filepath.ToSlash(real), "/"+strings.TrimSuffix(prefix, "/"))
	parts := strings.Split(inTree, "/")
	if parts[0] == ".git" || inTree == "." {
		return inTree == ".", nil
	}
	common, err := commonDir(gitDir)
	if err != nil {
		return false, err
	}
	patterns := ignoreFile(filepath.Join(common, "info", "exclude"), nil)
	for i := range parts {
		patterns = append(patterns, ignoreFile(filepath.Join(top, filepath.Join(parts[:i]...), ".gitignore"), parts[:i])...)
		if gitignore.NewMatcher(patterns).Match(parts[:i+1], true) {
			return false, nil
		}
	}
	return true, nil
}

func ignoreFile(name string, domain []string) []gitignore.Pattern {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	var out []gitignore.Pattern
	scanner := bufio.NewScanner(bytes.NewReader(src))
	for scanner.Scan() {
		line := scanner.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		out = append(out, gitignore.ParsePattern(strings.TrimRight(line, " \t\r"), domain))
	}
	return out
}
