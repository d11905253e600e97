package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/portalctl/portalctl/check"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/txn"
)

// write renders the report in the forms that --format and --output name.
func (r *checkRun) write(report *check.Report) error {
	if r.outs.hasForm("github") {
		if err := r.stepSummary(report); err != nil {
			return err
		}
	}
	placed := *report
	placed.Prefix(r.inRepository())
	return r.outs.write(r.e, func(form string, w io.Writer, e env) error {
		switch form {
		case "json":
			return report.WriteJSON(w)
		case "sarif":
			return placed.WriteSARIF(w, version())
		case "markdown":
			return report.WriteMarkdown(w)
		case "github":
			return placed.WriteGitHub(w)
		default:
			return report.WriteTable(w, e.OutStyle())
		}
	})
}

// inRepository is the portal's folder below the root of the checkout, as
// GitHub counts places.
func (r *checkRun) inRepository() string {
	workspace := r.e.get("GITHUB_WORKSPACE")
	if workspace == "" || r.co == nil {
		return ""
	}
	rel, err := filepath.Rel(workspace, r.co.project.Root)
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	return filepath.ToSlash(rel)
}

// stepSummary adds the whole report to the summary of a workflow's step, whose
// annotations have room for a few findings only.
func (r *checkRun) stepSummary(report *check.Report) error {
	file := r.e.get("GITHUB_STEP_SUMMARY")
	if file == "" || r.outs.has("markdown", file) {
		return nil
	}
	have, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(pathCause(err), fault.Pos{File: "$GITHUB_STEP_SUMMARY"}, "cannot be read").WithNext("Unset it, or use another --format")
	}
	var b bytes.Buffer
	b.Write(have)
	if err := report.WriteMarkdown(&b); err != nil {
		return err
	}
	return txn.WriteFile(file, b.Bytes(), 0o644)
}

// writeDiff writes what a fix would change, for git apply.
func (r *checkRun) writeDiff(fixed *check.Fixed) error {
	return r.outs.write(r.e, func(_ string, w io.Writer, _ env) error {
		if r.co == nil {
			if fixed.Lock == nil {
				return nil
			}
			name := filepath.ToSlash(r.file)
			_, err := io.WriteString(w, udiff.Unified("a/"+strings.TrimPrefix(name, "/"), "b/"+strings.TrimPrefix(name, "/"), string(r.in.Lock.Format()), string(fixed.Lock)))
			return err
		}
		for _, edit := range fixed.Edits {
			rel, err := filepath.Rel(r.co.project.Root, edit.Path)
			if err != nil {
				return err
			}
			rel = filepath.ToSlash(rel)
			if _, err := io.WriteString(w, udiff.Unified("a/"+rel, "b/"+rel, string(edit.Old), string(edit.New))); err != nil {
				return err
			}
		}
		return nil
	})
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
