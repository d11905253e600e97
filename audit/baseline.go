package audit

import (
	"slices"

	"github.com/portalctl/portalctl/internal/finding"
)

// command names audit's entries in a baseline, which it shares with check.
const command = "audit"

// known sets aside the findings of rules that the baseline has, as judge does
// with those of advisories: they stay in the report and do not count. Malware
// counts whatever was recorded, and so do ignores that ran out.
func (b *builder) known() {
	numbers, there := map[string]int{}, map[string]bool{}
	for _, f := range b.r.Findings {
		there[f.Fingerprint] = true
	}
	for i := range b.r.Rules {
		f := &b.r.Rules[i]
		if f.Fingerprint == "" {
			f.Fingerprint = f.fingerprint(numbers)
		}
		there[f.Fingerprint] = true
		if b.recorded[f.Fingerprint] && f.Verdict != verdictIgnored && f.Rule != finding.IgnoreRule.ID && f.Rule != finding.UnusedRule.ID {
			f.Verdict, f.Known = verdictAllowed, true
		}
	}
	if b.opts.Prod || b.opts.Partial { // not all was looked at
		return
	}
	for id := range b.recorded {
		if !there[id] {
			b.r.Gone++
		}
	}
}

// NewBaseline records what is in the report, malware apart. What other commands
// recorded in old, if there is one, stays.
func (r *Report) NewBaseline(old *finding.Baseline) *finding.Baseline {
	out := r.Shared("")
	mal := map[string]bool{}
	for _, f := range r.Findings {
		mal[f.Fingerprint] = f.Malicious()
	}
	out.Findings = slices.DeleteFunc(out.Findings, func(f finding.Finding) bool { return mal[f.Fingerprint] })
	return finding.NewBaseline(out, old)
}
