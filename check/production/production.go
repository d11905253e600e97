// Package production reads a portal's repository as a reviewer would before it goes
// to production: one table of items, each of which is passed, failed, attested,
// unknown or not applicable, with the lines that say so. A Report is computed from
// inputs alone. Unknown is an answer; a pass without evidence is not.
package production

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/workspace"
)

// schemaName names the form of the JSON report. docs/json.md describes it.
const schemaName = "portalctl.production/v1"

// commandName is whose findings of a baseline these are.
const commandName = "production"

// verdict is what an item came to.
type verdict string

// The verdicts.
const (
	verdictPass     verdict = "pass"
	verdictFail     verdict = "fail"
	verdictAttested verdict = "attested"
	verdictUnknown  verdict = "unknown"
	// verdictNotApplicable: what the item is about is not there.
	verdictNotApplicable verdict = "not-applicable"
)

// evidencePlace is a place that a verdict rests on, and what is to be seen there. Text
// never has a value that may be secret.
type evidencePlace struct {
	Pos  fault.Pos
	Text string
}

// Input is all that a report is computed from.
type Input struct {
	Project *workspace.Project
	// Standing is the release that the portal is on, and Newest the newest of the main
	// line that is known. Current: somebody has just asked for it.
	Standing release.Standing
	Newest   string
	Current  bool
	// Repo has the repository's files, Top its folder: that of the portal or one
	// above it, where workflows and owners are.
	Repo *repofile.Repo
	Top  string
	// Deploy has the files of --deploy-dir, which DeployName names; nil without it.
	Deploy     fs.FS
	DeployName string
	// Check is what check says of the same portal, for the items that rest on it;
	// nil if nobody asked it.
	Check *finding.Report
}

// Options are the user's choices.
type Options struct {
	Config   *Config
	Baseline *finding.Baseline
	Profile  Profile
	// At names the portal in next steps: "" or " -C DIR".
	At string
	// Now is the clock that ignores and attestations end by.
	Now time.Time
}

// itemResult is one item with its verdict.
type itemResult struct {
	checkItem
	Verdict verdict
	// Reason is the verdict in a sentence, Next what to do, "" where nothing is.
	Reason, Next string
	Evidence     []evidencePlace
	// Counts reports whether the profile takes a failure of the item for one, Open
	// how many of its findings do: not those that are ignored or in the baseline.
	Counts bool
	Open   int
	// Attestation is what .portalctl.yaml says of the item, nil if nothing.
	Attestation *attestationEntry
	// Seconds is how long the shortest startup probe waits, by the item about it; 0
	// where there is none, or it is not known.
	Seconds int
}

// Report is the outcome. Its finding.Report has what failed, for the forms that
// machines read.
type Report struct {
	finding.Report
	Profile Profile
	// Starts says how production is started; the first one counts.
	Starts []backendStart
	// Items are all items, in the order of the table.
	Items    []itemResult
	Maturity reachedMaturity
}

// NewReport judges the portal.
func NewReport(in Input, opts Options) *Report {
	v := newView(in, opts)
	opts.Profile = cmp.Or(opts.Profile, profileTeam)
	r := &Report{Profile: opts.Profile}
	r.Schema, r.Command, r.Rules = schemaName, commandName, itemRules(opts.Profile)
	r.Title = "Production checklist"
	for _, it := range table() {
		if s, ok := opts.Config.findings().Severity(it.ID); ok && s == finding.Off {
			continue
		}
		seen := notApplicable("no workspace of the repository is an app or a backend")
		if v.hasPortal() {
			seen = v.config().placed(it.look(v))
		}
		res, list := it.settle(seen, opts)
		r.Items, r.Findings = append(r.Items, res), append(r.Findings, list...)
		if res.Verdict == verdictUnknown {
			r.Unknown = append(r.Unknown, finding.Unknown{Rule: it.ID, Reason: res.Reason, Next: res.Next})
		}
	}
	r.Findings = append(r.Findings, opts.Config.expired(opts.Now, r.Findings)...)
	r.Starts = v.starts()
	r.Finish(opts.Config.findings(), opts.Baseline, opts.Now)
	for i := range r.Items {
		for _, f := range r.Findings {
			if f.Rule == r.Items[i].ID && f.Severity.Fails() {
				r.Items[i].Open++
			}
		}
	}
	r.Maturity = maturity(r.Items)
	r.Outcome = r.sentence()
	r.Extra = r.members()
	return r
}

// count is how many items came to a verdict.
func (r *Report) count(v verdict) int {
	n := 0
	for _, it := range r.Items {
		if it.Verdict == v {
			n++
		}
	}
	return n
}

func (r *Report) sentence() string {
	parts := []string{fmt.Sprintf("maturity %d of %d", r.Maturity.Level, maxLevel)}
	for _, v := range []struct {
		is   verdict
		word string
	}{{verdictFail, "failed"}, {verdictPass, "passed"}, {verdictAttested, "attested"}, {verdictUnknown, "unknown"}, {verdictNotApplicable, "not applicable"}} {
		if n := r.count(v.is); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v.word))
		}
	}
	if n := len(r.Ignored); n > 0 {
		parts = append(parts, fmt.Sprintf("%d ignored", n))
	}
	if n := len(r.Known); n > 0 {
		parts = append(parts, fmt.Sprintf("%d in the baseline", n))
	}
	return strings.Join(parts, ", ")
}

// NewBaseline records all that is wrong now. What other commands recorded in the
// options' baseline stays.
func NewBaseline(in Input, opts Options) *finding.Baseline {
	r := NewReport(in, opts)
	return finding.NewBaseline(&r.Report, opts.Baseline)
}

// itemRules are the items as rules of findings, with the severities of a profile.
func itemRules(p Profile) []finding.Rule {
	var list []finding.Rule
	for _, it := range table() {
		list = append(list, finding.Rule{ID: it.ID, Title: it.Title, Severity: it.severity(p), URL: it.url(), Tags: []string{string(it.Area)}, Area: it.Area.title()})
	}
	return append(list, expiredRule, finding.IgnoreRule, finding.UnusedRule)
}

// allItems are all items, in the order of reports.
func allItems() []checkItem {
	var list []checkItem
	for _, it := range table() {
		list = append(list, it.checkItem)
	}
	return list
}

// in reports whether a word is one of a few.
func in[T comparable](word T, list ...T) bool { return slices.Contains(list, word) }
