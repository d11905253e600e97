package osv

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// record is what the index needs of an OSV record.
type record struct {
	// names are the npm packages that the record is about, in its order.
	names []string
	// others counts the packages of other ecosystems.
	others int
	// modified is the record's RFC 3339 date, as it stands there.
	modified string
}

var errRecord = errors.New("is not an OSV record")

// scanRecord finds the package names of a record without decoding it: a record
// of which nothing else is needed is skipped at the speed of its longest
// strings. It is meant for whole, valid JSON. Of what is not it may say less,
// but it never names a package that is not there, and what is cut off is
// errRecord.
func scanRecord(src []byte) (record, error) {
	var r record
	s := scanner{src: src}
	err := s.object(func(key []byte) error {
		switch string(key) {
		case "affected":
			return s.array(func() error { return s.affected(&r) })
		case "modified":
			text, err := s.text()
			r.modified = text
			return err
		}
		return s.skip()
	})
	if err != nil {
		return record{}, err
	}
	if s.space(); s.at != len(s.src) || r.modified == "" {
		return record{}, errRecord
	}
	return r, nil
}

// affected reads one element of the record's list.
func (s *scanner) affected(r *record) error {
	return s.object(func(key []byte) error {
		if string(key) != "package" {
			return s.skip()
		}
		var name, ecosystem string
		err := s.object(func(key []byte) (err error) {
			switch string(key) {
			case "name":
				name, err = s.text()
			case "ecosystem":
				ecosystem, err = s.text()
			default:
				err = s.skip()
			}
			return err
		})
		switch {
		case err != nil:
			return err
		case ecosystem == ecosystemNPM:
			r.names = append(r.names, name)
		default:
			r.others++
		}
		return nil
	})
}

// scanner walks over JSON text.
type scanner struct {
	src []byte
	at  int
}

func (s *scanner) space() {
	for s.at < len(s.src) {
		switch s.src[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// next takes c, after white space.
func (s *scanner) next(c byte) bool {
	s.space()
	if s.at < len(s.src) && s.src[s.at] == c {
		s.at++
		return true
	}
	return false
}

// object calls field for each key, which then reads or skips the value. A null
// counts as an object without keys.
func (s *scanner) object(field func(key []byte) error) error {
	if !s.next('{') {
		return s.null()
	}
	if s.next('}') {
		return nil
	}
	for {
		s.space()
		raw, plain, err := s.str()
		if err != nil {
			return err
		}
		key := raw[1 : len(raw)-1]
		if !plain {
			var text string
			if json.Unmarshal(raw, &text) != nil {
				return errRecord
			}
			key = []byte(text)
		}
		if !s.next(':') {
			return errRecord
		}
		if err := field(key); err != nil {
			return err
		}
		if s.next('}') {
			return nil
		}
		if !s.next(',') {
			return errRecord
		}
	}
}

func (s *scanner) array(element func() error) error {
	if !s.next('[') {
		return s.null()
	}
	if s.next(']') {
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if s.next(']') {
			return nil
		}
		if !s.next(',') {
			return errRecord
		}
	}
}

func (s *scanner) null() error {
	if bytes.HasPrefix(s.src[s.at:], []byte("null")) {
		s.at += 4
		return nil
	}
	return errRecord
}

// text is a string's value.
func (s *scanner) text() (string, error) {
	s.space()
	raw, plain, err := s.str()
	switch {
	case err != nil:
		return "", err
	case !utf8.Valid(raw): // no two readers make the same of it
		return "", errRecord
	case plain:
		return string(raw[1 : len(raw)-1]), nil
	}
	var out string
	if json.Unmarshal(raw, &out) != nil {
		return "", errRecord
	}
	return out, nil
}

// str is a string with its quotes. Without escapes its bytes are its value.
func (s *scanner) str() (raw []byte, plain bool, err error) {
	start := s.at
	if start >= len(s.src) || s.src[start] != '"' {
		return nil, false, errRecord
	}
	at, plain := start+1, true
	for {
		end := bytes.IndexByte(s.src[at:], '"')
		if end < 0 {
			return nil, false, errRecord
		}
		end += at
		// An even number of backslashes before the quote escape each other.
		slashes := 0
		for s.src[end-1-slashes] == '\\' {
			slashes++
		}
		at = end + 1
		if slashes%2 == 0 {
			break
		}
	}
	s.at = at
	raw = s.src[start:at]
	return raw, bytes.IndexByte(raw, '\\') < 0, nil
}

// skip passes over one value of any kind.
func (s *scanner) skip() error {
	s.space()
	depth := 0
	for s.at < len(s.src) {
		switch c := s.src[s.at]; c {
		case '"':
			if _, _, err := s.str(); err != nil {
				return err
			}
		case '{', '[':
			depth++
			s.at++
			continue
		case '}', ']':
			depth--
			s.at++
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return errRecord
			}
			s.at++
			continue
		default:
			for s.at < len(s.src) && !delimiter(s.src[s.at]) {
				s.at++
			}
		}
		if depth < 0 {
			return errRecord
		}
		if depth == 0 {
			return nil
		}
	}
	return errRecord
}

func delimiter(c byte) bool {
	switch c {
	case ',', ':', '{', '}', '[', ']', '"', ' ', '\t', '\n', '\r':
		return true
	}
	return false
}
