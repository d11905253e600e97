package txn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// parallel is how many files are written and synced, or folders synced, at a
// time: most of a transaction's time is waiting for the disk, and file systems
// sync what waits together for the price of one, while further files are made.
const parallel = 32

// stage writes beside every file what it will be and what it was, and beside
// the journal its next state, and syncs them.
func (t *tx) stage(ctx context.Context) error {
	for _, d := range t.journal.Dirs {
		name := filepath.Join(t.realRoot, filepath.FromSlash(d))
		if err := t.fs.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return stepFault(name, "the folder could not be made", err)
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	g.Go(func() error {
		if err := t.stageJournal(stateCommit); err != nil {
			return t.journalFault(err)
		}
		return nil
	})
	for _, f := range t.files {
		g.Go(func() error {
			if gctx.Err() != nil {
				return cancelled(context.Cause(gctx))
			}
			if err := t.stageFile(f); err != nil {
				return stepFault(f.edit.Path, "the new content could not be written beside the file", err)
			}
			return nil
		})
	}
	return g.Wait()
}

func (t *tx) stageFile(f file) error {
	if f.edit.New != nil {
		if err := t.write(t.staged(f.entry), f.edit.New, f); err != nil {
			return err
		}
	}
	if f.edit.Old == nil {
		return nil
	}
	// A link keeps all there is to keep: inode, times, attributes. Where the
	// file system has no links, a copy must do.
	if err := t.fs.Link(t.real(f.entry), t.backup(f.entry)); err == nil {
		return nil
	}
	return t.write(t.backup(f.entry), f.edit.Old, f)
}

// write makes a synced file with the permissions of f.
func (t *tx) write(name string, b []byte, f file) (err error) {
	perm := f.edit.Mode.Perm()
	switch {
	case f.info != nil:
		perm = f.info.Mode().Perm()
	case perm == 0:
		perm = 0o644
	}
	w, err := t.fs.Create(name, perm)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, w.Close()) }()
	if n, err := w.Write(b); err != nil {
		return err
	} else if n < len(b) {
		return fmt.Errorf("only %d of %d bytes were written", n, len(b))
	}
	if f.info != nil {
		// Only root may give files away; a group may be refused too. The owner
		// comes first: changing it can clear mode bits.
		if uid, gid, ok := owner(f.info); ok {
			if w.Chown(uid, gid) != nil {
				_ = w.Chown(-1, gid)
			}
		}
		if err := w.Chmod(perm); err != nil { // Create applied the umask
			return err
		}
	}
	return w.Sync()
}

// finish gives the files their new content, but for those that have it, durably.
func (t *tx) finish(has func(i int) bool) error {
	for i, e := range t.journal.Files {
		if has(i) {
			continue
		}
		if err := t.forward(e); err != nil {
			return stepFault(t.shown(e), "the file could not be replaced", err)
		}
	}
	return t.syncDirs()
}

// forward makes the last step for one file.
func (t *tx) forward(e entry) error {
	if e.New == nil {
		return t.remove(t.real(e))
	}
	return t.fs.Rename(t.staged(e), t.real(e))
}

// syncDirs makes the renames durable.
func (t *tx) syncDirs() error {
	seen := map[string]bool{}
	var dirs []string
	add := func(name string) {
		if dir := filepath.Dir(name); !seen[dir] {
			seen[dir] = true
			dirs = append(dirs, dir)
		}
	}
	for _, d := range t.journal.Dirs {
		add(filepath.Join(t.realRoot, filepath.FromSlash(d)))
	}
	for _, e := range t.journal.Files {
		add(t.real(e))
	}
	dir, err := t.syncAll(dirs)
	if err != nil {
		return stepFault(dir, "the folder could not be synced to disk", err)
	}
	return nil
}

// syncAll syncs folders. On error it names the first that failed.
func (t *tx) syncAll(dirs []string) (string, error) {
	failed := make([]error, len(dirs))
	var g errgroup.Group
	g.SetLimit(parallel)
	for i, dir := range dirs {
		g.Go(func() error {
			failed[i] = t.fs.SyncDir(dir)
			// A folder that is gone has nothing to keep (Recover, when the
			// user removed it, or undo before it was made).
			if errors.Is(failed[i], fs.ErrNotExist) {
				failed[i] = nil
			}
			return failed[i]
		})
	}
	_ = g.Wait() // the loop below finds the same error, in a fixed order
	for i, err := range failed {
		if err != nil {
			return dirs[i], err
		}
	}
	return "", nil
}

// tidy removes what was staged, then the journal. It may be called again.
func (t *tx) tidy() error {
	var g errgroup.Group
	g.SetLimit(parallel)
	for _, e := range t.journal.Files {
		g.Go(func() error { return t.tidyFile(e) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if t.undone {
		for i := len(t.journal.Dirs) - 1; i >= 0; i-- {
			name := filepath.Join(t.realRoot, filepath.FromSlash(t.journal.Dirs[i]))
			if err := t.rmdir(name); err != nil {
				return err
			}
		}
	}
	return t.remove(t.journalFile())
}

// tidyFile removes what was staged for one file.
func (t *tx) tidyFile(e entry) error {
	if e.New != nil && !t.forwarded {
		if err := t.remove(t.staged(e)); err != nil {
			return err
		}
	}
	if e.Old == nil {
		return nil
	}
	return t.remove(t.backup(e))
}
