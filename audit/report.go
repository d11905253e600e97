package audit

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/osv"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/sorting"
)

// NewReport judges the locks of the head, against those of the base if there
// is one. An error is an option that is not known.
func NewReport(in Input, opts Options) (*Report, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	r := &Report{Base: in.Base, Database: in.Database, Options: opts, Locks: len(in.Head), Packages: len(Packages(in.Head)), Incomplete: in.Incomplete}
	b := &builder{in: in, opts: opts, r: r, hits: newHits(in.Hits), base: known{}}
	if in.Base == nil {
		b.recorded = in.Baseline.Of(command)
	}
	b.compare()
	for _, l := range in.Head {
		m := newModel(l)
		b.lock(m)
		b.stale(m)
	}
	b.fixed()
	b.unread()
	b.rules()
	b.decisions()
	b.known()
	r.finish()
	return r, nil
}

type builder struct {
	in   Input
	opts Options
	r    *Report
	hits hits
	base known
	// moved has the paths of locks that were elsewhere at the base.
	moved map[string]string
	// from has the paths of the base's locks that others took packages over
	// from, by path at the head; inherited is what was known there.
	from      map[string][]string
	inherited known
	// still are the findings of the base that the head has, too.
	still map[found]bool
	// recorded are the fingerprints of the baseline.
	recorded map[string]bool
	// models of the base's locks, by path.
	baseModels []*model
}

// compare notes what the base had, under the paths that its locks have now.
func (b *builder) compare() {
	b.still = map[found]bool{}
	if b.in.Base == nil {
		return
	}
	b.moved = moves(b.in.Head, b.in.Base.Locks)
	now := map[string]string{}
	for head, base := range b.moved {
		now[base] = head
	}
	b.from, b.inherited = inheritedFrom(b.in.Head, b.in.Base.Locks), known{}
	for _, l := range b.in.Base.Locks {
		m := newModel(l)
		b.baseModels = append(b.baseModels, m)
		b.base.add(m, cmp.Or(now[l.Path], l.Path), b.hits, b.opts.Prod)
		for head, from := range b.from {
			if slices.Contains(from, l.Path) {
				b.inherited.add(m, head, b.hits, b.opts.Prod)
			}
		}
	}
}

// lock adds the findings of a lock of the head.
func (b *builder) lock(m *model) {
	var list []osv.Package
	for p := range m.nodes {
		if len(b.hits[p]) > 0 {
			list = append(list, p)
		}
	}
	sorting.By(list, comparePackages)
	// What a change adds comes apart from what was there: its author is not to
	// do the other's work.
	plans, later := newPlans(b, m), newPlans(b, m)
	count := map[found]int{}
	for _, p := range list {
		where := m.where(p)
		for _, a := range b.hits[p] {
			if b.opts.Prod && !where.Production && !a.Malicious {
				b.r.LeftOut++
				continue
			}
			f := &Finding{Advisory: a, Package: p.Name, Version: p.Version, Status: statusPresent, Lockfile: m.Path, Where: where}
			key := found{m.Path, p.Name, a.ID}
			if b.in.Base != nil {
				was := b.base.was(m.Path, p.Name, a)
				if len(was.versions) == 0 {
					was = b.inherited.was(m.Path, p.Name, a)
				}
				f.Before = was.versions
				if len(f.Before) == 0 {
					f.Status = statusNew
				} else if f.Worse = m.worse(f, a, b.hits, was); f.Worse != "" {
					f.Status = statusNew
				}
			}
			for _, id := range append([]string{a.ID}, a.Aliases...) {
				b.still[found{m.Path, p.Name, id}] = true
			}
			f.Fixed = b.lowestFix(a, p)
			if f.Fixed == "" {
				f.Above = b.above(a, p)
			}
			f.Admitted = f.Fixed != "" && m.admitted(p, f.Fixed)
			f.Fingerprint = fingerprint(f, count[key])
			count[key]++
			b.judge(f)
			b.r.Findings = append(b.r.Findings, f)
			if b.r.changed(f) {
				plans.add(p, f)
			} else {
				later.add(p, f)
			}
		}
	}
	b.r.Actions = append(append(b.r.Actions, plans.actions()...), later.actions()...)
}

// fixed adds what only the base has.
func (b *builder) fixed() {
	now := map[string]string{}
	for head, base := range b.moved {
		now[base] = head
	}
	for _, m := range b.baseModels {
		path := cmp.Or(now[m.Path], m.Path)
		seen := map[found]bool{}
		for _, p := range Packages([]*Lock{m.Lock}) {
			for _, a := range b.hits[p] {
				key := found{path, p.Name, a.ID}
				if b.opts.Prod && !a.Malicious && !m.production(p) || b.has(key, a.Aliases) || seen[key] {
					continue
				}
				seen[key] = true
				f := &Finding{Advisory: a, Package: p.Name, Version: p.Version, Status: statusFixed, Lockfile: path,
					Before: b.base.was(path, p.Name, a).versions, Verdict: verdictAllowed, Why: "only the base has it", Where: m.where(p)}
				f.Fixed = b.lowestFix(a, p)
				f.Fingerprint = fingerprint(f, 0)
				b.r.Findings = append(b.r.Findings, f)
			}
		}
	}
}

func (b *builder) has(key found, aliases []string) bool {
	if b.still[key] {
		return true
	}
	return slices.ContainsFunc(aliases, func(id string) bool { return b.still[found{key.lock, key.name, id}] })
}

// subject is a finding as ignores see it.
func (f *Finding) subject() ignore.Subject {
	s := ignore.Subject{ID: f.Advisory.ID, Aliases: f.Advisory.Aliases, Package: f.Package, Version: f.Version,
		Lock: f.Lockfile, Malware: f.Malicious()}
	for _, p := range f.Where.Paths {
		s.Workspaces = append(s.Workspaces, p.Folder)
	}
	return s
}

// finish sorts: what blocks before what does not, malware before all, then by
// how bad it is.
func (r *Report) finish() {
	sorting.Stable(r.Findings, compareFindings)
	sorting.Stable(r.Rules, func(a, b ruleFinding) int { return cmp.Compare(a.Verdict.order(), b.Verdict.order()) })
	for _, a := range r.Actions {
		sorting.Stable(a.Findings, compareFindings)
	}
	slices.SortStableFunc(r.Actions, func(a, b *action) int {
		// A command that moves the lock alone helps more than an edit, and an
		// edit more than overruling what others ask for.
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.Kind.order(), b.Kind.order()), -cmp.Compare(a.blocking(), b.blocking()),
			-cmp.Compare(len(a.Findings), len(b.Findings)), cmp.Compare(a.Lockfile, b.Lockfile), cmp.Compare(a.Title, b.Title))
	})
}

func compareFindings(a, b *Finding) int {
	return cmp.Or(
		sorting.First(a.Malicious(), b.Malicious()),
		cmp.Compare(a.Status.order(), b.Status.order()),
		cmp.Compare(a.Verdict.order(), b.Verdict.order()),
		-cmp.Compare(slices.Index(Ratings, a.Advisory.Rating), slices.Index(Ratings, b.Advisory.Rating)),
		-cmp.Compare(a.Advisory.Score, b.Advisory.Score),
		cmp.Compare(a.Lockfile, b.Lockfile),
		cmp.Compare(a.Package, b.Package),
		semrange.CompareText(a.Version, b.Version),
		cmp.Compare(a.Advisory.ID, b.Advisory.ID),
	)
}

func (s status) order() int {
	return slices.Index([]status{statusNew, statusPresent, statusFixed}, s)
}

func (v Verdict) order() int {
	return slices.Index([]Verdict{verdictBlocks, verdictWarns, verdictAllowed, verdictIgnored}, v)
}

// findingCounts are the numbers of a report.
type findingCounts struct {
	New     int `json:"new"`
	Present int `json:"present"`
	Fixed   int `json:"fixed"`
	// Malware counts among new and present.
	Malware  int `json:"malware"`
	Blocking int `json:"blocking"`
	Warnings int `json:"warnings"`
	Ignored  int `json:"ignored"`
	// Baseline counts what the baseline has.
	Baseline int `json:"baseline"`
	// Rules counts the findings of the rules about locks and settings.
	Rules int `json:"rules"`
}

// counts are the numbers of r. Blocking and Warnings count the rules' findings,
// too.
func (r *Report) counts() findingCounts {
	c := findingCounts{Rules: len(r.Rules)}
	count := func(v Verdict) {
		switch v {
		case verdictBlocks:
			c.Blocking++
		case verdictWarns:
			c.Warnings++
		case verdictIgnored:
			c.Ignored++
		}
	}
	for _, f := range r.Findings {
		switch f.Status {
		case statusNew:
			c.New++
		case statusPresent:
			c.Present++
		case statusFixed:
			c.Fixed++
			continue
		}
		if f.Malicious() {
			c.Malware++
		}
		if f.Known {
			c.Baseline++
		}
		count(f.Verdict)
	}
	for _, f := range r.Rules {
		if f.Known {
			c.Baseline++
		}
		count(f.Verdict)
	}
	return c
}

// Sentence is the outcome in a few words.
func (r *Report) Sentence() string {
	c := r.counts()
	text := "nothing blocks"
	if c.Blocking > 0 {
		text = english.Count(c.Blocking, "finding") + " block"
		if c.Blocking == 1 {
			text += "s"
		}
	}
	if len(r.Incomplete) > 0 {
		text = "INCOMPLETE; of what is known, " + text
	}
	if c.Malware > 0 {
		text = fmt.Sprintf("MALWARE (%d); %s", c.Malware, text)
	}
	if r.Base != nil {
		text += fmt.Sprintf("; %d new, %d still present, %d fixed", c.New, c.Present, c.Fixed)
	} else {
		text += "; " + english.Count(c.Present, "finding") + " in all"
	}
	if c.Warnings > 0 {
		text += "; " + english.Count(c.Warnings, "warning")
	}
	if c.Ignored > 0 {
		text += fmt.Sprintf("; %d ignored", c.Ignored)
	}
	if c.Baseline > 0 {
		text += fmt.Sprintf("; %d in the baseline", c.Baseline)
	}
	if r.Gone > 0 {
		text += fmt.Sprintf("; %d of the baseline are gone (--update-baseline drops them)", r.Gone)
	}
	return text
}

// Split are the findings by what a change has to do with them: those that it
// brings, those that were there, and those that it ends.
func (r *Report) Split() (fresh, staying, gone []*Finding) {
	by := func(s status) []*Finding {
		return pick(r.Findings, func(f *Finding) bool { return f.Status == s })
	}
	return by(statusNew), by(statusPresent), by(statusFixed)
}
