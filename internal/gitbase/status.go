package gitbase

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/index"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
)

// Changed are the tracked files of the work tree that differ from the commit or
// are staged, sorted, relative to the repository's top. Untracked files do not
// count. It is what git status compares: the commit's tree with the index, and
// the index with the work tree.
func (h *Head) Changed() ([]string, error) {
	names, err := h.changed()
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: h.root}, "the state of the work tree cannot be read").
			WithNext("Run git status to see why, or name the commit that is deployed instead")
	}
	return names, nil
}

func (h *Head) changed() ([]string, error) {
	idx, written, err := readIndex(h.repo.gitDir)
	if err != nil {
		return nil, err
	}
	committed := map[string]treeEntry{}
	if err := h.repo.leaves(h.c.tree, "", func(name string, e treeEntry) { committed[name] = e }); err != nil {
		return nil, err
	}
	w, err := h.workTree(written)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range idx.Entries {
		old, ok := committed[e.Name]
		delete(committed, e.Name)
		differs := !ok || e.Stage != 0 || e.IntentToAdd || old.hash != e.Hash || old.mode != e.Mode && !(old.mode == filemode.Deprecated && e.Mode == filemode.Regular)
		if !differs && !e.SkipWorktree {
			if differs, err = w.differs(e); err != nil {
				return nil, err
			}
		}
		if differs {
			names = append(names, e.Name)
		}
	}
	for name := range committed {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// readIndex reads git's index, empty if nothing was ever added, and when it was
// written.
func readIndex(gitDir string) (*index.Index, time.Time, error) {
	idx := &index.Index{}
	name := filepath.Join(gitDir, "index")
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return idx, time.Time{}, nil
	}
	var src []byte
	if err == nil {
		src, err = repofile.Read(name, maxFile)
	}
	if err != nil {
		return nil, time.Time{}, fault.Wrap(err, fault.Pos{File: name}, "git's index cannot be read").
			WithNext("Run git status: if git cannot read it either, restore it with git reset")
	}
	err = index.NewDecoder(bytes.NewReader(src)).Decode(idx)
	if err != nil {
		return nil, time.Time{}, fault.Wrap(err, fault.Pos{File: name}, "git's index is not understood").
			WithNext("Run git status: if git cannot read it either, restore it with git reset")
	}
	return idx, info.ModTime(), nil
}

// workTree is the files on disk, and what git's configuration says of them.
type workTree struct {
	top string
	// written is when the index was: of a file that was changed at that time
	// or later, its size and date say nothing ("racy git").
	written time.Time
	// modes and links say whether the disk has executable files and symbolic
	// links, lines whether git turns line ends of text files.
	modes, links, lines bool
}

func (h *Head) workTree(written time.Time) (*workTree, error) {
	w := &workTree{top: h.repo.top, written: written}
	windows := runtime.GOOS == "windows"
	w.modes, w.links, w.lines = !windows, !windows, windows
	cfg, err := h.repo.store.Config()
	if err != nil {
		return nil, err
	}
	core := cfg.Raw.Section("core")
	w.modes = w.modes && !strings.EqualFold(core.Option("filemode"), "false")
	w.links = w.links && !strings.EqualFold(core.Option("symlinks"), "false")
	turned := strings.ToLower(core.Option("autocrlf"))
	w.lines = w.lines || turned == "true" || turned == "input"
	if src, err := repofile.ReadIn(w.top, filepath.Join(w.top, ".gitattributes"), maxText); err == nil {
		w.lines = w.lines || bytes.Contains(src, []byte("text")) || bytes.Contains(src, []byte("eol="))
	}
	return w, nil
}

// differs reports whether a file is another than the index says.
func (w *workTree) differs(e *index.Entry) (bool, error) {
	name := filepath.Join(w.top, filepath.FromSlash(e.Name))
	info, err := os.Lstat(name)
	if e.Mode == filemode.Submodule {
		return w.submodule(name, info, err, e.Hash)
	}
	if err != nil {
		// Also a file where the path has a folder: the entry is gone.
		return true, nil
	}
	mode := info.Mode()
	linked := e.Mode == filemode.Symlink
	switch {
	case linked && w.links != (mode&fs.ModeSymlink != 0):
		return true, nil
	case !(linked && w.links) && !mode.IsRegular():
		return true, nil
	case !linked && w.modes && (mode&0o100 != 0) != (e.Mode == filemode.Executable):
		return true, nil
	case e.Size != 0 && uint32(info.Size()) != e.Size:
		return true, nil // git looks no further either, whatever it does to line ends
	case uint32(info.Size()) == e.Size && sameTime(info.ModTime(), e.ModifiedAt) && info.ModTime().Before(w.written):
		return false, nil
	}
	var src []byte
	if mode&fs.ModeSymlink != 0 {
		var target string
		target, err = os.Readlink(name)
		src = []byte(filepath.ToSlash(target))
	} else {
		src, err = os.ReadFile(name)
	}
	if err != nil {
		return false, err
	}
	if plumbing.ComputeHash(plumbing.BlobObject, src) == e.Hash {
		return false, nil
	}
	if w.lines && !linked && bytes.Contains(src, []byte("\r\n")) {
		return plumbing.ComputeHash(plumbing.BlobObject, bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))) != e.Hash, nil
	}
	return true, nil
}

// sameTime compares a date with the index's, which some write without the part
// of a second.
func sameTime(file, kept time.Time) bool {
	return file.Equal(kept) || kept.Nanosecond() == 0 && file.Unix() == kept.Unix()
}

// submodule: one that is not checked out counts as unchanged, as for git.
func (w *workTree) submodule(name string, info fs.FileInfo, err error, want plumbing.Hash) (bool, error) {
	if err != nil || !info.IsDir() {
		return true, nil
	}
	if _, err := os.Lstat(filepath.Join(name, ".git")); err != nil {
		return false, nil
	}
	head, err := At(name, "HEAD")
	if err != nil {
		return false, err
	}
	if head.Hash != want.String() {
		return true, nil
	}
	changed, err := head.changed()
	return len(changed) > 0, err
}
