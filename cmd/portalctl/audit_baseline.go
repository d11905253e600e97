package main

import (
	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/txn"
)

// openBaseline reads what the portal had when it began to be audited. It is for a
// full audit alone: with a base, what the base has does not count anyway, and a
// change would write its own gate.
func (r *auditRun) openBaseline() error {
	if r.in.Base != nil {
		if r.o.updateBaseline {
			return fault.New("--update-baseline records a full audit, and this run compares with %s", r.in.Base.Name).WithNext("Add --full")
		}
		if r.o.baseline != "" {
			r.notes = append(r.notes, "the baseline was not read: this run compares with "+r.in.Base.Name+", and what that has does not count")
		}
		return nil
	}
	var err error
	r.baseline, r.in.Baseline, err = readBaseline(r.o.baseline, r.root, r.o.updateBaseline)
	return err
}

// updateBaseline writes the baseline and returns the report with it.
func (r *auditRun) updateBaseline(report *audit.Report) (*audit.Report, error) {
	if len(report.Incomplete) > 0 {
		return report, nil // what is not known cannot be recorded
	}
	r.in.Baseline = report.NewBaseline(r.in.Baseline)
	if err := txn.WriteFile(r.baseline, r.in.Baseline.Bytes(), 0o644); err != nil {
		return nil, err
	}
	return audit.NewReport(r.in, r.opts)
}
