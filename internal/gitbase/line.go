package gitbase

import (
	"errors"
	"path"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// A Line is the first-parent line of a commit: what was on the branch, one after
// the other, without what was merged into it (git log --first-parent).
type Line struct {
	// Commits is how many commits were looked at.
	Commits int
	// Cut says that the clone does not have what came before the last of them: it is
	// shallow, or its history was grafted.
	Cut bool
	// Err is why the rest of the line could not be read, nil if all of it was.
	Err error
}

// Walk calls use for each commit of the line of rev, the newest first, as long as it
// answers true. The error is that rev is no commit.
func (r *Repo) Walk(rev string, use func(c *Commit) bool) (Line, error) {
	var l Line
	c, err := r.Commit(rev)
	if err != nil {
		return l, err
	}
	for {
		l.Commits++
		if !use(c) || len(c.c.parents) == 0 && !r.shallow[c.c.hash] {
			return l, nil
		}
		if r.shallow[c.c.hash] {
			l.Cut = true
			return l, nil
		}
		next, err := r.commitOf(c.c.parents[0])
		if err != nil {
			l.Cut, l.Err = errors.Is(err, plumbing.ErrObjectNotFound), r.missing(err, c.c.parents[0].String())
			return l, nil
		}
		c = r.shown(next)
	}
}

// When is when the commit was made, by the clock of who made it.
func (c *Commit) When() time.Time { return time.Unix(c.c.when, 0).UTC() }

// Contents names what files are in commits: two that have the same name have the same
// bytes. It remembers the folders that it has read, as most of them are the same from
// commit to commit.
type Contents struct {
	folders map[plumbing.Hash]map[string]treeEntry
}

// mostFolders is how many folders Contents remembers.
const mostFolders = 256

// Of is the name of the content of a file of c by its path from the top of the
// repository; "" where it has no such file.
func (k *Contents) Of(c *Commit, name string) (string, error) {
	at, ok, err := entryAt(c.c.tree, name, func(h plumbing.Hash) (map[string]treeEntry, error) { return k.folder(c.repo, h) })
	if err != nil || !ok || at.mode != filemode.Regular && at.mode != filemode.Executable && at.mode != filemode.Deprecated {
		return "", err
	}
	return at.hash.String(), nil
}

func (k *Contents) folder(r *Repo, h plumbing.Hash) (map[string]treeEntry, error) {
	if list, ok := k.folders[h]; ok {
		return list, nil
	}
	list, err := r.byName(h)
	if err != nil {
		return nil, err
	}
	if k.folders == nil || len(k.folders) == mostFolders {
		k.folders = map[plumbing.Hash]map[string]treeEntry{}
	}
	k.folders[h] = list
	return list, nil
}

// Gone are the paths of files called name that parent has and child has not at the
// same place: what child took away, or moved. Folders that both have alike are not
// entered, nor those of installed packages.
func (child *Commit) Gone(parent *Commit, name string) ([]string, error) {
	list, err := parent.Since(child, func(dir string) bool { return path.Base(dir) == "node_modules" })
	if err != nil {
		return nil, err
	}
	var out []string
	var k Contents
	for _, d := range list {
		if d.Submodule || path.Base(d.Path) != name {
			continue
		}
		is, err := k.Of(child, d.Path)
		if err != nil {
			return nil, err
		}
		if is == "" {
			out = append(out, d.Path)
		}
	}
	return out, nil
}
