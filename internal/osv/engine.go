package osv

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/osv-scalibr/enricher/vulnmatch/osvlocal"
	"github.com/google/osv-scalibr/extractor"
	"github.com/google/osv-scalibr/purl"
	"github.com/ossf/osv-schema/bindings/go/osvschema"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/portalctl/portalctl/internal/jsonscan"
)

var errTwice = errors.New("has a key twice, so its meaning is not known")

var errReaders = errors.New("is not the same to two readers of JSON")

// engineRecord is a record as the engine, osv-scanner's matcher, reads it, without the
// texts for people. It is made field by field of what the engine decides by, so that
// nothing that it does not know reaches it: at an ecosystem of that kind it would break
// down, and at a range of commits, which says nothing of a version, it would stop.
func engineRecord(src []byte) (*osvschema.Vulnerability, error) {
	v := &osvschema.Vulnerability{}
	var list []byte
	seen := map[string]bool{}
	var s recordReader
	s.Reset(src)
	err := s.members(func(key []byte) (err error) {
		switch k := string(key); k {
		case "id", "modified", "withdrawn", "affected":
			if seen[k] {
				return errTwice
			}
			seen[k] = true
		}
		switch string(key) {
		case "id":
			v.Id, err = s.text()
			return err
		case "withdrawn":
			return s.orNull(func() error {
				text, err := s.text()
				if err != nil {
					return err
				}
				at, err := time.Parse(time.RFC3339, text)
				v.Withdrawn = timestamppb.New(at)
				return err
			})
		case "affected":
			list, err = s.Raw(nil)
			return err
		}
		return s.Skip()
	})
	if errors.As(err, new(*jsonscan.SyntaxError)) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errRecord
	}
	if err != nil {
		return nil, err
	}
	if v.Id == "" {
		return nil, errors.New("has no id")
	}
	var all []affected
	if list != nil {
		if err := json.Unmarshal(list, &all); err != nil {
			return nil, fmt.Errorf("is not an OSV record: %w", err)
		}
	}
	for _, a := range all {
		if a.Package.Ecosystem == ecosystemNPM {
			v.Affected = append(v.Affected, a.engine())
		}
	}
	return v, nil
}

func (a affected) engine() *osvschema.Affected {
	to := &osvschema.Affected{Package: &osvschema.Package{Ecosystem: a.Package.Ecosystem, Name: a.Package.Name}, Versions: a.Versions}
	for _, r := range a.Ranges {
		if r.Type != "SEMVER" && r.Type != "ECOSYSTEM" {
			continue
		}
		s := &osvschema.Range{Type: osvschema.Range_Type(osvschema.Range_Type_value[r.Type])}
		for _, e := range r.Events {
			s.Events = append(s.Events, &osvschema.Event{Introduced: e.Introduced, Fixed: e.Fixed, LastAffected: e.LastAffected, Limit: e.Limit})
		}
		to.Ranges = append(to.Ranges, s)
	}
	return to
}

// engineAffects asks the engine whether a record applies to a package. What it
// takes for the mistake of a programmer, such as an ecosystem that it does not
// know, it panics at: that is an error of the record here.
func engineAffects(v *osvschema.Vulnerability, p Package) (yes bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("osv-scanner's matcher failed at %s and %s@%s: %v", v.GetId(), p.Name, p.Version, r)
		}
	}()
	pkg := &extractor.Package{Name: p.Name, Version: p.Version, PURLType: purl.TypeNPM}
	return len(osvlocal.VulnerabilitiesAffectingPackage([]*osvschema.Vulnerability{v}, pkg)) > 0, nil
}
