package check

import (
	"io/fs"
	"slices"

	"github.com/portalctl/portalctl/internal/dedupe"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/sorting"
)

// schemaName names the form of the JSON report. docs/json.md describes it.
const schemaName = "portalctl.check/v1"

// Report is the outcome of a check.
type Report struct {
	finding.Report
	// Dedupable are the descriptors that another version in the lock satisfies,
	// by the options' scope and strategy.
	Dedupable []dedupe.Move
}

// NewReport judges the portal. It reads in.Files and changes nothing. An error
// is a lock that cannot be read, and for another reason than conflict markers.
func NewReport(in Input, opts Options) (*Report, error) {
	if in.LockErr != nil && !fault.IsConflict(in.LockErr) {
		return nil, in.LockErr
	}
	m := newModel(in, opts)
	m.run()
	r := &Report{Dedupable: m.moves}
	r.Schema, r.Rules = schemaName, Rules()
	r.Title = "portalctl check"
	r.Findings, r.Unknown = m.findings, m.unknown
	// In the order of the table, not in that of the run.
	sorting.Stable(r.Unknown, func(a, b finding.Unknown) int {
		at := func(id string) int { return slices.IndexFunc(r.Rules, func(r finding.Rule) bool { return r.ID == id }) }
		return at(a.Rule) - at(b.Rule)
	})
	release := m.release()
	if release != "" {
		r.Title += ", release " + release
	}
	r.Extra = []finding.Member{{Name: "release", Value: release}}
	r.Unjudged = m.unjudged
	r.Finish(opts.Config, opts.Baseline, opts.Now)
	return r, nil
}

// run lets the rules look, causes before consequences.
func (m *model) run() { m.runAll(inOrder(table())) }

func (m *model) runAll(rules []rule) {
	m.plan()
	m.settleRoles()
	for _, r := range rules {
		if m.off(r.ID) || r.needs.project && m.in.Project == nil || r.needs.lock && m.graph == nil {
			continue
		}
		m.rule = r
		r.run(m)
	}
}

// NewBaseline records all that is wrong with a portal now. What a finding
// explains is a finding of its own once that one is in a baseline, so that it
// takes several looks. What other commands recorded in the options' baseline stays.
func NewBaseline(in Input, opts Options) (*finding.Baseline, error) {
	old := opts.Baseline
	opts.Baseline = nil
	for range maxRounds {
		r, err := NewReport(in, opts)
		if err != nil {
			return nil, err
		}
		done := opts.Baseline != nil && len(r.Findings) == 0
		opts.Baseline = finding.NewBaseline(&r.Report, old)
		if done {
			break
		}
	}
	return opts.Baseline, nil
}

// plan decides what the lock could do without, and how it looks after that.
func (m *model) plan() {
	if m.graph == nil {
		return
	}
	m.moves = dedupe.Plan(m.in.Lock, m.dedupeOptions())
	// What is not to be deduped stays as it is, and so do its consequences.
	moves := slices.DeleteFunc(slices.Clone(m.moves), func(mv dedupe.Move) bool {
		return m.filter.Hides(m.dedupableAt(mv))
	})
	if len(moves) > 0 {
		m.after = m.graph.Moved(dedupe.Targets(m.in.Lock, moves))
	}
}

func (m *model) dedupeOptions() dedupe.Options {
	return dedupe.Options{Strategy: m.opts.Strategy, Scope: m.inScope, Versions: m.versions, Singleton: m.isSingleton}
}

// read is a file of the project, nil if there is none.
func (m *model) read(name string) []byte {
	if m.in.Files == nil {
		return nil
	}
	src, err := fs.ReadFile(m.in.Files, name)
	if err != nil {
		return nil
	}
	return src
}

// unjudged reports whether the rules of this run did not look at what an ignore
// is about: those about several versions look only at packages in scope.
func (m *model) unjudged(ig finding.Ignore) bool {
	switch ig.Rule {
	case ruleDuplicate, ruleDedupable:
		return m.graph == nil || !m.inScope(ig.Package)
	}
	return m.graph == nil || m.in.Project == nil
}
