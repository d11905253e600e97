package main

import (
	"io"

	"github.com/portalctl/portalctl/audit"
)

// auditForms are the forms of a report; the first is the one to read.
func auditForms() []string { return append(sharedForms(), "osv") }

// write renders the report in the forms that --format and --output name.
func (r *auditRun) write(report *audit.Report) error {
	if err := r.e.stepSummary(r.o.outs, report.WriteMarkdown); err != nil {
		return err
	}
	shared := report.Shared(r.e.inRepository(r.root))
	return r.o.outs.write(r.e, func(form string, w io.Writer, e env) error {
		if form == "osv" {
			return report.WriteOSV(w)
		}
		return writeForm(form, w, e, report, shared, r.root)
	})
}
