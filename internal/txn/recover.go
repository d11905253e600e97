package txn

import (
	"context"
	"time"
)

// Outcome is what Recover did.
type Outcome int

const (
	// Nothing: no transaction was interrupted, or before it had done anything.
	Nothing Outcome = iota
	// Finished: every file has the new content.
	Finished
	// Undone: every file has the old content.
	Undone
)

func (o Outcome) String() string {
	return [...]string{"nothing to recover", "finished", "undone"}[o]
}

// Recovery tells what became of an interrupted transaction.
type Recovery struct {
	Outcome Outcome
	Files   []string  // the files of the transaction, relative to the root, slash-separated
	PID     int       // the process that was interrupted
	Started time.Time // when it began
}

// Pending reports whether a transaction of this user's at root was
// interrupted, or runs at this moment. It changes nothing.
func Pending(ctx context.Context, root string) bool {
	t, err := at(fsFrom(ctx), stateFrom(ctx), root)
	if err != nil || t.state == "" {
		return false
	}
	_, err = t.fs.Lstat(t.journalFile())
	return err == nil && t.outside() == nil
}

// Recover finishes or undoes the transaction of a process that died.
// What was past the commit point is finished if all staged files are whole;
// anything else is undone. It may itself be interrupted and be called again.
//
// A file that has neither its old nor its new content was changed by somebody
// after the crash: it is not touched, nothing else is either, and the error
// says how to go on. ErrBusy: the transaction's process is alive.
func Recover(ctx context.Context, root string) (Recovery, error) {
	t, err := open(ctx, root, false)
	if err != nil || t == nil {
		return Recovery{}, err
	}
	defer t.unlock()
	j, err := t.readJournal()
	if err != nil {
		return Recovery{}, err
	}
	var r Recovery
	t.journal = &journal{}
	if j != nil {
		same, err := t.sameRoot(j)
		if err != nil {
			return Recovery{}, stepFault(t.root, "the files of an interrupted change could not be looked at", err)
		}
		if !same { // of a tree that was here before
			if err := t.remove(t.journalFile()); err != nil {
				return Recovery{}, leftoverFault(t.root, err)
			}
			j = nil
		}
	}
	if j != nil {
		t.journal = j
		r.PID, r.Started = j.PID, j.Started
		for _, e := range j.Files {
			r.Files = append(r.Files, e.Path)
		}
		if r.Outcome, err = t.settle(); err != nil {
			return Recovery{}, err
		}
		if err := t.tidy(); err != nil {
			return Recovery{}, leftoverFault(t.root, err)
		}
	}
	if err := t.close(); err != nil {
		return Recovery{}, leftoverFault(t.root, err)
	}
	return r, nil
}

// settle decides between forward and back by what is on disk, so that it
// decides the same again when it is interrupted: a step in one direction never
// makes the other one possible that was not.
func (t *tx) settle() (Outcome, error) {
	if t.journal.State == statePrepare {
		t.undone = true // no file was replaced: what is there stays
		return Undone, nil
	}
	s, err := t.survey()
	if err != nil {
		return Nothing, err
	}
	forward := s.canFinish && (t.journal.State == stateCommit || !s.canUndo)
	switch {
	case len(s.foreign) > 0:
		return Nothing, foreignFault(t.root, t.journalFile(), s.foreign)
	case forward:
		if err := t.finish(func(i int) bool { return s.at[i] == atNew }); err != nil {
			return Nothing, err
		}
		return Finished, nil
	case s.canUndo:
		return Undone, t.putBack(s)
	}
	return Nothing, lostFault(t.root, t.journalFile(), s.lost)
}

// putBack gives every file its old content again.
func (t *tx) putBack(s *survey) error {
	t.undone = true
	for i := len(t.journal.Files) - 1; i >= 0; i-- {
		e := t.journal.Files[i]
		if s.at[i] == atOld {
			continue
		}
		var err error
		if e.Old == nil {
			err = t.remove(t.real(e))
		} else {
			err = t.fs.Rename(t.backup(e), t.real(e))
		}
		if err != nil {
			return stepFault(t.shown(e), "the old content could not be put back", err)
		}
	}
	return t.syncDirs()
}

// rollback is what Commit does after a failure.
func (t *tx) rollback(cause error) error {
	t.undone = true
	if t.applying {
		// Without this entry Recover might still go forward, should we die now:
		// also one of the two right ends, but not the one that we would report.
		_ = t.writeJournal(stateUndo)
		s, err := t.survey()
		switch {
		case err != nil:
		case len(s.foreign) > 0:
			err = foreignFault(t.root, t.journalFile(), s.foreign)
		case !s.canUndo:
			err = lostFault(t.root, t.journalFile(), s.lost)
		default:
			err = t.putBack(s)
		}
		if err != nil {
			return t.stuckFault(cause, err)
		}
	}
	return undoneFault(cause, t.leave())
}
