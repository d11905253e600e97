package osv

import (
	"fmt"

	"github.com/google/osv-scalibr/enricher/vulnmatch/osvlocal"
	"github.com/google/osv-scalibr/extractor"
	"github.com/google/osv-scalibr/purl"
	"github.com/ossf/osv-schema/bindings/go/osvschema"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// engineRecord is a record as the engine, osv-scanner's matcher, reads it. It
// is made field by field of what trim kept, so that no field or ecosystem that
// the engine does not know reaches it.
func (t *trimmed) engineRecord() *osvschema.Vulnerability {
	v := &osvschema.Vulnerability{Id: t.ID}
	if t.Withdrawn != nil {
		v.Withdrawn = timestamppb.New(*t.Withdrawn)
	}
	for _, a := range t.Affected {
		to := &osvschema.Affected{
			Package:  &osvschema.Package{Ecosystem: a.Package.Ecosystem, Name: a.Package.Name},
			Versions: a.Versions,
		}
		for _, r := range a.Ranges {
			s := &osvschema.Range{Type: osvschema.Range_Type(osvschema.Range_Type_value[r.Type])}
			for _, e := range r.Events {
				s.Events = append(s.Events, &osvschema.Event{Introduced: e.Introduced, Fixed: e.Fixed, LastAffected: e.LastAffected, Limit: e.Limit})
			}
			to.Ranges = append(to.Ranges, s)
		}
		v.Affected = append(v.Affected, to)
	}
	return v
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
