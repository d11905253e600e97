package workspace

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
)

// find lists the folders that the patterns of the folder from name, whether
// they have a package.json or not. Paths are relative to root with forward
// slashes; the list is sorted. Symbolic links are followed, as fast-glob does,
// but never into a loop.
func (s globSet) find(repo *repofile.Repo, root, from string) ([]string, error) {
	found := map[string]bool{}
	for _, g := range s.positive {
		w := walker{set: s, repo: repo, root: root, from: from, glob: g, base: g.base(), seen: map[state]bool{}, found: found}
		if err := w.walk(nil, 0, nil); err != nil {
			return nil, err
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// walker searches for one pattern.
type walker struct {
	set        globSet
	repo       *repofile.Repo
	root, from string
	glob       glob
	base       int
	seen       map[state]bool
	found      map[string]bool // relative to root
}

// state is a place of the search; "**" can reach one in several ways.
type state struct {
	rel string
	seg int
}

// walk goes on at the folder dirs with segment seg of the pattern. links are
// the real paths of the folders that were entered through symbolic links.
func (w *walker) walk(dirs []string, seg int, links []string) error {
	rel := path.Join(dirs...)
	at := state{rel, seg}
	if w.seen[at] {
		return nil
	}
	w.seen[at] = true
	if seg == len(w.glob) {
		if len(dirs) > 0 && !w.set.ignored(dirs) {
			w.found[path.Join(w.from, rel)] = true
		}
		return nil
	}
	pattern := w.glob[seg]
	if !hasMeta(pattern) {
		child := append(slices.Clip(dirs), pattern)
		if seg >= w.base && w.set.ignored(child) || !w.isDir(child) {
			return nil
		}
		return w.walk(child, seg+1, links)
	}
	if pattern == "**" {
		// The folder that the search starts at is not itself a match.
		if last := seg == len(w.glob)-1; !last || len(dirs) > w.base {
			if err := w.walk(dirs, seg+1, links); err != nil {
				return err
			}
		}
	}
	entries, err := w.repo.ReadDir(w.abs(dirs))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return readFault(err, path.Join(w.from, rel))
	}
	for _, e := range entries {
		link := e.Type()&fs.ModeSymlink != 0
		if !e.IsDir() && !link || !matchSegment(starOf(pattern), e.Name(), false) {
			continue
		}
		child := append(slices.Clip(dirs), e.Name())
		if w.set.ignored(child) {
			continue
		}
		next, via := seg+1, links
		if pattern == "**" {
			next = seg
		}
		if link {
			var ok bool
			if via, ok = enter(w.abs(dirs), w.abs(child), links); !ok || !w.isDir(child) {
				continue
			}
		}
		if err := w.walk(child, next, via); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) abs(dirs []string) string {
	return filepath.Join(w.root, filepath.FromSlash(w.from), filepath.Join(dirs...))
}

func starOf(pattern string) string {
	if pattern == "**" {
		return "*"
	}
	return pattern
}

// enter follows the symbolic link child of folder parent. It is not ok when the
// link is broken, leads to no folder, or to one that is above it or was entered
// before: with "**" that would never end.
func enter(parent, child string, links []string) (via []string, ok bool) {
	here, err := filepath.EvalSymlinks(parent)
	if err != nil {
		return nil, false
	}
	target, err := filepath.EvalSymlinks(child)
	if err != nil {
		return nil, false
	}
	via = append(slices.Clip(links), here)
	for _, real := range via {
		if real == target || strings.HasPrefix(real, strings.TrimSuffix(target, string(filepath.Separator))+string(filepath.Separator)) {
			return nil, false
		}
	}
	return append(via, target), true
}

func (w *walker) isDir(dirs []string) bool {
	info, err := w.repo.Stat(w.abs(dirs))
	return err == nil && info.IsDir()
}

// readFault says that a file or folder of the project cannot be read.
func readFault(err error, rel string) error {
	return fault.Wrap(fault.Cause(err), fault.Pos{File: rel}, "cannot be read").
		WithNext("Check that it exists and that you may read it, then run the command again.")
}
