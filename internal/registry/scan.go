package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxDepth bounds nesting; packuments are about ten levels deep.
const maxDepth = 1000

var errTooLarge = errors.New("the document is larger than allowed")

// syntaxError is where an answer stops being JSON.
type syntaxError struct {
	offset int64
	what   string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.what, e.offset) }

// scanner reads JSON from a stream and keeps only what it is told to capture.
// encoding/json would hold a whole packument of tens of megabytes in memory,
// and takes about five times as long.
//
// Brackets, strings and commas are checked; numbers and literals that are
// skipped are not.
type scanner struct {
	r        io.Reader
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

func newScanner(r io.Reader, limit int64) *scanner {
	return &scanner{r: r, buf: make([]byte, 64<<10), limit: limit}
}

func (s *scanner) fail(what string) error {
	return &syntaxError{offset: s.read - int64(s.end-s.pos), what: what}
}

// fill reads on; the buffer must be used up.
func (s *scanner) fill() error {
	if s.captures {
		s.sink = append(s.sink, s.buf[s.from:s.pos]...)
	}
	s.pos, s.from, s.end = 0, 0, 0
	for range 100 {
		n, err := s.r.Read(s.buf)
		s.read += int64(n)
		s.end = n
		if s.read > s.limit {
			return errTooLarge
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
func (s *scanner) peek() (byte, error) {
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

// space skips white space and gives the byte after it.
func (s *scanner) space() (byte, error) {
	for {
		c, err := s.peek()
		if err != nil || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c, err
		}
		s.pos++
	}
}

// expect skips white space and the byte c.
func (s *scanner) expect(c byte) error {
	got, err := s.space()
	if err != nil {
		return err
	}
	if got != c {
		return s.fail(fmt.Sprintf("%q where %q is expected", got, c))
	}
	s.pos++
	return nil
}

// skipString consumes a string; its quote is next.
func (s *scanner) skipString() error {
	s.pos++
	for {
		if _, err := s.peek(); err != nil {
			return err
		}
		rest := s.buf[s.pos:s.end]
		quote := bytes.IndexByte(rest, '"')
		if quote >= 0 {
			rest = rest[:quote]
		}
		if escape := bytes.IndexByte(rest, '\\'); escape >= 0 {
			s.pos += escape + 1
			if _, err := s.peek(); err != nil {
				return err
			}
			s.pos++ // the hex digits of \u hold no quote
			continue
		}
		s.pos += len(rest)
		if quote >= 0 {
			s.pos++
			return nil
		}
	}
}

// skip consumes one value of any kind.
func (s *scanner) skip() error {
	c, err := s.space()
	if err != nil {
		return err
	}
	switch {
	case c == '"':
		return s.skipString()
	case c == '{' || c == '[':
		return s.skipNested()
	case c == '-' || c >= '0' && c <= '9' || c == 't' || c == 'f' || c == 'n':
		for {
			c, err := s.peek()
			if err != nil {
				return err
			}
			if c == ',' || c == '}' || c == ']' || c <= ' ' {
				return nil
			}
			s.pos++
		}
	}
	return s.fail(fmt.Sprintf("%q where a value is expected", c))
}

func (s *scanner) skipNested() error {
	s.stack = s.stack[:0]
	for {
		c, err := s.peek()
		if err != nil {
			return err
		}
		switch c {
		case '"':
			if err := s.skipString(); err != nil {
				return err
			}
			continue
		case '{':
			s.stack = append(s.stack, '}')
		case '[':
			s.stack = append(s.stack, ']')
		case '}', ']':
			if s.stack[len(s.stack)-1] != c {
				return s.fail("brackets that do not match")
			}
			s.stack = s.stack[:len(s.stack)-1]
		}
		s.pos++
		if len(s.stack) == 0 {
			return nil
		}
		if len(s.stack) > maxDepth {
			return s.fail("too deep nesting")
		}
	}
}

// text consumes a string and gives its content; ok is false for a value of
// another kind, which is consumed as well.
func (s *scanner) text() (text string, ok bool, err error) {
	c, err := s.space()
	if err != nil {
		return "", false, err
	}
	if c != '"' {
		return "", false, s.skip()
	}
	raw, err := s.quoted()
	return string(raw), err == nil, err
}

// quoted consumes a string; its content is valid until the next call.
func (s *scanner) quoted() ([]byte, error) {
	var err error
	if s.scratch, err = s.raw(s.scratch[:0]); err != nil {
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

// raw consumes a value and appends its bytes to dst.
func (s *scanner) raw(dst []byte) ([]byte, error) {
	if _, err := s.space(); err != nil {
		return dst, err
	}
	s.sink, s.captures, s.from = dst, true, s.pos
	err := s.skip()
	dst = append(s.sink, s.buf[s.from:s.pos]...)
	s.sink, s.captures = nil, false
	return dst, err
}

// object calls each for every member of the object that comes next; each
// consumes the value, after which key is no longer valid.
func (s *scanner) object(each func(key []byte) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	c, err := s.space()
	if err != nil {
		return err
	}
	if c == '}' {
		s.pos++
		return nil
	}
	for {
		if c, err := s.space(); err != nil {
			return err
		} else if c != '"' {
			return s.fail(fmt.Sprintf("%q where a key is expected", c))
		}
		key, err := s.quoted()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		if err := each(key); err != nil {
			return err
		}
		c, err := s.space()
		if err != nil {
			return err
		}
		s.pos++
		switch c {
		case '}':
			return nil
		case ',':
		default:
			s.pos--
			return s.fail(fmt.Sprintf("%q where a comma is expected", c))
		}
	}
}

// isObject reports whether an object comes next; anything else is consumed.
func (s *scanner) isObject() (bool, error) {
	c, err := s.space()
	if err != nil || c == '{' {
		return err == nil, err
	}
	return false, s.skip()
}

// atEnd checks that nothing but white space is left, and that the stream ends
// well: a gzip stream has its checksum there.
func (s *scanner) atEnd() error {
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
			return s.fail(fmt.Sprintf("%q after the end", c))
		}
		s.pos++
	}
}
