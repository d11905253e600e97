package txn

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"
)

const (
	// parallel is how many files are written at a time.
	parallel = 8
	// syncing is how many files or folders are synced at a time. Each sync only
	// waits, and the disk's cache is flushed once for all that wait together.
	syncing = 32
	// batch is how many files are open at a time: a project may have more than
	// a process may have open.
	batch = 128
)

// stage writes beside every file what it will be and what it was, and the
// journal that makes it so, and syncs all of them together.
func (t *tx) stage(ctx context.Context) error {
	for _, d := range t.journal.Dirs {
		name := filepath.Join(t.realRoot, filepath.FromSlash(d))
		if err := t.fs.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return stepFault(name, "the folder could not be made", err)
		}
	}
	first := true
	for files := range slices.Chunk(t.files, batch) {
		if err := t.stageBatch(ctx, files, first); err != nil {
			return err
		}
		first = false
	}
	return nil
}

// stageBatch starts writing each file out when it has its content, and waits
// for the disk when all have.
func (t *tx) stageBatch(ctx context.Context, files []file, withJournal bool) error {
	open := make([][]File, len(files), len(files)+1)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, f := range files {
		g.Go(func() error {
			if gctx.Err() != nil {
				return cancelled(context.Cause(gctx))
			}
			if err := t.stageFile(f, &open[i]); err != nil {
				return stageFault(f, err)
			}
			return nil
		})
	}
	err := g.Wait()
	if err == nil && withJournal {
		var w File
		if w, err = t.stageJournal(stateCommit); err != nil {
			err = t.journalFault(err)
		} else {
			open = append(open, []File{w})
		}
	}
	if err != nil {
		for _, ws := range open {
			for _, w := range ws {
				_ = w.Close()
			}
		}
		return err
	}
	var sync errgroup.Group
	sync.SetLimit(syncing)
	for i, ws := range open {
		sync.Go(func() error {
			var err error
			for _, w := range ws {
				err = first(err, w.Sync(), w.Close())
			}
			switch {
			case err == nil:
				return nil
			case i == len(files):
				return t.journalFault(err)
			}
			return stageFault(files[i], err)
		})
	}
	return sync.Wait()
}

func stageFault(f file, err error) error {
	return stepFault(f.edit.Path, "the new content could not be written beside the file", err)
}

// stageFile adds to open what is written but not synced.
func (t *tx) stageFile(f file, open *[]File) error {
	if f.edit.New != nil {
		if err := t.write(t.staged(f.entry), f.edit.New, f, open); err != nil {
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
	return t.write(t.backup(f.entry), f.edit.Old, f, open)
}

// write makes a file with the permissions of f. It is to be synced and closed.
func (t *tx) write(name string, b []byte, f file, open *[]File) error {
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
	*open = append(*open, w)
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
	w.StartSync()
	return nil
}

// forward makes the last step for one file.
func (t *tx) forward(e entry) error {
	if e.New == nil {
		return t.remove(t.real(e))
	}
	return t.fs.Rename(t.staged(e), t.real(e))
}

// syncDirs makes the renames durable. On error it names the directory.
func (t *tx) syncDirs() (string, error) {
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
	return t.syncAll(dirs)
}

// syncAll syncs folders. On error it names the first that failed.
func (t *tx) syncAll(dirs []string) (string, error) {
	failed := make([]error, len(dirs))
	var g errgroup.Group
	g.SetLimit(syncing)
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
	for _, e := range t.journal.Files {
		if e.New != nil && !t.forwarded {
			if err := t.remove(t.staged(e)); err != nil {
				return err
			}
		}
		if e.Old != nil {
			if err := t.remove(t.backup(e)); err != nil {
				return err
			}
		}
	}
	if t.undone {
		for i := len(t.journal.Dirs) - 1; i >= 0; i-- {
			name := filepath.Join(t.realRoot, filepath.FromSlash(t.journal.Dirs[i]))
			if err := t.remove(name); err != nil && !errors.Is(err, fs.ErrExist) {
				return err // ErrExist: somebody has put something in there
			}
		}
	}
	return t.remove(t.journalFile())
}
