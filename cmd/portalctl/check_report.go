package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/check"
	"github.com/portalctl/portalctl/internal/txn"
)

// write renders the report in the forms that --format and --output name.
func (r *checkRun) write(report *check.Report) error {
	if err := r.e.stepSummary(r.outs, report.WriteMarkdown); err != nil {
		return err
	}
	placed, dir := report.Report, ""
	if r.co != nil {
		dir = r.co.project.Root
		placed.Prefix(r.e.inRepository(dir))
	}
	return r.outs.write(r.e, func(form string, w io.Writer, e env) error { return writeForm(form, w, e, report, &placed, dir) })
}

// writeDiff writes what a fix would change, for git apply.
func (r *checkRun) writeDiff(fixed *check.Fixed) error {
	var files []txn.Change
	if r.co == nil && fixed.Lock != nil {
		files = append(files, txn.Change{Rel: strings.TrimPrefix(filepath.ToSlash(r.file), "/"), Old: r.in.Lock.Format(), New: fixed.Lock})
	}
	if r.co != nil {
		for _, edit := range fixed.Edits {
			rel, err := filepath.Rel(r.co.project.Root, edit.Path)
			if err != nil {
				return err
			}
			files = append(files, txn.Change{Rel: filepath.ToSlash(rel), Old: edit.Old, New: edit.New})
		}
	}
	return r.outs.write(r.e, func(_ string, w io.Writer, _ env) error { return writeDiff(w, files) })
}

// installState warns where a lock alone is not all that is in git.
func (r *checkRun) installState() error {
	file, err := r.co.installState()
	if err != nil || file == "" {
		return err
	}
	fmt.Fprintf(r.e.Err, "portalctl: git tracks %s, which has to follow the lock: run yarn install and commit both\n", file)
	return nil
}
