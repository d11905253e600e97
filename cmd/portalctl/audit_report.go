package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/txn"
)

// write renders the report in the form that --format names.
func (r *auditRun) write(report *audit.Report) error {
	render := func(w io.Writer) error {
		switch r.format {
		case "json":
			return report.WriteJSON(w)
		case "sarif":
			return report.WriteSARIF(w, r.e.inRepository(r.root), version())
		case "markdown":
			return report.WriteMarkdown(w)
		default:
			return report.WriteTable(w, r.e.OutStyle())
		}
	}
	if name := r.c.String("output"); r.format == "markdown" && name != "" && name == r.e.get("GITHUB_STEP_SUMMARY") {
		return appendTo(name, render)
	}
	return writeReport(r.c, r.e, render)
}

// appendTo adds to a file that other steps of a job write to as well.
func appendTo(file string, render func(io.Writer) error) error {
	have, err := os.ReadFile(file)
	if err != nil && !isMissing(err) {
		return fault.Wrap(pathCause(err), fault.Pos{File: file}, "cannot be read").WithNext("Name another --output")
	}
	b := bytes.NewBuffer(have)
	if err := render(b); err != nil {
		return err
	}
	return txn.WriteFile(file, b.Bytes(), 0o644)
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
