package main

import (
	"io"
	"slices"

	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/internal/diff3"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/scaffold"
	"github.com/portalctl/portalctl/internal/txn"
)

func (r *bumpRun) shown(next []string) reportForms {
	return propose(both{r.plan, r.merge}, bumpDocument{r.plan, r.merge}, r.files, next)
}

func (r *bumpRun) report(next []string) error { return r.shown(next).write(r.target, r.e, "") }

// writeDiff writes what git apply reads, files that are made and deleted included.
func writeDiff(w io.Writer, files []txn.Change) error {
	for _, f := range files {
		if _, err := w.Write(diff3.Unified(f.Rel, f.Old, f.New)); err != nil {
			return err
		}
	}
	return nil
}

// applying is the command line that does what this one showed.
func (r *bumpRun) applying() []string {
	if r.empty() {
		return nil
	}
	next := append(r.moving(), r.again+" --yes")
	if r.migrations != "" {
		next = append([]string{r.migrations}, next...)
	}
	if line := r.breaks(); line != "" {
		next = append([]string{line}, next...)
	}
	if r.noYarn != nil {
		next = append([]string{fault.NextOf(r.noYarn)}, next...)
	}
	return next
}

// moving is how to move packages to their new names, if there are some and that is
// not what is done already.
func (r *bumpRun) moving() []string {
	if r.migrate || !slices.ContainsFunc(r.plan.Notes, func(n bump.Note) bool { return n.Kind == bump.Moved }) {
		return nil
	}
	return []string{"to move packages to their new names, imports included: " + r.again + " --migrate --dry-run"}
}

// after is what to do once the plan is applied.
func (r *bumpRun) after() []string {
	next := append([]string{"yarn install"}, r.co.alsoCommit()...)
	next = append(next, "yarn tsc")
	next = append(next, r.moving()...)
	if r.plan.Lockfile.OffByYarn() > 0 {
		next = append(next, "to list what is off the release: "+r.status)
	}
	switch u := r.plan.HelperURL(); {
	case u == "" || r.merge != nil:
	case r.plan.Release()[scaffold.Package] != "":
		next = append(next, "to merge what changed in the app template: "+r.templated)
	default:
		next = append(next, "review the template changes: "+u)
	}
	return next
}
