package audit

import (
	"io"

	"github.com/portalctl/portalctl/internal/osv"
)

// WriteOSV writes what the locks install and an advisory applies to as
// osv-scanner's own JSON. As there, what is ignored is left out; what only the
// base has is not installed.
func (r *Report) WriteOSV(w io.Writer) error {
	at := map[string]int{}
	var sources []osv.Source
	for _, f := range r.Findings {
		if f.Status == statusFixed || f.Verdict == verdictIgnored {
			continue
		}
		i, ok := at[f.Lockfile]
		if !ok {
			i = len(sources)
			at[f.Lockfile] = i
			sources = append(sources, osv.Source{Path: f.Lockfile})
		}
		sources[i].Hits = append(sources[i].Hits, osv.Hit{Package: osv.Package{Name: f.Package, Version: f.Version}, Advisory: f.Advisory})
	}
	return osv.WriteResults(w, sources)
}
