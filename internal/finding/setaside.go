package finding

import (
	"path"
	"slices"
	"time"
)

// subject is a finding of a rule as ignores see it.
func (f Finding) subject() Subject {
	s := Subject{Rule: f.Rule, Package: f.Name, Lock: f.Pos.File}
	if path.Base(f.Pos.File) == "package.json" {
		s.Workspaces = []string{path.Dir(f.Pos.File)}
	}
	return s
}

// ignore sets aside what the configuration ignores. An ignore that has expired
// has no effect any more and is a finding of its own, and so is one that nothing
// needs, unless the run did not look at what it is about.
func (r *Report) ignore(cfg *Config, now time.Time) {
	if cfg == nil || len(cfg.Ignores) == 0 {
		return
	}
	used := make([]bool, len(cfg.Ignores))
	kept := r.Findings[:0]
	for _, f := range r.Findings {
		s, by := f.subject(), -1
		for i, ig := range cfg.Ignores {
			if !ig.Counts(now) || !ig.Matches(s) {
				continue
			}
			used[i] = true // all that match: none of them is to be called unused
			if by < 0 {
				by = i
			}
		}
		if by < 0 {
			kept = append(kept, f)
			continue
		}
		r.Ignored = append(r.Ignored, Ignored{f, cfg.Ignores[by].Reason, cfg.Ignores[by].Expires})
	}
	var own []Finding
	for i, ig := range cfg.Ignores {
		switch {
		case !ig.Counts(now):
			own = append(own, ig.Expired(ig.Text("")))
		case !used[i] && !r.unjudged(cfg, ig):
			own = append(own, ig.Unused(ig.Text("")))
		}
	}
	own = cfg.severities(own)
	fingerprints(own)
	r.Findings = append(kept, own...)
}

// unjudged reports whether the run cannot say that nothing needs an ignore.
func (r *Report) unjudged(cfg *Config, ig Ignore) bool {
	if s, ok := cfg.Severity(ig.Rule); ok && s == Off {
		return true
	}
	return slices.ContainsFunc(r.Unknown, func(u Unknown) bool { return u.Rule == ig.Rule }) ||
		r.Unjudged != nil && r.Unjudged(ig)
}
