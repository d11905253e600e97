package main

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/bump/template"
	"github.com/portalctl/portalctl/internal/diff3"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/ui"
)

// bumpDocument is the JSON of versions bump.
type bumpDocument struct {
	*bump.Plan
	// Template is the plan of the merge, with --template.
	Template *template.Plan `json:"template,omitempty"`
}

// mergeTemplate plans the merge of the app template. The bump is planned on the
// portal as the merge leaves it, so that the lock has what the template brings.
// So are the settings that the lock is written by, and the Yarn that it is written for.
func (r *bumpRun) mergeTemplate(ctx context.Context) error {
	if !r.allowDirty && !r.dryRun {
		if err := clean(r.co.project.Root, r.again); err != nil {
			return err
		}
	}
	var err error
	if r.merge, err = r.co.templatePlan(ctx, template.Options{Release: r.release}, r.offline, r.e); err != nil {
		return err
	}
	texts := map[string][]byte{}
	for _, w := range r.merge.Writes() {
		texts[w.Rel] = w.New
	}
	r.locked, err = r.co.with(texts, r.e)
	return err
}

// empty reports whether there is nothing to write.
func (r *bumpRun) empty() bool { return r.plan.Empty() && (r.merge == nil || r.merge.Empty()) }

// writes are the files of the bump and of the merge. Of a package.json that both
// change the bump's is the later text; of another file each changes lines of its own.
func (r *bumpRun) writes() ([]txn.Change, error) {
	var list []txn.Change
	if r.merge != nil {
		list = r.merge.Writes()
	}
	for _, f := range r.plan.Files() {
		i := slices.IndexFunc(list, func(w txn.Change) bool { return w.Rel == f.Rel })
		switch {
		case i < 0:
			list = append(list, f)
		case string(list[i].New) == string(f.Old):
			list[i].New = f.New
		default:
			parts := diff3.Merge(f.Old, list[i].New, f.New)
			if list[i].New == nil || slices.ContainsFunc(parts, func(p diff3.Piece) bool { return p.Conflict }) {
				return nil, fault.At(fault.Pos{File: f.Rel}, "the release and the template change the same part of this file").
					WithNext("Run versions bump without --template, then versions template")
			}
			list[i].New = diff3.Text(parts, diff3.Labels{})
		}
	}
	slices.SortFunc(list, func(a, b txn.Change) int { return strings.Compare(a.Rel, b.Rel) })
	return list, nil
}

// edits apply the files.
func (r *bumpRun) edits() []txn.Edit { return txn.Edits(r.co.project.Root, r.files) }

// texts are the files that the merge changes, as both leave them.
func (r *bumpRun) texts() map[string][]byte {
	out := map[string][]byte{}
	for _, f := range r.files {
		if f.New != nil && r.merge != nil {
			out[f.Rel] = f.New
		}
	}
	return out
}

// conflicts reports whether the merge of the template leaves some to a person.
func (r *bumpRun) conflicts() bool { return r.merge != nil && r.merge.Conflicts() > 0 }

// both are a bump's plan and that of the template, nil without one, as one report.
type both struct {
	bump  *bump.Plan
	merge *template.Plan
}

// WriteTable writes both for people, and WriteMarkdown as Markdown.
func (b both) WriteTable(w io.Writer, st ui.Style, next []string) error {
	return b.write(w, next, func(p planned, next []string) error { return p.WriteTable(w, st, next) })
}

func (b both) WriteMarkdown(w io.Writer, next []string) error {
	return b.write(w, next, func(p planned, next []string) error { return p.WriteMarkdown(w, next) })
}

func (b both) write(w io.Writer, next []string, one func(planned, []string) error) error {
	if b.merge == nil {
		return one(b.bump, next)
	}
	if err := one(b.bump, nil); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	return one(b.merge, next)
}
