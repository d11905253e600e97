package jsonscan

import "bytes"

// maxDepth bounds nesting; packuments and advisories are about ten levels deep.
const maxDepth = 1000

// Skip consumes one value of any kind.
func (s *Scanner) Skip() error {
	c, err := s.Next()
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
	return s.fail("%q where a value is expected", c)
}

func (s *Scanner) skipNested() error {
	s.stack = s.stack[:0]
	for {
		if _, err := s.peek(); err != nil {
			return err
		}
		piece := s.buf[s.pos:s.end]
		for i := 0; i < len(piece); i++ {
			c := piece[i]
			if c <= ',' && c != '"' {
				continue // most are white space
			}
			switch c {
			case '"':
				s.pos += i
				if err := s.skipString(); err != nil {
					return err
				}
				piece, i = s.buf[s.pos:s.end], -1
			case '{', '[':
				if len(s.stack) == maxDepth {
					s.pos += i
					return s.fail("too deep nesting")
				}
				s.stack = append(s.stack, c+2) // the bracket that closes it
			case '}', ']':
				if s.stack[len(s.stack)-1] != c {
					s.pos += i
					return s.fail("brackets that do not match")
				}
				if s.stack = s.stack[:len(s.stack)-1]; len(s.stack) == 0 {
					s.pos += i + 1
					return nil
				}
			}
		}
		s.pos = s.end
	}
}

// skipString consumes a string; its quote is next.
func (s *Scanner) skipString() error {
	s.pos++
	odd := false // the number of backslashes right before pos
	for {
		if _, err := s.peek(); err != nil {
			return err
		}
		rest := s.buf[s.pos:s.end]
		quote := bytes.IndexByte(rest, '"')
		if quote >= 0 {
			rest = rest[:quote]
		}
		slashes := 0
		for slashes < len(rest) && rest[len(rest)-1-slashes] == '\\' {
			slashes++
		}
		odd = (slashes%2 == 1) != (odd && slashes == len(rest))
		s.pos += len(rest)
		if quote < 0 {
			continue
		}
		s.pos++
		if !odd { // an even number of them escape each other
			return nil
		}
		odd = false
	}
}
