// Package jsonscan reads JSON as it comes, from a stream or a text, and passes over what
// nobody asks for: documents of which little is needed are neither decoded nor kept.
package jsonscan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrTooLarge: the stream has more bytes than its limit.
var ErrTooLarge = errors.New("the document is larger than allowed")

// SyntaxError is where a text stops being JSON. A text that is cut off is
// io.ErrUnexpectedEOF.
type SyntaxError struct {
	offset int64
	what   string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.what, e.offset) }

// Scanner reads JSON and keeps only what it is told to capture. encoding/json would
// hold a whole packument of tens of megabytes in memory, and takes about five times as
// long. The zero Scanner has nothing to read before Reset.
//
// Brackets, strings and commas are checked; numbers and literals that are
// skipped are not.
type Scanner struct {
	r        io.Reader // nil: all is in buf
	buf      []byte
	pos, end int
	read     int64 // bytes taken from r
	limit    int64
	sink     []byte // gets what is consumed while capturing
	captures bool
	from     int    // start of what sink has not got yet
	stack    []byte // closing brackets to come
	scratch  []byte // the last key or text, quotes included
}

// New reads a stream of at most limit bytes.
func New(r io.Reader, limit int64) *Scanner {
	return &Scanner{r: r, buf: make([]byte, 64<<10), limit: limit}
}

// Reset reads a text from its start. What was read before is forgotten, but for the
// room that it took.
func (s *Scanner) Reset(src []byte) {
	*s = Scanner{buf: src, end: len(src), read: int64(len(src)), stack: s.stack, scratch: s.scratch}
}

func (s *Scanner) fail(format string, args ...any) error {
	return &SyntaxError{offset: s.read - int64(s.end-s.pos), what: fmt.Sprintf(format, args...)}
}

// fill reads on; the buffer must be used up.
func (s *Scanner) fill() error {
	if s.captures {
		s.sink = append(s.sink, s.buf[s.from:s.pos]...)
	}
	s.pos, s.from, s.end = 0, 0, 0
	if s.r == nil {
		return io.EOF
	}
	for range 100 {
		n, err := s.r.Read(s.buf)
		s.read += int64(n)
		s.end = n
		if s.read > s.limit {
			return ErrTooLarge
		}
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// peek is the next byte.
func (s *Scanner) peek() (byte, error) {
	if s.pos == s.end {
		if err := s.fill(); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
	}
	return s.buf[s.pos], nil
}

// Next skips white space and gives the byte after it, which is still to be read.
func (s *Scanner) Next() (byte, error) {
	for {
		for ; s.pos < s.end; s.pos++ {
			if c := s.buf[s.pos]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
				return c, nil
			}
		}
		if _, err := s.peek(); err != nil {
			return 0, err
		}
	}
}

// Text consumes a string and gives its content; ok is false for a value of
// another kind, which is consumed as well.
func (s *Scanner) Text() (text string, ok bool, err error) {
	c, err := s.Next()
	if err != nil {
		return "", false, err
	}
	if c != '"' {
		return "", false, s.Skip()
	}
	raw, err := s.quoted()
	return string(raw), err == nil, err
}

// quoted consumes the string that comes next; its content is valid until the next call.
func (s *Scanner) quoted() ([]byte, error) {
	if s.r == nil { // what is in memory stays where it is
		rest := s.buf[s.pos+1 : s.end]
		if n := bytes.IndexByte(rest, '"'); n >= 0 && bytes.IndexByte(rest[:n], '\\') < 0 {
			s.pos += n + 2
			return rest[:n], nil
		}
	}
	var err error
	if s.scratch, err = s.Raw(s.scratch[:0]); err != nil {
		return nil, err
	}
	if bytes.IndexByte(s.scratch, '\\') < 0 {
		return s.scratch[1 : len(s.scratch)-1], nil
	}
	var text string
	if json.Unmarshal(s.scratch, &text) != nil {
		return nil, s.fail("a string that is not valid")
	}
	return []byte(text), nil
}

// Raw consumes a value and appends its bytes to dst.
func (s *Scanner) Raw(dst []byte) ([]byte, error) {
	if _, err := s.Next(); err != nil {
		return dst, err
	}
	s.sink, s.captures, s.from = dst, true, s.pos
	err := s.Skip()
	dst = append(s.sink, s.buf[s.from:s.pos]...)
	s.sink, s.captures = nil, false
	return dst, err
}

// Object calls each for every member of the object that comes next; each
// consumes the value, after which key is no longer valid.
func (s *Scanner) Object(each func(key []byte) error) error {
	return s.items("an object", '{', '}', func() error {
		if c, err := s.Next(); err != nil {
			return err
		} else if c != '"' {
			return s.fail("%q where a key is expected", c)
		}
		key, err := s.quoted()
		if err != nil {
			return err
		}
		if c, err := s.Next(); err != nil {
			return err
		} else if c != ':' {
			return s.fail("%q where ':' is expected", c)
		}
		s.pos++
		return each(key)
	})
}

// Array calls each for every item of the list that comes next; each consumes it.
func (s *Scanner) Array(each func() error) error { return s.items("a list", '[', ']', each) }

// items calls each for what stands between two brackets, with commas.
func (s *Scanner) items(what string, open, end byte, each func() error) error {
	c, err := s.Next()
	switch {
	case err != nil:
		return err
	case c != open:
		return s.fail("%q where %s is expected", c, what)
	}
	s.pos++
	if c, err = s.Next(); err != nil {
		return err
	}
	if c == end {
		s.pos++
		return nil
	}
	for {
		if err := each(); err != nil {
			return err
		}
		if c, err = s.Next(); err != nil {
			return err
		}
		if c != end && c != ',' {
			return s.fail("%q where a comma is expected", c)
		}
		s.pos++
		if c == end {
			return nil
		}
	}
}

// IsObject reports whether an object comes next; anything else is consumed.
func (s *Scanner) IsObject() (bool, error) {
	c, err := s.Next()
	if err != nil || c == '{' {
		return err == nil, err
	}
	return false, s.Skip()
}

// IsNull reports whether null comes next, which is consumed.
func (s *Scanner) IsNull() (bool, error) {
	if c, err := s.Next(); err != nil || c != 'n' {
		return false, err
	}
	return true, s.Skip()
}

// AtEnd checks that nothing but white space is left, and that the stream ends
// well: a gzip stream has its checksum there.
func (s *Scanner) AtEnd() error {
	for {
		if s.pos == s.end {
			if err := s.fill(); err != nil {
				if err == io.EOF {
					return nil
				}
				return err
			}
		}
		if c := s.buf[s.pos]; c > ' ' {
			return s.fail("%q after the end", c)
		}
		s.pos++
	}
}
