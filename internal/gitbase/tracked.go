// Package gitbase reads what git knows of a checkout, without running git.
package gitbase

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
)

// Tracked is the first path below root that git tracks and that is one of
// paths, or below one of them; "" when there is none, or no git repository.
// Paths are relative to root, with forward slashes.
func Tracked(root string, paths ...string) (string, error) {
	gitDir, prefix, err := findGitDir(root)
	if err != nil || gitDir == "" {
		return "", err
	}
	idx, _, err := readIndex(gitDir)
	if err != nil {
		return "", err
	}
	for _, e := range idx.Entries {
		rel, ok := strings.CutPrefix(e.Name, prefix)
		if !ok {
			continue
		}
		for _, p := range paths {
			if rel == p || strings.HasPrefix(rel, strings.TrimSuffix(p, "/")+"/") {
				return rel, nil
			}
		}
	}
	return "", nil
}

// findGitDir walks up to the work tree that dir is in. prefix is dir's path
// within it, "" or with a slash at the end. In a linked worktree and in a
// submodule .git is a file that names the folder.
func findGitDir(dir string) (gitDir, prefix string, err error) {
	for at := dir; ; at = filepath.Dir(at) {
		name := filepath.Join(at, ".git")
		info, err := os.Lstat(name)
		switch {
		case err == nil && info.IsDir():
			gitDir = name
		case err == nil:
			src, err := repofile.Read(name, 4096)
			if err != nil {
				return "", "", fault.Wrap(err, fault.Pos{File: name}, "cannot be read")
			}
			target, ok := strings.CutPrefix(strings.TrimSpace(string(src)), "gitdir: ")
			if !ok {
				return "", "", fault.At(fault.Pos{File: name}, "this does not name a git folder").
					WithNext("Run git status: if git cannot read it either, repair the worktree with git worktree repair")
			}
			if gitDir = filepath.FromSlash(target); !filepath.IsAbs(gitDir) {
				gitDir = filepath.Join(at, gitDir)
			}
		}
		if gitDir != "" {
			rel, err := filepath.Rel(at, dir)
			if err != nil {
				return "", "", err
			}
			if rel = filepath.ToSlash(rel); rel == "." {
				return gitDir, "", nil
			}
			return gitDir, rel + "/", nil
		}
		if filepath.Dir(at) == at {
			return "", "", nil
		}
	}
}
