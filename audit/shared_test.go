package audit

import (
	"testing"

	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/testkit/testshared"
)

// BenchmarkReport is all that is not reading and asking, over the five largest
// real portals: graphs, paths, fixes, actions.
func BenchmarkReport(b *testing.B) {
	db, err := osv.OpenDatabase(b.Context(), testshared.Dir(b, "osv"), osv.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	var inputs []Input
	findings := 0
	for _, portal := range []string{"demo", "demo-1.43", "janus-plugins", "rhdh", "showcase-v6"} {
		head := read(b, testshared.Dir(b, "corpus/"+portal))
		hits, err := db.Match(b.Context(), Packages(head))
		if err != nil {
			b.Fatal(err)
		}
		inputs = append(inputs, Input{Head: head, Hits: hits})
	}
	for b.Loop() {
		findings = 0
		for _, in := range inputs {
			r, err := NewReport(in, Defaults())
			if err != nil {
				b.Fatal(err)
			}
			findings += len(r.Findings)
		}
	}
	b.ReportMetric(float64(findings), "findings")
}
