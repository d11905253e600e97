package txn

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/portalctl/portalctl/internal/fault"
)

// file is an edit whose place is resolved and which was found to be possible.
type file struct {
	entry
	edit Edit
	info fs.FileInfo // of the real file; nil if it is to be created
}

// plan resolves and checks every edit without writing. Dirs are the missing
// parent directories of new files, parents first.
func (t *tx) plan(ctx context.Context, edits []Edit) (files []file, dirs []string, err error) {
	byReal := map[string]int{}
	seenDir := map[string]bool{}
	for _, e := range edits {
		if err := ctx.Err(); err != nil {
			return nil, nil, cancelled(err)
		}
		f, missing, err := t.resolve(e)
		if err != nil {
			return nil, nil, err
		}
		if i, twice := byReal[f.Real]; twice {
			// Two names of one file: fine if both want the same.
			if same := files[i].edit; (same.New == nil) != (e.New == nil) || !bytes.Equal(same.New, e.New) {
				return nil, nil, fault.At(fault.Pos{File: e.Path}, "this is the same file as %s, and the two are to be changed differently", same.Path).
					WithNext("Replace the symlink by a file of its own, or leave one of the two out.")
			}
			continue
		}
		byReal[f.Real] = len(files)
		files = append(files, f)
		for _, d := range missing {
			if !seenDir[d] {
				seenDir[d] = true
				dirs = append(dirs, d)
			}
		}
	}
	return files, dirs, nil
}

func (t *tx) resolve(e Edit) (f file, missing []string, err error) {
	at := fault.Pos{File: e.Path}
	rel, err := filepath.Rel(t.root, e.Path)
	if err == nil && !filepath.IsAbs(e.Path) {
		err = errors.New("the path is not absolute")
	}
	if err == nil {
		err = allowed(rel)
	}
	if err != nil {
		return f, nil, fault.Wrap(err, at, "portalctl does not write here")
	}
	f = file{edit: e, entry: entry{Path: filepath.ToSlash(rel)}}
	if e.Old != nil {
		f.Old = sumOf(e.Old)
	}
	if e.New != nil {
		f.New = sumOf(e.New)
	}
	info, err := t.fs.Lstat(e.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && e.Old == nil:
		return t.resolveNew(f)
	case errors.Is(err, fs.ErrNotExist):
		return f, nil, changedFault(e.Path, "the file is gone")
	case err != nil:
		return f, nil, stepFault(e.Path, "the file could not be looked at", err)
	}
	real, err := t.fs.EvalSymlinks(e.Path)
	if err != nil {
		return f, nil, stepFault(e.Path, "the symlink could not be followed", err)
	}
	if f.Real, err = t.inside(e.Path, real); err != nil {
		return f, nil, err
	}
	if e.Old == nil {
		return f, nil, changedFault(e.Path, "there is such a file by now")
	}
	if e.New == nil && info.Mode()&fs.ModeSymlink != 0 {
		return f, nil, fault.At(at, "this is a symlink, which portalctl does not remove").
			WithNext("Remove the symlink by hand, then run the command again.")
	}
	if f.info, err = t.fs.Lstat(real); err != nil {
		return f, nil, stepFault(e.Path, "the file could not be looked at", err)
	}
	if !f.info.Mode().IsRegular() {
		return f, nil, fault.At(at, "this is not a regular file").WithNext("Put a regular file in its place, then run the command again.")
	}
	if err := t.unchanged(f); err != nil {
		return f, nil, err
	}
	return f, nil, t.mayWrite(e.Path, real, f.info)
}

// resolveNew finds where a file that does not exist yet will be.
func (t *tx) resolveNew(f file) (_ file, missing []string, err error) {
	dir, rest := filepath.Dir(f.edit.Path), filepath.Base(f.edit.Path)
	var made []string
	for {
		_, err := t.fs.Lstat(dir)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || len(dir) <= len(t.root) {
			return f, nil, stepFault(f.edit.Path, "the file's folder could not be looked at", err)
		}
		made = append(made, filepath.Base(dir))
		dir = filepath.Dir(dir)
	}
	real, err := t.fs.EvalSymlinks(dir)
	if err != nil {
		return f, nil, stepFault(f.edit.Path, "the file's folder could not be opened", err)
	}
	if err := t.fs.Writable(real); err != nil {
		return f, nil, readOnlyFault(f.edit.Path, "its folder cannot be written", err)
	}
	for i := len(made) - 1; i >= 0; i-- {
		real = filepath.Join(real, made[i])
		d, err := t.inside(f.edit.Path, real)
		if err != nil {
			return f, nil, err
		}
		missing = append(missing, d)
	}
	f.Real, err = t.inside(f.edit.Path, filepath.Join(real, rest))
	return f, missing, err
}

// inside is real relative to the root. A symlink that leads out of the project
// is refused: whoever upgrades one project does not expect another to change.
func (t *tx) inside(path, real string) (string, error) {
	rel, err := filepath.Rel(t.realRoot, real)
	if err == nil {
		err = allowed(rel)
	}
	if err != nil {
		return "", fault.At(fault.Pos{File: path}, "this leads to %s, where portalctl does not write for the project %s", real, t.root).
			WithNext("Put a file of its own in place of the symlink, or run portalctl in the project that the file belongs to.")
	}
	return filepath.ToSlash(rel), nil
}

// mayWrite refuses what the owner of the file has protected. The rename would
// succeed on a read-only file: it asks for the folder's permission only.
func (t *tx) mayWrite(path, real string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o222 == 0 {
		return readOnlyFault(path, "the file is read-only", nil)
	}
	if err := t.fs.Writable(real); err != nil {
		return readOnlyFault(path, "the file cannot be written", err)
	}
	if err := t.fs.Writable(filepath.Dir(real)); err != nil {
		return readOnlyFault(path, "its folder cannot be written", err)
	}
	return nil
}

// unchanged: the file is what the edit was computed from.
func (t *tx) unchanged(f file) error {
	real := t.real(f.entry)
	if f.edit.Old == nil {
		_, err := t.fs.Lstat(real)
		switch {
		case err == nil:
			return changedFault(f.edit.Path, "there is such a file by now")
		case !errors.Is(err, fs.ErrNotExist):
			return stepFault(f.edit.Path, "the file could not be looked at", err)
		}
		return nil
	}
	b, err := t.fs.ReadFile(real)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return changedFault(f.edit.Path, "the file is gone")
	case err != nil:
		return stepFault(f.edit.Path, "the file could not be read", err)
	case !bytes.Equal(b, f.edit.Old):
		return changedFault(f.edit.Path, "")
	}
	return nil
}

// verify is the second look, right before the commit point.
func (t *tx) verify(ctx context.Context) error {
	for _, f := range t.files {
		if err := ctx.Err(); err != nil {
			return cancelled(err)
		}
		if err := t.unchanged(f); err != nil {
			return err
		}
	}
	return nil
}
