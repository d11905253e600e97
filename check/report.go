package check

import (
	"errors"
	"io/fs"

	"github.com/portalctl/portalctl/internal/dedupe"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
)

// Schema names the form of the JSON report. docs/json.md describes it.
const Schema = "portalctl.check/v1"

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
	if in.LockErr != nil && !isConflict(in.LockErr) {
		return nil, in.LockErr
	}
	m := newModel(in, opts)
	m.run()
	r := &Report{Dedupable: m.moves}
	r.Schema, r.Rules = Schema, Rules()
	r.Title = "portalctl check"
	r.Findings, r.Unknown = m.findings, m.unknown
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
func (m *model) run() {
	m.plan()
	for _, rule := range []struct {
		id  string
		run func(*model)
		// project: it needs the package.json files; lock: it needs the lock.
		project, lock bool
	}{
		{ruleReleaseDiffers, (*model).releaseDiffers, true, false},
		{ruleStructure, (*model).structure, true, false},
		{ruleHost, (*model).hostVersions, true, false},
		{ruleRegistered, (*model).registered, true, false},
		{rulePatch, (*model).patches, true, true},
		{ruleBlocks, (*model).blocks, true, false},
		{ruleUnused, (*model).unusedResolutions, true, true},
		{ruleStale, (*model).stale, false, false},
		{ruleDedupable, (*model).dedupable, false, true},
		{ruleDuplicate, (*model).duplicates, false, true},
		{ruleMixedLine, (*model).mixedLine, true, true},
		{ruleOffRelease, (*model).offRelease, true, true},
		{ruleMoved, (*model).movedPackages, true, false},
	} {
		if m.off(rule.id) || rule.project && m.in.Project == nil || rule.lock && m.graph == nil {
			continue
		}
		rule.run(m)
	}
}

// plan decides what the lock could do without, and how it looks after that.
func (m *model) plan() {
	if m.graph == nil {
		return
	}
	m.moves = dedupe.Plan(m.in.Lock, m.dedupeOptions())
	if len(m.moves) == 0 || m.off(ruleDedupable) {
		return
	}
	m.after = m.graph.Moved(dedupe.Targets(m.in.Lock, m.moves))
}

func (m *model) dedupeOptions() dedupe.Options {
	return dedupe.Options{Strategy: m.opts.Strategy, Scope: m.inScope, Versions: m.versions, Singleton: m.isSingleton}
}

func isConflict(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Pos.Line > 0 && conflictText(f.What)
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
