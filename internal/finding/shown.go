package finding

import "time"

// Filter knows before a report is finished which of its findings will be set
// aside: what is not shown must not explain away what would be.
type Filter struct {
	config *Config
	now    time.Time
	known  map[string]bool
}

// NewFilter is the filter of a report of a command that Finish gets the same
// decisions for.
func NewFilter(command string, cfg *Config, base *Baseline, now time.Time) *Filter {
	return &Filter{config: cfg, now: now, known: base.Of(command)}
}

// Hides reports whether a finding is off, ignored or in the baseline.
func (f *Filter) Hides(x Finding) bool {
	if s, ok := f.config.Severity(x.Rule); ok && s == Off {
		return true
	}
	if f.config != nil {
		for _, ig := range f.config.Ignores {
			if ig.Counts(f.now) && ig.Matches(x.subject()) {
				return true
			}
		}
	}
	if len(f.known) == 0 {
		return false
	}
	one := []Finding{x}
	fingerprints(one)
	return f.known[one[0].Fingerprint]
}
