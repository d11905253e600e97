package gitbase

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
)

// Head is one commit as a portal's root sees it: paths are relative to root.
type Head struct {
	// Hash is the full hash of the commit.
	Hash string
	root string
	repo *Repo
	c    *commit
}

// At is the commit that rev names (HEAD, a branch, a tag, a hash or its
// beginning). errors.Is finds ErrNoRepository when root is in no work tree.
func At(root, rev string) (*Head, error) {
	repo, err := Open(root)
	if errors.Is(err, ErrNoRepository) {
		return nil, fault.Wrap(ErrNoRepository, fault.Pos{File: root}, "there is no commit to name").
			WithNext("Run portalctl in a checkout of the portal")
	}
	if err != nil {
		return nil, err
	}
	commit, err := repo.Commit(rev)
	if err != nil && rev == "HEAD" {
		return nil, fault.Wrap(err, fault.Pos{File: root}, "the repository has no commit yet").
			WithNext("Commit the portal as it is deployed, then run the command again")
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{}, "git knows no commit %q here", rev).
			WithNext("Name a branch, a tag or a hash; fetch it first if this is a shallow clone")
	}
	return &Head{Hash: commit.Hash, root: root, repo: repo, c: commit.c}, nil
}

// File is a file of the commit. ok is false when it has none of that path.
func (h *Head) File(name string) (src []byte, ok bool, err error) {
	e, ok, err := entryAt(h.c.tree, h.repo.Prefix+name, h.repo.byName)
	if err == nil && (!ok || e.mode == filemode.Dir || e.mode == filemode.Submodule) {
		return nil, false, nil
	}
	if err == nil {
		src, err = h.repo.object(plumbing.BlobObject, e.hash)
	}
	if err != nil {
		return nil, false, fault.Wrap(err, fault.Pos{File: name}, "cannot be read in commit %.12s", h.Hash)
	}
	return src, true, nil
}

// Below are the commit's files below a folder, relative to it and sorted; none
// when there is no such folder.
func (h *Head) Below(dir string) ([]string, error) {
	var names []string
	e, ok, err := entryAt(h.c.tree, path.Clean(h.repo.Prefix+dir), h.repo.byName)
	if err == nil && ok && e.mode == filemode.Dir {
		err = h.repo.leaves(e.hash, "", func(name string, e treeEntry) {
			if e.mode != filemode.Submodule {
				names = append(names, name)
			}
		})
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: dir}, "cannot be read in commit %.12s", h.Hash)
	}
	sort.Strings(names)
	return names, nil
}

// Unignored reports whether a path, absolute and perhaps not there yet, lies in
// a git work tree where nothing tells git to leave it alone: git add would take
// it.
func Unignored(name string) (bool, error) {
	in, ignored, err := ignoring(name, true)
	return in && !ignored, err
}

// Ignored reports whether a file is one that git was told to leave alone, and
// does not track all the same. Outside of git no file is.
func Ignored(root, rel string) (bool, error) {
	_, ignored, err := ignoring(filepath.Join(root, filepath.FromSlash(rel)), false)
	if err != nil || !ignored {
		return false, err
	}
	tracked, err := Tracked(root, rel)
	return tracked == "", err
}

// ignoring reports whether a path lies in a git work tree, and whether a pattern
// of it matches.
func ignoring(name string, isDir bool) (in, ignored bool, err error) {
	existing := name
	for {
		if info, err := os.Stat(existing); err == nil && info.IsDir() {
			break
		}
		parent := filepath.Dir(existing)
		if parent == existing {
			return false, false, nil
		}
		existing = parent
	}
	real, err := filepath.EvalSymlinks(existing)
	if err != nil {
		return false, false, fault.Wrap(err, fault.Pos{File: existing}, "cannot be read")
	}
	gitDir, prefix, err := findGitDir(real)
	if err != nil || gitDir == "" {
		return false, false, err
	}
	rest, err := filepath.Rel(existing, name)
	if err != nil {
		return false, false, err
	}
	inTree := path.Join(prefix, filepath.ToSlash(rest))
	top := strings.TrimSuffix(filepath.ToSlash(real), "/"+strings.TrimSuffix(prefix, "/"))
	parts := strings.Split(inTree, "/")
	if parts[0] == ".git" || inTree == "." {
		return true, inTree != ".", nil
	}
	common, err := commonDir(gitDir)
	if err != nil {
		return false, false, err
	}
	patterns := ignoreFile(filepath.Join(common, "info", "exclude"), nil)
	for i := range parts {
		patterns = append(patterns, ignoreFile(filepath.Join(top, filepath.Join(parts[:i]...), ".gitignore"), parts[:i])...)
		if gitignore.NewMatcher(patterns).Match(parts[:i+1], isDir || i+1 < len(parts)) {
			return true, true, nil
		}
	}
	return true, false, nil
}

func ignoreFile(name string, domain []string) []gitignore.Pattern {
	src, err := repofile.Read(name, maxText)
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
