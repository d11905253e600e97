package main

import (
	"io"
	"path/filepath"

	"github.com/portalctl/portalctl/audit"
)

// auditForms are the forms of a report; the first is the one to read.
func auditForms() []string { return []string{"table", "json", "sarif", "markdown", "osv"} }

// write renders the report in the forms that --format and --output name.
func (r *auditRun) write(report *audit.Report) error {
	return r.o.outs.write(r.e, func(form string, w io.Writer, e env) error {
		switch form {
		case "json":
			return report.WriteJSON(w)
		case "sarif":
			return report.WriteSARIF(w, e.inRepository(r.root), version())
		case "markdown":
			return report.WriteMarkdown(w)
		case "osv":
			return report.WriteOSV(w)
		default:
			return report.WriteTable(w, e.OutStyle())
		}
	})
}

// inRepository is a folder below the root of GitHub's checkout, as GitHub
// counts places; "" elsewhere.
func (e env) inRepository(dir string) string {
	workspace := e.get("GITHUB_WORKSPACE")
	if workspace == "" {
		return ""
	}
	rel, err := filepath.Rel(workspace, dir)
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	return filepath.ToSlash(rel)
}
