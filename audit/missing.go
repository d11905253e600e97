package audit

import (
	"fmt"
	"slices"

	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/internal/depgraph"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// ruleStale is the rule about locks that lack what is asked for: what is not
// in the lock cannot be audited, and an install puts in what is newest then.
// The rule of that name of portalctl check explains it.
var ruleStale = finding.Rule{ID: "lockfile-stale", Title: "dependencies that yarn.lock has no entry for", Severity: finding.Error}

// stale adds what the lock has no entry for. The change that brings it must not
// pass. In a full audit, a lock that lacks what a package.json asks for is an
// error: what will be installed is not known, and nothing found in it would look
// like a pass. With a base that has the gap, too, it is a warning.
func (b *builder) stale(m *model) {
	if m.Tool == "" && (m.Project == nil || m.Settings == nil) {
		return
	}
	if err := b.unknown(m); err != nil {
		b.r.Incomplete = append(b.r.Incomplete, err)
		return
	}
	severity := b.staleSeverity()
	was := map[[2]string]bool{}
	for _, base := range b.baseModels {
		if base.Path != m.Path && b.moved[m.Path] != base.Path && !slices.Contains(b.from[m.Path], base.Path) {
			continue
		}
		for _, e := range base.missing() {
			was[[2]string{e.Name, e.Range}] = true
		}
	}
	var asks [2][]string // old, new
	var first [2]fault.Pos
	for _, e := range m.missing() {
		i := 0
		if b.in.Base != nil && !was[[2]string{e.Name, e.Range}] {
			i = 1
		}
		if text := e.Name + "@" + e.Range; !slices.Contains(asks[i], text) {
			asks[i] = append(asks[i], text)
			if len(asks[i]) == 1 {
				first[i] = e.Pos
			}
		}
	}
	for i, list := range asks {
		if len(list) == 0 {
			continue
		}
		f := ruleFinding{New: i == 1, Verdict: verdictWarns, Finding: finding.Finding{
			Rule: ruleStale.ID, Severity: finding.Warning, Pos: first[i], Name: m.Path, Key: fmt.Sprint(i == 1),
			Message: fmt.Sprintf("%s has no entry for %s, so that %s cannot be audited", m.Path, english.Some(list, 5), english.Form(len(list), "it", "they")),
			Next:    "Bring the lock in line with portalctl versions lock" + b.opts.at(m.dir()) + " or yarn install, and commit it",
		}}
		if m.Tool != "" {
			f.Next = "Run " + m.Tool + " install, and commit the lock"
		}
		if f.Pos.IsZero() {
			f.Pos = fault.Pos{File: m.Path, Line: 1}
		}
		if f.New {
			f.Verdict, f.Severity = verdictBlocks, finding.Error
		}
		switch {
		case severity == finding.Off:
			continue
		case severity != "" && severity != finding.Error && f.New:
			f.Verdict, f.Severity = verdictWarns, severity
		}
		b.r.Rules = append(b.r.Rules, f)
	}
}

// staleSeverity is what the team has decided about locks that lack something, ""
// for nothing.
func (b *builder) staleSeverity() finding.Severity {
	if d := b.in.Decisions; d != nil {
		return d.Policy.Severities[ruleStale.ID]
	}
	return ""
}

// unknown says why it is not known what a lock installs, nil if it is.
func (b *builder) unknown(m *model) error {
	if severity := b.staleSeverity(); b.in.Base != nil || severity != "" && severity != finding.Error {
		return nil
	}
	return m.lacks()
}

// missing is all that the lock has no answer for.
func (m *model) missing() []askedFor {
	out := slices.Clone(m.Lacks)
	if m.Tool != "" {
		return out
	}
	for _, e := range m.graph.Missing() {
		if e.Kind != depgraph.Extension {
			out = append(out, askedFor{e.Name, e.Range, m.at(e.Pos)})
		}
	}
	return append(out, m.overridden()...)
}

// overridden are the resolutions that a lock of Yarn 1 does not have: its entries
// keep the range that was asked for, so that nothing else tells. Yarn 1 puts the
// version of the resolution in without a word, also with --frozen-lockfile.
func (m *model) overridden() []askedFor {
	if m.Project == nil || m.Lock.Lock.Kind != yarnlock.Classic {
		return nil
	}
	var out []askedFor
	for _, r := range m.Project.RootWorkspace().File.Resolutions() {
		want, err := semrange.Parse(r.Value)
		if err != nil || r.Pattern.Name == "" || r.Pattern.Parent != "" || r.Pattern.Range != "" {
			continue
		}
		for _, e := range m.Lock.Lock.Named(r.Pattern.Name) {
			v, err := semrange.ParseVersion(e.Version)
			if err == nil && !want.Satisfies(v) {
				out = append(out, askedFor{r.Pattern.Name, r.Value, m.at(r.Pos)})
				break
			}
		}
	}
	return out
}

// lacks is an error where a workspace asks for what the lock has no entry for.
func (m *model) lacks() error {
	var asks []string
	var first fault.Pos
	for _, e := range m.graph.Missing() {
		if e.Kind == depgraph.Extension || m.graph.Workspace(e.From) == nil {
			continue
		}
		if text := e.Name + "@" + e.Range; !slices.Contains(asks, text) {
			asks = append(asks, text)
			if len(asks) == 1 {
				first = m.at(e.Pos)
			}
		}
	}
	if len(asks) == 0 {
		return nil
	}
	if first.IsZero() {
		first = fault.Pos{File: m.Path}
	}
	return fault.At(first, "%s has no entry for %s: what is installed is not known", m.Path, english.Some(asks, 5)).
		WithNext("Run yarn install (or portalctl versions lock), and commit %s; where it is to be judged as it is, set lockfile-stale to warning in the audit section of .portalctl.yaml", m.Path)
}

// unread notes the locks that are not judged, which is not the same as fine: by
// policy, the audit is incomplete then.
func (b *builder) unread() {
	for _, u := range b.in.Unread {
		what, next := "the lock", "Audit it with a tool of its own, leave it out with --exclude, or take it away if nobody installs from it"
		if u.Submodule {
			what, next = "the folder", "Run git submodule update --init "+u.Path
		}
		if d := b.in.Decisions; d != nil && d.Policy.UnreadLocks == ignore.Fail {
			b.r.Incomplete = append(b.r.Incomplete, fault.At(fault.Pos{File: u.Path}, "%s %s", what, u.Reason).WithNext("%s", next))
		}
		b.r.Unknown = append(b.r.Unknown, finding.Unknown{Rule: "locks", Reason: u.Path + " " + u.Reason, Next: next})
	}
}
