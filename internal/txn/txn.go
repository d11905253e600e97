// Package txn is the only way in which portalctl writes to a project: a change
// of many files that happens completely or not at all, also when the process is
// killed or the disk is full half-way.
//
// # How it works
//
// N renames cannot be one atomic step, so a transaction keeps a journal. It lies
// in the user's state folder (see [StateHome]), below a name made of the
// project's place, in a folder that is this user's alone: what a commit or
// another user puts into the project is never taken for a journal. The folder
// exists only while a transaction runs or after one was interrupted; it holds
// the lock and the journal. Two users, or two state folders, do not see each
// other's lock: there the second look before the commit point is what keeps two
// changes apart.
//
//  1. Lock: a second portalctl is refused, not queued.
//  2. Check: every file still is what the plan was computed from, and may be
//     written.
//  3. Journal, state "prepare": what was, what will be.
//  4. Stage: beside each file its next content (.NAME.portalctl-ID.new), and a
//     second name of its present content (….old): a hard link, or a copy where
//     the file system has none. Putting back therefore needs no disk space.
//     Beside the journal its next state. All of it is written and synced side
//     by side.
//  5. Check again; journal, state "commit", by a rename. This is the point of no
//     return: before it a cancelled context undoes everything, after it the
//     change is finished.
//  6. Rename, sync the directories, remove the backups, then the journal.
//
// An error in 3 to 6 puts everything back. After a crash, [Recover] finishes or
// undoes the change, by what it finds: hashes decide, not the order of events.
//
// # What each sync is for
//
// A process that dies takes nothing with it that the system has been told. The
// syncs are for a power failure, after which a file system may have kept later
// operations and lost earlier ones. In order, each waiting for those before it:
//
//   - the journal "prepare", then its folder and the one above: no staged file
//     is ever on disk that Recover would not know to remove;
//   - the staged files (side by side): the journal "commit" must not be on disk
//     before the contents that it promises, nor a file's name before its content;
//   - the journal's next state (among them), then its folder: no file may be
//     replaced on disk before the journal that says so. The names of staged
//     files need no sync of their own: on file systems with a journal a new
//     file's sync makes its name durable too, and a backup's name reaches the
//     disk no later than the rename in the same directory;
//   - the directories of the replaced files (side by side): the backups and the
//     journal must not be gone on disk before the new files are there;
//   - the folder of all journals, at the very end: the caller may say that it is
//     done, and a journal that nobody needs does not come back and meet later
//     edits.
//
// N files in D directories take N+D+6 syncs, which wait six times. No sync is
// for the whole file system (syncfs): it would wait for what others write.
//
// # What is kept
//
// Symlinks stay symlinks (their target is written, if it is inside the root).
// Mode and, where the system permits it, owner and group are kept. A file that
// has further hard links is replaced under this name only: the other names keep
// the old content. Extended attributes are not copied.
package txn

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
)

// Dir is where earlier versions kept the journal, below the root. A commit could
// forge it there, so that it is no longer looked at, and never written.
const Dir = ".portalctl-txn"

// Edit is a change of one file.
type Edit struct {
	// Path is absolute and below the root. If it is a symlink, the file that it
	// leads to is written, which must be below the root too.
	Path string
	// Old is the content that the change was computed from. Nil means that
	// there must be no such file (an empty file is []byte{}).
	Old []byte
	// New is the content to write. Nil removes the file.
	New []byte
	// Mode is the permission of a file that is created, before the umask; 0
	// means 0644. A file that exists keeps its own.
	Mode fs.FileMode
}

// The kinds of failure that a caller may want to tell apart with errors.Is.
// Every error of this package is a *fault.Error as well.
var (
	// ErrBusy: another portalctl is changing the project. Nothing was written.
	ErrBusy = errors.New("another portalctl is at work")
	// ErrChanged: a file is no longer what the caller read. Nothing was written.
	ErrChanged = errors.New("the file was changed since it was read")
	// ErrPending: an earlier transaction was interrupted; Recover comes first.
	ErrPending = errors.New("an earlier change was interrupted")
	// ErrLeftover: the change is complete, but the journal's folder or a staged
	// file could not be removed. The next Recover tries again.
	ErrLeftover = errors.New("temporary files are left")
)

// Commit makes all edits or none. Edits that change nothing are dropped; if
// none is left, nothing is touched.
//
// On error every file is as it was, except for ErrLeftover (the change is
// complete) and for an error whose text says that putting back failed; then the
// journal stays and Recover has the rest to do. If ctx ends before the commit
// point the error wraps ctx.Err; after it ctx is not looked at.
func Commit(ctx context.Context, root string, edits []Edit) error {
	if err := ctx.Err(); err != nil {
		return cancelled(err)
	}
	edits = effective(edits)
	if len(edits) == 0 {
		return nil
	}
	t, err := open(ctx, root, true)
	if err != nil {
		return err
	}
	defer t.unlock()
	switch _, err := t.fs.Lstat(t.journalFile()); {
	case err == nil:
		return PendingFault(t.root)
	case !errors.Is(err, fs.ErrNotExist):
		if t.made {
			_ = t.close()
		}
		return stepFault(t.journalFile(), "the journal of changes could not be looked at", err)
	}
	if err := t.begin(ctx, edits); err != nil {
		// Nothing but the folder was made. If it cannot be removed now, the
		// next Recover does it; the error that stopped us matters more.
		_ = t.close()
		return err
	}
	if err := t.run(ctx); err != nil {
		return t.rollback(err)
	}
	return t.leave()
}

// Possible is the error with which Commit would refuse files as they are now, whatever
// their new content. Nothing is locked or written: a command asks before it works for
// minutes on what it could not write.
func Possible(ctx context.Context, root string, edits []Edit) error {
	t, err := at(fsFrom(ctx), stateFrom(ctx), root)
	if err != nil {
		return err
	}
	_, _, err = t.plan(ctx, edits)
	return err
}

// begin refuses what cannot be done while nothing has been written, and fills
// in the journal.
func (t *tx) begin(ctx context.Context, edits []Edit) error {
	files, dirs, err := t.plan(ctx, edits)
	if err != nil {
		return err
	}
	t.files = files
	t.journal, err = t.newJournal(files, dirs)
	return err
}

// run takes the change from the journal to the last rename.
func (t *tx) run(ctx context.Context) error {
	if err := t.writeJournal(statePrepare); err != nil {
		return t.journalFault(err)
	}
	if err := t.stage(ctx); err != nil {
		return err
	}
	if err := t.verify(ctx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return cancelled(err)
	}
	if err := t.placeJournal(stateCommit); err != nil {
		return t.journalFault(err)
	}
	t.applying = true
	err := t.finish(func(int) bool { return false })
	t.forwarded = err == nil
	return err
}

// leave removes what the transaction staged. The change itself is complete.
func (t *tx) leave() error {
	var err error
	for range 2 { // a virus scanner or an indexer may have held a file at the first time
		if err = t.tidy(); err == nil {
			err = t.close()
		}
		if err == nil {
			return nil
		}
	}
	return leftoverFault(t.root, err)
}

func effective(edits []Edit) []Edit {
	var out []Edit
	for _, e := range edits {
		same := bytes.Equal(e.Old, e.New) && (e.Old == nil) == (e.New == nil)
		if !same {
			e.Path = filepath.Clean(e.Path)
			out = append(out, e)
		}
	}
	return out
}
