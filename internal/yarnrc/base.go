package yarnrc

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/repofile"
)

// reachFiles are the files that say where packages are asked for, as whom, and by
// which way.
var reachFiles = [...]string{".yarnrc.yml", ".yarnrc", ".npmrc", ".env.yarn"}

// OfBase are the settings by which servers are reached for the portal at root,
// whose own are given. In the job of a pull request (as CI says) that is the base's
// to say: a change could name a host of its author's, or a proxy, and have the
// job's credentials sent there. note says so where the two differ. environ has the
// form of os.Environ.
func OfBase(root string, own *Settings, environ []string) (s *Settings, note string, err error) {
	env := newEnvironment(environ)
	get := func(name string) string { return env.values[name] }
	repo, rev, name, err := gitbase.FindBase(root, "", get)
	if errors.Is(err, gitbase.ErrNoRepository) || repo == nil && err == nil {
		return own, "", nil // no pull request, or no checkout of it
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
	s, err = LoadIn(commit.InPlace(untracked...), root, environ)
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
