package txn

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/portalctl/portalctl/internal/fault"
)

// open locks the project. With mk the journal's folder is made; without, t is
// nil when there is none.
func open(fsys FS, root string, mk bool) (*tx, error) {
	if !filepath.IsAbs(root) {
		return nil, fault.New("the project's root %q is not an absolute path", root)
	}
	real, err := fsys.EvalSymlinks(root)
	if err != nil {
		return nil, stepFault(root, "the project's root could not be opened", err)
	}
	t := &tx{fs: fsys, root: filepath.Clean(root), realRoot: real, dir: filepath.Join(real, Dir)}
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

func (t *tx) tryLock(mk bool) (again bool, err error) {
	t.made = false
	if mk {
		err := t.fs.Mkdir(t.dir, 0o755)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return false, stepFault(t.root, "the folder for the journal of changes could not be made", err)
		}
		t.made = err == nil
	}
	info, err := t.fs.Lstat(t.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return mk, nil
	case err != nil:
		err = stepFault(t.dir, "the journal of changes could not be looked at", err)
	case !info.IsDir():
		return false, fault.At(fault.Pos{File: t.dir}, "this is not a folder, though portalctl keeps its journal there").
			WithNext("Move it away, then run the command again.")
	case !t.made && t.foreignOwner(info):
		return false, fault.At(fault.Pos{File: t.dir}, "this journal of changes belongs to another user").
			WithNext("Wait if that user's portalctl is at work, else run portalctl as that user: it finishes or undoes what was interrupted.")
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
		err = stepFault(t.root, "the project could not be locked", err)
	}
	if t.made {
		// Ours, and of no use. A lock that cannot be taken protects nobody.
		_ = t.remove(t.lockFile())
		_ = t.remove(t.dir)
	}
	return false, err
}

// foreignOwner: the folder is neither this user's nor of the root's owner. In a
// place where everybody may write, such as a folder for temporary files, others
// could leave a journal for us to act on.
func (t *tx) foreignOwner(dir fs.FileInfo) bool {
	uid, _, ok := owner(dir)
	if !ok || uid == os.Geteuid() {
		return false
	}
	root, err := t.fs.Lstat(t.realRoot)
	if err != nil {
		return true
	}
	rootUID, _, ok := owner(root)
	return !ok || uid != rootUID
}

// makeIgnore keeps the folder out of git, even if a crash leaves it.
func (t *tx) makeIgnore() error {
	f, err := t.fs.Create(filepath.Join(t.dir, ".gitignore"), 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.Write([]byte("*\n"))
	return first(err, f.Close())
}

// close removes the journal's folder and lets go of the lock. The journal must
// be gone. On error the lock is still held.
func (t *tx) close() error {
	for _, name := range []string{t.nextJournal(), filepath.Join(t.dir, ".gitignore")} {
		if err := t.remove(name); err != nil {
			return err
		}
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
	_ = t.fs.SyncDir(t.realRoot)
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
