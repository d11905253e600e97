package yarnpatch

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Files is the package that a patch is applied to. Paths are relative to its
// root, with forward slashes. A file that is not there is fs.ErrNotExist.
type Files interface {
	Read(path string) ([]byte, error)
	// Write replaces the contents of a file that exists and keeps its mode.
	Write(path string, data []byte) error
	// Create makes a file, and its parents, or replaces it.
	Create(path string, data []byte, executable bool) error
	Remove(path string) error
	// Begin starts a change that undo takes back.
	Begin() (undo func())
}

// ErrRename: the patch renames a file, which is not supported yet.
var ErrRename = errors.New("the patch renames a file")

// Apply applies p as Yarn's PatchFetcher does: source by source, and without
// those optional ones that do not fit. For one that is not optional that is
// ErrMisfit.
func (p *Patch) Apply(files Files) error {
	for _, s := range p.sources {
		undo := files.Begin()
		err := s.apply(files)
		missing := errors.Is(err, fs.ErrNotExist)
		if missing {
			err = fmt.Errorf("%w: %w", ErrMisfit, err)
		}
		switch {
		case err == nil:
		case s.optional && errors.Is(err, ErrMisfit) && !(missing && p.strict):
			undo()
		default:
			return err
		}
	}
	return nil
}

func (s *effects) apply(files Files) error {
	for i := range s.list {
		e := &s.list[i]
		if err := e.apply(files); err != nil {
			return fmt.Errorf("%s: %w", e.path, err)
		}
	}
	return nil
}

func (e *effect) apply(files Files) error {
	switch e.kind {
	case kindRename:
		return ErrRename
	case kindDeletion:
		return files.Remove(e.path)
	case kindCreation:
		data, err := e.newContent()
		if err != nil {
			return err
		}
		return files.Create(e.path, data, e.mode&0o100 != 0)
	case kindMode:
		// Yarn changes the mode only where the executable bits agree already.
		_, err := files.Read(e.path)
		return err
	}
	data, err := files.Read(e.path)
	if err != nil {
		return err
	}
	if data, err = applyHunks(data, e.hunks); err != nil {
		return err
	}
	return files.Write(e.path, data)
}

func (e *effect) newContent() ([]byte, error) {
	if len(e.hunks) == 0 {
		return nil, nil
	}
	if len(e.hunks[0].parts) == 0 {
		return nil, errors.New("the hunk of a new file is empty")
	}
	p := e.hunks[0].parts[0]
	text := strings.Join(p.lines, "\n")
	if !p.noNewline {
		text += "\n"
	}
	return []byte(text), nil
}
