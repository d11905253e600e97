package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/osv"
)

// Shared is the report as check has it, too, for the forms that both write: a rule
// for each advisory, so that alerts carry its severity, and one for each rule about
// locks and settings. What is fixed is left out. prefix is the folder of what is
// audited within the repository, "" for its root.
func (r *Report) Shared(prefix string) *finding.Report {
	out := &finding.Report{Command: command, Title: "portalctl audit", Outcome: r.Sentence(), Rules: Rules()}
	add := func(f finding.Finding, ig *ignore.Ignore, known bool) {
		switch {
		case ig != nil:
			out.Ignored = append(out.Ignored, finding.Ignored{Finding: f, Reason: ig.Reason, Expires: ig.Expires})
		case known:
			out.Known = append(out.Known, f)
		default:
			out.Findings = append(out.Findings, f)
		}
	}
	seen := map[string]bool{}
	for _, f := range r.Findings {
		if f.Status == statusFixed {
			continue
		}
		if !seen[f.Advisory.ID] {
			seen[f.Advisory.ID] = true
			out.Rules = append(out.Rules, advisoryRule(f))
		}
		add(f.sarif(r.Base != nil), f.Ignore, f.Known)
	}
	numbers := map[string]int{}
	for _, f := range r.Rules {
		sf := f.Finding
		if sf.Fingerprint == "" {
			sf.Fingerprint = f.fingerprint(numbers)
		}
		sf.Severity = level(f.Verdict)
		sf.Pos.Line = max(sf.Pos.Line, 1)
		if r.Base != nil {
			sf.State = map[bool]string{true: finding.New, false: finding.Unchanged}[f.New]
		}
		add(sf, f.Ignore, f.Known)
	}
	out.Prefix(prefix)
	return out
}

func advisoryRule(f *Finding) finding.Rule {
	rule := finding.Rule{ID: f.Advisory.ID, Title: english.Short(f.summary(), 200), Severity: finding.Warning, URL: f.Advisory.URL,
		Score: securityScore(f.Advisory), Tags: []string{"security", "supply-chain"}}
	if f.Malicious() {
		// Code scanning sorts by this number; malware has none of its own.
		rule.Severity, rule.Score, rule.Tags = finding.Error, 10, append(rule.Tags, "malware")
	}
	if rule.URL == "" {
		rule.URL = "https://osv.dev/vulnerability/" + f.Advisory.ID
	}
	return rule
}

// securityScore is what code scanning sorts by. Where a database has a word and no
// vector, it is a number that code scanning shows as that word; 0 where there is
// neither.
func securityScore(a *osv.Advisory) float64 {
	if a.Score > 0 {
		return a.Score
	}
	return map[string]float64{"low": 2, "medium": 5.5, "high": 8, "critical": 9.5}[a.Rating]
}

func level(v Verdict) finding.Severity {
	switch v {
	case verdictBlocks:
		return finding.Error
	case verdictWarns:
		return finding.Warning
	}
	return finding.Info
}

// maxNext is how long the action is that each of its findings repeats: one action
// may have a line for every one of thousands.
const maxNext = 1500

// firstSteps are those that come to no more than about size characters, and how many
// more there are.
func firstSteps(list []string, size int) string {
	for i, s := range list {
		if size -= len(s); size < 0 {
			rest := english.Count(len(list)-i, "more step") + " (the table has all)"
			if i == 0 {
				return english.Short(s, maxNext) + "; " + rest
			}
			return strings.Join(list[:i], "; ") + "; and " + rest
		}
	}
	return strings.Join(list, "; ")
}

// maxSummary is how much of an advisory's summary each of its findings repeats.
const maxSummary = 400

// sarif is f as a finding of code scanning. The message's first sentence is all
// that lists show. Brackets and braces have a meaning in it.
func (f *Finding) sarif(base bool) finding.Finding {
	out := finding.Finding{
		Rule: f.Advisory.ID, Severity: level(f.Verdict), Pos: f.Where.Pos, Name: f.Package, Fingerprint: f.Fingerprint,
		Message: fmt.Sprintf("%s %s is affected by %s (%s, %s): %s.", english.Plain(f.Package), english.Plain(f.Version), f.Advisory.ID, f.rating(), f.fix(),
			strings.NewReplacer("[", "(", "]", ")", "{", "(", "}", ")").Replace(strings.TrimSuffix(english.Short(f.summary(), maxSummary), "."))),
		Lines: append([]string{"Needed by: " + f.Where.use()}, f.Where.ways(5)...),
	}
	if f.Malicious() {
		out.Message = fmt.Sprintf("%s %s is malware (%s): %s.", english.Plain(f.Package), english.Plain(f.Version), f.Advisory.ID,
			strings.NewReplacer("[", "(", "]", ")", "{", "(", "}", ")").Replace(strings.TrimSuffix(english.Short(f.summary(), maxSummary), ".")))
	}
	if f.Action != nil {
		out.Next = english.Short(f.Action.Title, maxNext) + ": " + firstSteps(f.Action.Steps, maxNext)
	}
	if base {
		out.State = map[status]string{statusNew: finding.New, statusPresent: finding.Unchanged}[f.Status]
	}
	out.Pos.Line = max(out.Pos.Line, 1)
	return out
}

// ruleURL is where a rule is explained.
func ruleURL(id string) string {
	if i := slices.IndexFunc(Rules(), func(r finding.Rule) bool { return r.ID == id }); i >= 0 {
		return Rules()[i].DocURL()
	}
	return finding.Rule{ID: id}.DocURL()
}
