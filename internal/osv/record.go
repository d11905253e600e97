package osv

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/portalctl/portalctl/internal/jsonscan"
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

// recordReader reads records; it is used again and again.
type recordReader struct {
	jsonscan.Scanner
	raw []byte
}

// scan finds the package names of a record without decoding it: a record
// of which nothing else is needed is skipped at the speed of its longest
// strings. It is meant for whole, valid JSON. Of what is not it may say less,
// but it never names a package that is not there, and what is cut off is
// errRecord.
func (s *recordReader) scan(src []byte) (record, error) {
	var r record
	s.Reset(src)
	err := s.Object(func(key []byte) (err error) {
		switch string(key) {
		case "affected":
			return s.orNull(func() error { return s.Array(func() error { return s.affected(&r) }) })
		case "modified":
			r.modified, err = s.text()
			return err
		}
		return s.Skip()
	})
	if err == nil {
		err = s.AtEnd()
	}
	if err != nil || r.modified == "" {
		return record{}, errRecord
	}
	return r, nil
}

// affected reads one element of the record's list.
func (s *recordReader) affected(r *record) error {
	return s.members(func(key []byte) error {
		if string(key) != "package" {
			return s.Skip()
		}
		var name, ecosystem string
		err := s.members(func(key []byte) (err error) {
			switch string(key) {
			case "name":
				name, err = s.text()
			case "ecosystem":
				ecosystem, err = s.text()
			default:
				err = s.Skip()
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

// members are those of an object; null has none.
func (s *recordReader) members(each func(key []byte) error) error {
	return s.orNull(func() error { return s.Object(each) })
}

// orNull reads a value unless it is null.
func (s *recordReader) orNull(read func() error) error {
	if null, err := s.IsNull(); null || err != nil {
		return err
	}
	return read()
}

// text is a string's value.
func (s *recordReader) text() (string, error) {
	var err error
	if s.raw, err = s.Raw(s.raw[:0]); err != nil {
		return "", err
	}
	if s.raw[0] != '"' || !utf8.Valid(s.raw) { // no two readers make the same of it
		return "", errRecord
	}
	if bytes.IndexByte(s.raw, '\\') < 0 {
		return string(s.raw[1 : len(s.raw)-1]), nil
	}
	var out string
	if json.Unmarshal(s.raw, &out) != nil {
		return "", errRecord
	}
	return out, nil
}
