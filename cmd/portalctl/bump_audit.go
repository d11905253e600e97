package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/bump"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// futureOptions are what the command line of versions bump says of advisories.
type futureOptions struct {
	audit      bool
	failOn, db string
}

// judgeFuture puts into the plan what is known of advisories in the lock that it
// would write: text, nil for the plan's own. The rules are those of audit for a
// change: what the lock has already does not fail.
func (r *bumpRun) judgeFuture(ctx context.Context, text []byte) error {
	if !r.future.audit || r.before == nil {
		return nil
	}
	if text == nil && r.yarn == nil && r.plan.Lockfile.Mode != lockYarn {
		text = r.before.Lock.Original()
		if r.plan.Lockfile.Mode == lockSkip {
			r.plan.Audit = &bump.Audit{Unknown: "yarn.lock is left as it is; an audit can judge it once it is in line"}
			return nil
		}
		for _, f := range r.plan.Files() {
			if f.Rel == audit.LockName {
				text = f.New
			}
		}
	}
	if text == nil {
		r.plan.Audit = &bump.Audit{Unknown: "Yarn decides the versions when the plan is applied; they are judged before the lock is written"}
		return nil
	}
	after, err := r.futureLock(text)
	if err != nil {
		return err
	}
	run := &auditRun{o: auditOptions{directory: r.directory, db: r.future.db, offline: r.offline && r.future.db == "", failOn: r.future.failOn},
		e: r.e, now: time.Now(), root: r.co.project.Root}
	report, err := run.future(ctx, r.before, after, r.co)
	if err != nil {
		return incomplete(ctx, err)
	}
	r.plan.Audit = future(report)
	return nil
}

// beforeBump is the lock as it is, for a comparison: the solver takes the one of
// the checkout over.
func (co *checkout) beforeBump() (*audit.Lock, error) {
	if co.lock == nil {
		return nil, nil
	}
	lock, err := yarnlock.Parse(audit.LockName, co.lockText)
	return &audit.Lock{Path: audit.LockName, Lock: lock, Project: co.project, Settings: co.settings}, err
}

// futureLock is the lock with the project as the plan leaves it.
func (r *bumpRun) futureLock(text []byte) (*audit.Lock, error) {
	lock, err := yarnlock.Parse(audit.LockName, text)
	if err != nil {
		return nil, err
	}
	texts := map[string][]byte{}
	for _, f := range r.plan.Files() {
		texts[f.Rel] = f.New
	}
	project, err := r.locked.project.With(texts)
	if err != nil {
		return nil, err
	}
	return &audit.Lock{Path: audit.LockName, Lock: lock, Project: project, Settings: r.plan.Settings(r.locked.settings)}, nil
}

// future judges a lock as a change of another, by the decisions of the portal as
// it is.
func (r *auditRun) future(ctx context.Context, before, after *audit.Lock, co *checkout) (*audit.Report, error) {
	if err := co.reach(r.e); err != nil {
		return nil, err
	}
	r.settings = co.net
	state, err := audit.FilesAt(r.root, r.e.Environ, nil).Read([]string{audit.LockName})
	if err != nil {
		return nil, err
	}
	r.sources = ignore.Sources{Head: state.Decisions, Rules: audit.Rules(), Now: r.now}
	decisions, err := ignore.Load(r.sources)
	if err != nil {
		return nil, err
	}
	r.in = audit.Input{Head: []*audit.Lock{after}, Base: &audit.Base{Name: "the lock as it is", Locks: []*audit.Lock{before}}, Decisions: decisions}
	r.opts = r.options(decisions.Policy)
	r.opts.Partial = true // other locks may need an ignore
	if err := r.match(ctx, decisions.Policy); err != nil {
		return nil, err
	}
	return audit.NewReport(r.in, r.opts)
}

// future is a report as a plan shows it.
func future(report *audit.Report) *bump.Audit {
	a := &bump.Audit{FailOn: report.Options.FailOn, Database: report.Database.String(), Warnings: slices.Clone(report.Database.Warnings)}
	fresh, staying, gone := report.Split()
	a.New, a.Staying, a.Gone = advised(fresh), advised(staying), advised(gone)
	a.Failed = report.Failed()
	return a
}

func advised(list []*audit.Finding) []bump.Advised {
	out := make([]bump.Advised, 0, len(list))
	for _, f := range list {
		d := bump.Advised{Advisory: f.Advisory.ID, Summary: f.Advisory.Summary, Severity: cmp.Or(f.Advisory.Rating, "unknown"), Package: f.Package,
			Version: f.Version, Before: f.Before, Fixed: f.Fixed, Verdict: string(f.Verdict), Why: f.Why}
		if f.Malicious() {
			d.Severity = "malware"
		}
		out = append(out, d)
	}
	return out
}

// refusedFuture ends a bump whose lock would fail, after its report, before
// anything is written.
func (r *bumpRun) refusedFuture() error {
	if err := r.report(nil); err != nil {
		return err
	}
	fmt.Fprintln(r.e.Err, "portalctl: nothing was written: the lock would have advisories that fail; --fail-on none applies the plan all the same, and an audit with --fix may end them then")
	return errFindings
}

// futureFails reports whether the lock of the plan would fail.
func (r *bumpRun) futureFails() bool { return r.plan.Audit != nil && r.plan.Audit.Failed }
