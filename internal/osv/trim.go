package osv

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// trimmed is what the engine gets of a record: what it decides by. At an
// ecosystem that it does not know it would break down, and at a range of
// commits it would stop.
type trimmed struct {
	ID        string
	Withdrawn *time.Time
	Affected  []affected
}

var errTwice = errors.New("has a key twice, so its meaning is not known")

var errReaders = errors.New("is not the same to two readers of JSON")

// engineRecord reads a record for the engine, without the texts for people.
func engineRecord(src []byte) (*trimmed, error) {
	t := &trimmed{}
	var list []byte
	seen := map[string]bool{}
	s := scanner{src: src}
	err := s.object(func(key []byte) (err error) {
		switch k := string(key); k {
		case "id", "modified", "withdrawn", "affected":
			if seen[k] {
				return errTwice
			}
			seen[k] = true
		}
		switch string(key) {
		case "id":
			t.ID, err = s.text()
			return err
		case "withdrawn":
			if s.space(); s.null() == nil {
				return nil
			}
			text, err := s.text()
			if err != nil {
				return err
			}
			at, err := time.Parse(time.RFC3339, text)
			t.Withdrawn = &at
			return err
		case "affected":
			s.space()
			start := s.at
			err := s.skip()
			list = src[start:s.at]
			return err
		}
		return s.skip()
	})
	if err != nil {
		return nil, err
	}
	if t.ID == "" {
		return nil, errors.New("has no id")
	}
	var all []affected
	if list != nil {
		if err := json.Unmarshal(list, &all); err != nil {
			return nil, fmt.Errorf("is not an OSV record: %w", err)
		}
	}
	for _, a := range all {
		if a.Package.Ecosystem != ecosystemNPM {
			continue
		}
		// Ranges of commits say nothing of a version, and have the engine stop
		// at the first of them.
		ranges := a.Ranges[:0]
		for _, r := range a.Ranges {
			if r.Type == "SEMVER" || r.Type == "ECOSYSTEM" {
				ranges = append(ranges, r)
			}
		}
		a.Ranges, a.Severity = ranges, nil
		t.Affected = append(t.Affected, a)
	}
	return t, nil
}

// names are the packages that the record is about.
func (t *trimmed) names() []string {
	names := make([]string, len(t.Affected))
	for i, a := range t.Affected {
		names[i] = a.Package.Name
	}
	return names
}
