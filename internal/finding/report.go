package finding

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Report is the findings of one run and what became of them.
type Report struct {
	// Schema names the form of the JSON, such as portalctl.check/v1.
	Schema string
	// Command is whose findings of a baseline count; check's have none.
	Command string
	// Title heads the text forms, Notes follow it. Outcome is the sentence beside
	// the title, where it is not what Sentence counts.
	Title   string
	Outcome string
	Notes   []string
	Rules   []Rule
	// Findings are those that count, sorted once Finish ran.
	Findings []Finding
	// Ignored and Known do not count: configuration ignores the former, the
	// baseline has the latter.
	Ignored []Ignored
	Known   []Finding
	// Unknown is what could not be judged, which is not the same as fine.
	Unknown []Unknown
	// Gone counts entries of the baseline that no finding has any more.
	Gone int
	// Extra members of the JSON document, in order.
	Extra []Member
	// Unjudged, if there is one, says that the run did not look at what an ignore
	// is about, so that it is not called unused.
	Unjudged func(Ignore) bool
}

// Member is one member of a JSON document.
type Member struct {
	Name  string
	Value any
}

// Ignored is a finding that configuration ignores.
type Ignored struct {
	Finding
	Reason  string
	Expires string
}

// Unknown is a rule that could not be judged, in whole or for a name.
type Unknown struct {
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
	Next   string `json:"next"`
}

// Counts are the numbers of a report.
type Counts struct {
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Infos    int `json:"infos"`
	// Fixable counts, among these, what --fix does; FixableInManifests what
	// --fix-manifests does beyond that.
	Fixable            int `json:"fixable"`
	FixableInManifests int `json:"fixableInManifests"`
	Ignored            int `json:"ignored"`
	Baseline           int `json:"baseline"`
}

// Counts are the numbers of r.
func (r *Report) Counts() Counts {
	c := Counts{Ignored: len(r.Ignored), Baseline: len(r.Known)}
	for _, f := range r.Findings {
		switch f.Severity {
		case Error:
			c.Errors++
		case Warning:
			c.Warnings++
		default:
			c.Infos++
		}
		switch f.FixedBy {
		case ByFix:
			c.Fixable++
		case ByManifests:
			c.FixableInManifests++
		}
	}
	return c
}

// Failed reports whether a finding counts against the portal.
func (r *Report) Failed() bool {
	c := r.Counts()
	return c.Errors+c.Warnings > 0
}

// Finish sorts the findings, gives each its fingerprint, and sets aside what
// the configuration ignores and what the baseline knows. now decides which
// ignores have expired.
func (r *Report) Finish(cfg *Config, base *Baseline, now time.Time) {
	r.Findings = cfg.severities(r.Findings)
	sortFindings(r.Findings, r.Rules)
	fingerprints(r.Findings)
	r.ignore(cfg, now)
	r.known(base)
	sortFindings(r.Findings, r.Rules)
}

// Prefix puts a folder before the places of all findings, for readers that
// count from the root of the repository instead of the portal's. A report that
// this one is a copy of stays as it is.
func (r *Report) Prefix(dir string) {
	if dir == "" || dir == "." {
		return
	}
	r.Findings, r.Known, r.Ignored = slices.Clone(r.Findings), slices.Clone(r.Known), slices.Clone(r.Ignored)
	for _, list := range [][]Finding{r.Findings, r.Known} {
		for i := range list {
			list[i].Pos.File = path.Join(dir, list[i].Pos.File)
		}
	}
	for i := range r.Ignored {
		r.Ignored[i].Pos.File = path.Join(dir, r.Ignored[i].Pos.File)
	}
}

// fingerprints identify findings across runs: by rule, file, name and key, not
// by line or wording. Equal ones are numbered in their order.
func fingerprints(list []Finding) {
	seen := map[string]int{}
	for i := range list {
		f := &list[i]
		id := strings.Join([]string{f.Rule, f.Pos.File, f.Name, f.Key}, "\x00")
		seen[id]++
		if n := seen[id]; n > 1 {
			id += "\x00" + strconv.Itoa(n)
		}
		sum := sha256.Sum256([]byte(id))
		f.Fingerprint = hex.EncodeToString(sum[:8])
	}
}
