package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// reachFiles are the files that say where packages are asked for, as whom, and by
// which way.
var reachFiles = [...]string{".yarnrc.yml", ".yarnrc", ".npmrc", ".env.yarn"}

// reach is how servers are reached for the portal at root, whose own settings
// are given. In the job of a pull request (as CI says) that is the base's to
// say: a change could name a host of its author's, or a proxy, and have the
// job's credentials sent there. note says so where the two differ.
func (e env) reach(root string, own *yarnrc.Settings) (s *yarnrc.Settings, note string, err error) {
	var repo *gitbase.Repo
	open := func() (_ *gitbase.Repo, err error) {
		if repo == nil {
			repo, err = gitbase.Open(root)
		}
		return repo, err
	}
	rev, name, err := e.baseRevision(open)
	if rev == "" && err == nil {
		return own, "", nil
	}
	if err == nil {
		_, err = open()
	}
	if errors.Is(err, gitbase.ErrNoRepository) {
		return own, "", nil // no checkout of the pull request
	}
	if err != nil {
		return nil, "", err
	}
	commit, err := repo.MergeBase(rev)
	if err != nil {
		return nil, "", err
	}
	if root, err = filepath.Abs(root); err != nil {
		return nil, "", err
	}
	top := repofile.Top(root)
	files, err := reachNames(top, root, own.EnvFiles)
	if err != nil {
		return nil, "", err
	}
	base, cleanup, err := checkoutBase(commit, repo.Prefix, func(name string) bool { return files[name] || path.Base(name) == lockName })
	if err != nil {
		return nil, "", err
	}
	defer cleanup()
	baseTop := base
	if prefix := strings.Trim(repo.Prefix, "/"); prefix != "" {
		baseTop = base[:len(base)-len(prefix)-1]
	}
	changed := ""
	for _, file := range slices.Sorted(maps.Keys(files)) {
		differs, err := reachChanged(top, baseTop, file)
		if err != nil {
			return nil, "", err
		}
		if differs && changed == "" {
			changed = file
		}
	}
	if changed == "" {
		return own, "", nil
	}
	if s, err = yarnrc.Load(base, e.Environ); err != nil {
		return nil, "", err
	}
	return s, fmt.Sprintf("registries, credentials and proxies are those of %s: this change's %s does not count before it is merged", name, changed), nil
}

// reachNames are the files of the repository at top that say how servers are
// reached for the portal at root, by their paths from top.
func reachNames(top, root string, more []string) (map[string]bool, error) {
	out := map[string]bool{}
	add := func(file string) error {
		rel, err := filepath.Rel(top, file)
		if err == nil && filepath.IsLocal(rel) {
			out[filepath.ToSlash(rel)] = true
		}
		return err
	}
	for dir := root; ; dir = filepath.Dir(dir) {
		for _, name := range reachFiles {
			if err := add(filepath.Join(dir, name)); err != nil {
				return nil, err
			}
		}
		if dir == top || dir == filepath.Dir(dir) {
			break
		}
	}
	for _, file := range more {
		if err := add(file); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// reachChanged reports whether a file is another one at the base. What git does
// not track, no change has brought: the job made it, and the base's side gets it,
// too.
func reachChanged(top, baseTop, file string) (bool, error) {
	now, err := readOrNone(top, filepath.Join(top, filepath.FromSlash(file)))
	if err != nil {
		return false, err
	}
	at := filepath.Join(baseTop, filepath.FromSlash(file))
	was, err := readOrNone(baseTop, at)
	if err != nil || bytes.Equal(now, was) {
		return false, err
	}
	if now != nil && was == nil {
		tracked, err := gitbase.Tracked(top, file)
		if err != nil || tracked != "" {
			return true, err
		}
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			return false, err
		}
		return false, os.WriteFile(at, now, 0o600)
	}
	return true, nil
}

// readOrNone is nil for a file that is not there.
func readOrNone(top, file string) ([]byte, error) {
	src, err := repofile.ReadIn(top, file, repofile.MaxSettings)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && src == nil {
		src = []byte{}
	}
	return src, err
}
