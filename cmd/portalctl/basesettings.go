package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

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
	changed, untracked := "", []string{}
	now, was := repofile.Of(top), commit.InPlace()
	defer now.Close()
	for _, file := range slices.Sorted(maps.Keys(files)) {
		differs, made, err := reachChanged(now, was, top, file)
		if err = cmp.Or(commit.Err(), err); err != nil {
			return nil, "", err
		}
		if differs && changed == "" {
			changed = file
		}
		if made {
			untracked = append(untracked, file)
		}
	}
	if changed == "" {
		return own, "", nil
	}
	s, err = yarnrc.LoadIn(commit.InPlace(untracked...), root, e.Environ)
	if err = cmp.Or(commit.Err(), err); err != nil {
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
func reachChanged(now, was *repofile.Repo, top, file string) (differs, made bool, err error) {
	path := filepath.Join(top, filepath.FromSlash(file))
	new, err := readOrNone(now, path)
	if err != nil {
		return false, false, err
	}
	old, err := readOrNone(was, path)
	if err != nil || bytes.Equal(new, old) {
		return false, false, err
	}
	if new == nil || old != nil {
		return true, false, nil
	}
	tracked, err := gitbase.Tracked(top, file)
	return tracked != "", tracked == "", err
}

// readOrNone is nil for a file that is not there.
func readOrNone(repo *repofile.Repo, file string) ([]byte, error) {
	src, err := repo.Read(file, repofile.MaxSettings)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && src == nil {
		src = []byte{}
	}
	return src, err
}
