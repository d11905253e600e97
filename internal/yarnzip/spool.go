package yarnzip

import (
	"errors"
	"io"
	"os"
)

// Spool holds bytes in memory up to a limit and in a temporary file beyond
// it: for a download whose size nobody knows before it is complete. The zero
// Spool puts everything into a file. Close it: on some systems the file stays
// otherwise.
type Spool struct {
	// Limit is how many bytes may lie in memory.
	Limit int64
	// Dir is where the file is made; empty means the system's folder.
	Dir string

	mem  []byte
	file *os.File
	gone bool // the file has no name any more
	size int64
}

// Write appends p.
func (s *Spool) Write(p []byte) (int, error) {
	if s.file == nil && s.size+int64(len(p)) <= s.Limit {
		s.mem = append(s.mem, p...)
		s.size += int64(len(p))
		return len(p), nil
	}
	if s.file == nil {
		if err := s.toFile(); err != nil {
			return 0, err
		}
	}
	n, err := s.file.Write(p)
	s.size += int64(n)
	return n, err
}

func (s *Spool) toFile() error {
	f, err := os.CreateTemp(s.Dir, "portalctl-*.tmp")
	if err != nil {
		return err
	}
	// Where that is possible, the file loses its name at once: so it is gone
	// even if the process is killed.
	s.file, s.gone = f, os.Remove(f.Name()) == nil
	_, err = f.Write(s.mem)
	s.mem = nil
	return err
}

// Size is how many bytes were written.
func (s *Spool) Size() int64 { return s.size }

// ReadAt reads what was written.
func (s *Spool) ReadAt(p []byte, off int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(p, off)
	}
	if off >= int64(len(s.mem)) {
		return 0, io.EOF
	}
	n := copy(p, s.mem[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Close drops the bytes and removes the file.
func (s *Spool) Close() error {
	s.mem, s.size = nil, 0
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	err := f.Close()
	if !s.gone {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
