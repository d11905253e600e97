package main

import (
	"io"

	"github.com/portalctl/portalctl/audit"
)

// auditForms are the forms of a report; the first is the one to read.
func auditForms() []string {
	return []string{"table", "json", "sarif", "markdown", "github", "codequality", "osv"}
}

// write renders the report in the forms that --format and --output name.
func (r *auditRun) write(report *audit.Report) error {
	if err := r.e.stepSummary(r.o.outs, report.WriteMarkdown); err != nil {
		return err
	}
	folder := r.e.inRepository(r.root)
	return r.o.outs.write(r.e, func(form string, w io.Writer, e env) error {
		switch form {
		case "json":
			return report.WriteJSON(w)
		case "sarif":
			return report.WriteSARIF(w, folder, version())
		case "markdown":
			return report.WriteMarkdown(w)
		case "github":
			return report.WriteGitHub(w, folder)
		case "codequality":
			return report.WriteCodeQuality(w, folder)
		case "osv":
			return report.WriteOSV(w)
		default:
			return report.WriteTable(w, e.OutStyle())
		}
	})
}
