package txn

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/portalctl/portalctl/internal/fault"
)

// open locks the project. With mk the journal's folder is made; without, t is
// nil when there is none.
func open(ctx context.Context, root string, mk bool) (*tx, error) {
	fsys := fsFrom(ctx)
	t, err := at(fsys, stateFrom(ctx), root)
	if err != nil {
		return nil, err
	}
	if t.state == "" {
		if mk {
			return nil, noStateFault("this user has no home folder for the journal of changes", nil)
		}
		return nil, nil
	}
	if !mk {
		if _, err := fsys.Lstat(t.dir); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil, nil
			}
			return nil, noStateFault("the journal of changes could not be looked at", err)
		}
	}
	if err := t.outside(); err != nil {
		return nil, err
	}
	// Each turn fails only because another process removed the folder or the
	// lock after its own transaction, so a few turns are plenty.
	for range 50 {
		again, err := t.tryLock(mk)
		switch {
		case err != nil:
			return nil, err
		case t.lock != nil:
			return t, nil
		case !again:
			return nil, nil
		}
	}
	return nil, busyFault(t.root, 0)
}

// at is the transaction of a root, not locked.
func at(fsys FS, state, root string) (*tx, error) {
	if !filepath.IsAbs(root) {
		return nil, fault.New("the project's root %q is not an absolute path", root)
	}
	real, err := fsys.EvalSymlinks(root)
	if err != nil {
		return nil, stepFault(root, "the project's root could not be opened", err)
	}
	return &tx{fs: fsys, root: filepath.Clean(root), realRoot: real, state: state, dir: filepath.Join(state, key(real))}, nil
}

func (t *tx) tryLock(mk bool) (again bool, err error) {
	t.made = false
	if mk {
		if err := t.makeState(); err != nil {
			return false, noStateFault("the folder for the journal of changes could not be made", err)
		}
		err := t.fs.Mkdir(t.dir, 0o700)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return false, noStateFault("the folder for the journal of changes could not be made", err)
		}
		t.made = err == nil
	}
	err = t.own(t.state)
	if err == nil {
		err = t.own(t.dir)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return mk, nil
	case err != nil:
		err = noStateFault("the journal of changes is open to other users", err)
	default:
		t.lock, err = t.fs.Lock(t.lockFile())
		switch {
		case err == nil:
			return false, nil
		case errors.Is(err, ErrBusy):
			return false, busyFault(t.root, holder(t.fs, t.lockFile()))
		case errors.Is(err, fs.ErrNotExist):
			return true, nil
		}
		err = stepFault(t.dir, "the project could not be locked", err)
	}
	if t.made {
		// Ours, and of no use. A lock that cannot be taken protects nobody.
		_ = t.remove(t.lockFile())
		_ = t.remove(t.dir)
	}
	return false, err
}

// close removes the journal's folder and lets go of the lock. The journal must
// be gone. On error the lock is still held.
func (t *tx) close() error {
	if err := t.remove(t.nextJournal()); err != nil {
		return err
	}
	if !removeWhileLocked {
		t.unlock()
		// Either may fail because another process has taken the lock: then the
		// folder is in use again.
		_ = t.fs.Remove(t.lockFile())
		_ = t.fs.Remove(t.dir)
		return nil
	}
	if err := t.remove(t.lockFile()); err != nil {
		return err
	}
	if err := t.remove(t.dir); err != nil {
		// Another process may have made a lock of its own by now.
		if _, there := t.fs.Lstat(t.lockFile()); there != nil {
			return err
		}
	}
	// Durability of the removal. Where it fails, a power failure may bring the
	// journal back: the next Recover finds every file as it should be and only
	// tidies up once more.
	_ = t.fs.SyncDir(t.state)
	t.unlock()
	return nil
}

func (t *tx) unlock() {
	if t.lock != nil {
		_ = t.lock.Close()
		t.lock = nil
	}
}

// remove removes a file or an empty directory that may be gone already.
func (t *tx) remove(name string) error {
	if err := t.fs.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// rmdir removes an empty directory and nothing else: never a file.
func (t *tx) rmdir(name string) error {
	err := t.fs.Rmdir(name)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) || isNotDir(err) {
		return nil // ErrExist: somebody has put something in there
	}
	return err
}
