package osv

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/osv-scanner/v2/pkg/models"
	"github.com/ossf/osv-schema/bindings/go/osvschema"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/portalctl/portalctl/internal/sorting"
)

// Source is what was found in one lock.
type Source struct {
	// Path of the lock.
	Path string
	Hits []Hit
}

// WriteResults writes what was found as osv-scanner's own JSON, in the types
// of osv-scanner itself, so that what reads its results reads these.
func WriteResults(w io.Writer, sources []Source) error {
	list := slices.Clone(sources)
	sorting.Stable(list, func(a, b Source) int { return strings.Compare(a.Path, b.Path) })
	out := models.VulnerabilityResults{Results: []models.PackageSource{}}
	for _, s := range list {
		if len(s.Hits) == 0 {
			continue
		}
		packages, err := packageResults(s.Hits)
		if err != nil {
			return err
		}
		out.Results = append(out.Results, models.PackageSource{
			Source: models.SourceInfo{Path: s.Path, Type: models.SourceTypeProjectPackage}, Packages: packages,
		})
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(&out)
}

// packageResults are the packages that were hit, each once.
func packageResults(hits []Hit) ([]models.PackageVulns, error) {
	hits = slices.Clone(hits)
	sortHits(hits)
	var list []models.PackageVulns
	records := map[*Advisory]*osvschema.Vulnerability{} // an advisory may hit many packages
	for i, h := range hits {
		if i == 0 || hits[i-1].Package != h.Package {
			list = append(list, models.PackageVulns{Package: models.PackageInfo{
				Name: h.Package.Name, Version: h.Package.Version, Ecosystem: ecosystemNPM,
			}})
		} else if hits[i-1].Advisory.ID == h.Advisory.ID {
			continue
		}
		v := records[h.Advisory]
		if v == nil {
			var err error
			if v, err = h.Advisory.record(); err != nil {
				return nil, err
			}
			records[h.Advisory] = v
		}
		p := &list[len(list)-1]
		p.Vulnerabilities = append(p.Vulnerabilities, v)
	}
	for i := range list {
		slices.SortFunc(list[i].Vulnerabilities, compareRecords)
		list[i].Groups = groups(list[i].Vulnerabilities)
	}
	return list, nil
}

// record is the whole OSV record of an advisory. What the schema of osv-scanner
// does not know is left out.
func (a *Advisory) record() (*osvschema.Vulnerability, error) {
	v := &osvschema.Vulnerability{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(a.text, v); err != nil {
		return nil, fmt.Errorf("the record %s is not as OSV's schema has it: %w", a.ID, err)
	}
	return v, nil
}
