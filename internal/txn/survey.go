package txn

import (
	"errors"
	"io/fs"
)

// where the content of a file stands.
type where int

const (
	atOld where = iota
	atNew
	absent  // neither, but nothing is overwritten by writing either
	foreign // somebody else's content
)

type survey struct {
	at        []where
	foreign   []string // paths that somebody changed
	lost      []string // paths that lack a saved copy for both directions
	canFinish bool
	canUndo   bool
}

func (t *tx) survey() (*survey, error) {
	s := &survey{canFinish: true, canUndo: true}
	for _, e := range t.journal.Files {
		at, err := t.look(e)
		if err != nil {
			return nil, stepFault(t.shown(e), "the file could not be read", err)
		}
		s.at = append(s.at, at)
		if at == foreign {
			s.foreign = append(s.foreign, e.Path)
			s.canFinish, s.canUndo = false, false
			continue
		}
		finish := at == atNew || e.New == nil || t.whole(t.staged(e), e.New)
		undo := at == atOld || e.Old == nil || t.whole(t.backup(e), e.Old)
		if !finish && !undo {
			s.lost = append(s.lost, e.Path)
		}
		s.canFinish = s.canFinish && finish
		s.canUndo = s.canUndo && undo
	}
	if !s.canFinish && !s.canUndo && len(s.lost) == 0 && len(s.foreign) == 0 {
		for _, e := range t.journal.Files {
			s.lost = append(s.lost, e.Path)
		}
	}
	return s, nil
}

func (t *tx) look(e entry) (where, error) {
	info, err := t.fs.Lstat(t.real(e))
	if errors.Is(err, fs.ErrNotExist) {
		switch {
		case e.Old == nil:
			return atOld, nil
		case e.New == nil:
			return atNew, nil
		}
		return absent, nil
	}
	if err != nil {
		return foreign, err
	}
	if !info.Mode().IsRegular() {
		return foreign, nil
	}
	b, err := t.fs.ReadFile(t.real(e))
	switch {
	case err != nil:
		return foreign, err
	case e.Old.matches(b):
		return atOld, nil
	case e.New.matches(b):
		return atNew, nil
	}
	return foreign, nil
}

// whole: the saved copy has the content that the journal says.
func (t *tx) whole(name string, want *sum) bool {
	info, err := t.fs.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	b, err := t.fs.ReadFile(name)
	return err == nil && want.matches(b)
}
