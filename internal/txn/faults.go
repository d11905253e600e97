package txn

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
)

// Every message of this package, in one place.

// mostNamed is how many paths a message lists.
const mostNamed = 10

func cancelled(err error) error {
	return fault.Wrap(err, fault.Pos{}, "stopped before the change was made")
}

func busyFault(root string, pid int) error {
	cause := error(ErrBusy)
	if pid > 0 {
		cause = fmt.Errorf("%w (process %d)", ErrBusy, pid)
	}
	return fault.Wrap(cause, fault.Pos{}, "%s cannot be changed now", root).
		WithNext("Wait until it is done, then run the command again.")
}

// PendingFault is what a command that changes nothing says of a change that is Pending:
// what it would read may be half of it.
func PendingFault(root string) error {
	return fault.Wrap(ErrPending, fault.Pos{}, "%s may be half-way through a change", root).
		WithNext("Run the command that was interrupted again (versions bump, versions lock or check --fix): it finishes or undoes that change first.")
}

func changedFault(path, how string) error {
	cause := error(ErrChanged)
	if how != "" {
		cause = fmt.Errorf("%w: %s", ErrChanged, how)
	}
	return fault.Wrap(cause, fault.Pos{File: path}, "nothing was written").
		WithNext("Run the command again, so that it starts from the file as it is now.")
}

func readOnlyFault(path, what string, err error) error {
	f := fault.Wrap(plain(err), fault.Pos{File: path}, "%s; nothing was written", what)
	switch {
	case err != nil && isReadOnlyFS(err):
		return f.WithNext("Mount the file system for writing, or copy the project to a place that can be written.")
	case err != nil:
		return f.WithNext("Run portalctl as a user who may write there, or change the permissions.")
	}
	return f.WithNext("Make it writable (chmod u+w), or leave it out, then run the command again.")
}

// stepFault is a file-system operation that failed.
func stepFault(path, what string, err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	return fault.Wrap(plain(err), fault.Pos{File: path}, "%s", what).WithNext("%s", nextFor(err))
}

// plain drops the operation and path of the system's error, which the fault
// names already, unless it is about another file.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) && error(p) == err {
		return p.Err
	}
	return err
}

func nextFor(err error) string {
	switch {
	case isDiskFull(err):
		return "Free some space on the disk, then run the command again."
	case isReadOnlyFS(err):
		return "Mount the file system for writing, then run the command again."
	case errors.Is(err, fs.ErrPermission):
		return "Run portalctl as a user who may write there, or change the permissions."
	}
	return "Run the command again; if it fails in the same way, check the disk."
}

func leftoverFault(root string, err error) error {
	return fault.Wrap(fmt.Errorf("%w: %w", ErrLeftover, err), fault.Pos{File: root}, "every file is as it should be").
		WithNext("Run the command again: it removes them first.")
}

// undoneFault is cause with what became of the files.
func undoneFault(cause, leftover error) error {
	var f *fault.Error
	if !errors.As(cause, &f) {
		f = fault.Wrap(cause, fault.Pos{}, "the change failed")
	}
	out := *f
	if errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded) || errors.Is(cause, ErrChanged) {
		// These say already that nothing was changed.
	} else {
		out.What += "; every file is as it was"
	}
	if leftover != nil {
		out.What += fmt.Sprintf(" (%v)", leftover)
		out.Next = strings.TrimSuffix(out.Next, ".") + ". The same command, run again, removes what is left."
	}
	return &out
}

// stuckFault: the change failed, and so did putting it back.
func (t *tx) stuckFault(cause, back error) error {
	old := 0
	var changed []string
	for _, e := range t.journal.Files {
		if at, err := t.look(e); err == nil && at == atOld {
			old++
		} else {
			changed = append(changed, e.Path)
		}
	}
	return fault.Wrap(fmt.Errorf("%w; then: %w", cause, back), fault.Pos{File: t.root},
		"the change failed half-way and could not be put back: %s the old content, not so: %s", english.CountOf(old, "file has", "files have"), english.Some(changed, mostNamed)).
		WithNext("Fix the cause, then run the command again: the journal is kept, and it finishes or undoes the change.")
}

func foreignFault(root, journal string, paths []string) error {
	return fault.At(fault.Pos{File: root}, "an earlier change was interrupted, and files were edited since: %s", english.Some(paths, mostNamed)).
		WithNext("Move your version aside (for example to %s.mine) and run portalctl again: it finishes or undoes the change; then merge your version. To keep every file as it is now instead, delete %s and the files named .*.portalctl-* in the project.", paths[0], journal)
}

func lostFault(root, journal string, paths []string) error {
	return fault.At(fault.Pos{File: root}, "an earlier change was interrupted, and the saved copies needed to finish or undo it are gone: %s", english.Some(paths, mostNamed)).
		WithNext("Restore these files from version control, delete %s and the files named .*.portalctl-* in the project, then run the command again.", journal)
}

func damagedFault(path string, err error) error {
	return fault.Wrap(err, fault.Pos{File: path}, "the journal of an interrupted change cannot be used").
		WithNext("Check the project's files with git status, delete this journal and the files named .*.portalctl-* in the project, then run the command again.")
}
