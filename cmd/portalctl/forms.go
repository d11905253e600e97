package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/htmlreport"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/ui"
)

// inRepository is a folder below the root of its repository, as code scanning,
// annotations and merge requests count places: with -C, or with a checkout in a
// folder of its own, the folder that is looked at is not that root. Without a
// repository it is the CI system's folder that counts; "" where there is neither.
func (e env) inRepository(dir string) string {
	top := repofile.Top(dir)
	if _, err := os.Lstat(filepath.Join(top, ".git")); err != nil {
		if top = e.get("GITHUB_WORKSPACE"); top == "" {
			top = e.get("CI_PROJECT_DIR")
		}
	}
	rel, err := filepath.Rel(top, dir)
	if top == "" || err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	return filepath.ToSlash(rel)
}

// pageForms are the forms of a report that has a page; the first is the one to read.
func pageForms() []string { return []string{"table", "json", "markdown", "html"} }

// writePage writes a page whose places count from dir.
func writePage(w io.Writer, e env, p *htmlreport.Page, dir string) error {
	p.Version, p.Files = version(), e.filesAt(dir)
	return p.Write(w)
}

// filesAt is where the files below a folder can be read, in a job of GitHub or GitLab
// that says so: at the commit that the job is about, if that is what is checked out
// there. Anything else may be another repository, or other lines.
func (e env) filesAt(dir string) htmlreport.Files {
	base, commit := "", ""
	switch {
	case e.get("GITHUB_SERVER_URL") != "" && e.get("GITHUB_REPOSITORY") != "":
		commit = e.get("GITHUB_SHA")
		base = e.get("GITHUB_SERVER_URL") + "/" + e.get("GITHUB_REPOSITORY") + "/blob/" + commit
	case e.get("CI_PROJECT_URL") != "":
		commit = e.get("CI_COMMIT_SHA")
		base = e.get("CI_PROJECT_URL") + "/-/blob/" + commit
	}
	if commit == "" {
		return htmlreport.Files{}
	}
	repo, err := gitbase.Open(dir)
	if err != nil {
		return htmlreport.Files{}
	}
	if head, err := repo.Commit("HEAD"); err != nil || head.Hash != commit {
		return htmlreport.Files{}
	}
	return htmlreport.Files{Base: base, Dir: e.inRepository(dir)}
}

// stepSummary adds the whole report to the summary of a workflow's step, where
// annotations are written, which have room for a few findings only.
func (e env) stepSummary(outs outputs, markdown func(io.Writer) error) error {
	file := e.get("GITHUB_STEP_SUMMARY")
	if !outs.hasForm("github") || file == "" || outs.has("markdown", file) {
		return nil
	}
	have, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(fault.Cause(err), fault.Pos{File: "$GITHUB_STEP_SUMMARY"}, "cannot be read").WithNext("Unset it, or use another --format")
	}
	var b bytes.Buffer
	b.Write(have)
	if err := markdown(&b); err != nil {
		return err
	}
	return txn.WriteFile(file, b.Bytes(), 0o644)
}

// sharedForms are the forms that check and audit have, as writeForm knows them; the
// first is the one to read.
func sharedForms() []string {
	return []string{"table", "json", "sarif", "markdown", "github", "codequality", "html"}
}

// readable is a report with its forms for people and for jq.
type readable interface {
	WriteTable(io.Writer, ui.Style) error
	WriteMarkdown(io.Writer) error
	WriteJSON(io.Writer) error
	Page() *htmlreport.Page
}

// writeForm writes a report of check or audit. shared is what readers take that
// count places from the root of the repository; dir is what the others count from.
func writeForm(form string, w io.Writer, e env, report readable, shared *finding.Report, dir string) error {
	switch form {
	case "json":
		return report.WriteJSON(w)
	case "sarif":
		return shared.WriteSARIF(w, version())
	case "markdown":
		return report.WriteMarkdown(w)
	case "github":
		return shared.WriteGitHub(w)
	case "codequality":
		return shared.WriteCodeQuality(w)
	case "html":
		return writePage(w, e, report.Page(), dir)
	}
	return report.WriteTable(w, e.OutStyle())
}

// reportForms is a report in the forms that its command has; those that it has not are nil.
type reportForms struct {
	diff     []txn.Change
	json     any
	markdown func(io.Writer) error
	page     func() *htmlreport.Page
	table    func(io.Writer, ui.Style) error
}

// write writes the report where the command line wants it, in the forms that it names; dir
// is what the places of a page count from.
func (s reportForms) write(t target, e env, dir string) error {
	return writeReport(t, e, func(form string, w io.Writer, e env) error {
		switch form {
		case "diff":
			return writeDiff(w, s.diff)
		case "json":
			return report.JSON(w, s.json)
		case "markdown":
			return s.markdown(w)
		case "html":
			return writePage(w, e, s.page(), dir)
		}
		return s.table(w, e.OutStyle())
	})
}

// tableIn is how a form writes tables.
func tableIn(form string) func(w io.Writer, header []string, rows [][]string) error {
	if form == "markdown" {
		return report.Markdown
	}
	return report.Table
}

// guiding is a report for people that ends in commands to go on with.
type guiding interface {
	WriteTable(io.Writer, ui.Style, []string) error
	WriteMarkdown(io.Writer) error
}

// guide is such a report with these commands.
func guide(r guiding, next []string) reportForms {
	s := reportForms{json: r, markdown: r.WriteMarkdown, table: func(w io.Writer, st ui.Style) error { return r.WriteTable(w, st, next) }}
	if paged, ok := r.(interface {
		Page([]string) *htmlreport.Page
	}); ok {
		s.page = func() *htmlreport.Page { return paged.Page(next) }
	}
	return s
}

// planned is a plan for people, whose Markdown ends in commands, too.
type planned interface {
	WriteTable(io.Writer, ui.Style, []string) error
	WriteMarkdown(io.Writer, []string) error
}

// propose is a plan with its JSON, the files that it changes, and commands to go on with.
func propose(p planned, json any, files []txn.Change, next []string) reportForms {
	return reportForms{diff: files, json: json,
		markdown: func(w io.Writer) error { return p.WriteMarkdown(w, next) },
		table:    func(w io.Writer, st ui.Style) error { return p.WriteTable(w, st, next) }}
}
