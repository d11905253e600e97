package audit

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/htmlreport"
)

// Page is the report as a page: by what to do, as the other forms for people. It has
// all findings, and with each as many that ask for the package as the JSON has.
func (r *Report) Page() *htmlreport.Page {
	p := &htmlreport.Page{Title: "portalctl audit", Outcome: r.Sentence(), Verdict: htmlreport.VerdictOf(r.Failed()), Notes: plain(r.about())}
	for _, err := range r.Incomplete {
		p.Notes = append(p.Notes, "Incomplete: "+english.Plain(err.Error()))
	}
	add := func(s htmlreport.Section) { p.Sections = append(p.Sections, s) }
	if r.Fixes != nil {
		add(r.Fixes.page())
	}
	r.inOrder(func(a *action) {
		if list := pick(a.Findings, r.changed); len(list) > 0 {
			add(r.pageAction(a, list))
		}
	}, func() {
		s := htmlreport.Section{Title: rulesTitle}
		for _, f := range r.shownRules() {
			if f.Verdict != verdictIgnored {
				s.Items = append(s.Items, f.item())
			}
		}
		if len(s.Items) > 0 {
			add(s)
		}
		if s := finding.PageUnknown(r.unknown(), ruleOf); len(s.Items) > 0 {
			add(s)
		}
	})
	aside := func(title string, want func(*Finding) bool) {
		s := htmlreport.Section{Title: title, Aside: true}
		for _, f := range pick(r.Findings, want) {
			s.Items = append(s.Items, r.pageFinding(f))
		}
		if len(s.Items) > 0 {
			add(s)
		}
	}
	if r.Base != nil {
		aside("Still present: not this change's", func(f *Finding) bool {
			return f.Status == statusPresent && !r.changed(f) && f.Verdict != verdictIgnored
		})
		aside("Fixed by this change", func(f *Finding) bool { return f.Status == statusFixed })
	}
	var ignored, known []htmlreport.Item
	for _, f := range r.Findings {
		switch {
		case f.Status == statusFixed:
		case f.Verdict == verdictIgnored:
			ignored = append(ignored, r.pageFinding(f))
		case f.Known:
			known = append(known, r.pageFinding(f))
		}
	}
	for _, f := range r.Rules {
		switch it := f.item(); {
		case f.Known:
			it.Aside = inBaseline
			known = append(known, it)
		case f.Verdict == verdictIgnored:
			ignored = append(ignored, it)
		}
	}
	p.Sections = append(p.Sections, finding.PageAside(ignored, known)...)
	return p
}

const inBaseline = "In the baseline."

func plain(list []string) []string {
	out := slices.Clone(list)
	for i, s := range out {
		out[i] = english.Plain(s)
	}
	return out
}

// ruleOf is the rule with an id; without a title if there is none.
func ruleOf(id string) finding.Rule {
	if i := slices.IndexFunc(Rules(), func(r finding.Rule) bool { return r.ID == id }); i >= 0 {
		return Rules()[i]
	}
	return finding.Rule{ID: id}
}

// page is what --fix did, or would do.
func (p *FixPlan) page() htmlreport.Section {
	s := htmlreport.Section{Title: p.head()}
	for _, f := range p.Fixes {
		s.About = append(s.About, f.title()+": "+english.And(f.about()))
	}
	s.About = append(s.About, p.noteLines()...)
	titles, of := p.leftGroups()
	for _, title := range titles {
		for _, l := range of[title] {
			s.About = append(s.About, title+": "+l.text())
		}
	}
	return s
}

func (r *Report) pageAction(a *action, list []*Finding) htmlreport.Section {
	s := htmlreport.Section{Title: english.Plain(a.Title), About: []string{strings.Trim(english.Plain(r.ends(a, list)), " ()")}}
	if a.Kind == dropMalware {
		s.Title = "MALWARE: " + s.Title
	}
	if a.Caution != "" {
		s.About = append(s.About, "Note: "+english.Plain(a.Caution))
	}
	for _, line := range a.Steps {
		s.Steps = append(s.Steps, step(line))
	}
	for _, f := range list {
		s.Items = append(s.Items, r.pageFinding(f))
	}
	return s
}

// item is the finding of a rule; its kind is what it does, as that of an advisory.
func (f ruleFinding) item() htmlreport.Item {
	it := f.shown().Item(ruleOf(f.Rule))
	switch f.Verdict {
	case verdictBlocks:
		it.Kind = "blocks"
	case verdictWarns:
		it.Kind = "warning"
	case verdictAllowed:
		it.Kind = "allowed"
	case verdictIgnored:
		it.Kind = "ignored"
	}
	return it
}

func (r *Report) pageFinding(f *Finding) htmlreport.Item {
	it := htmlreport.Item{Tone: htmlreport.Note, Kind: "allowed", Rule: english.Plain(f.Advisory.ID), RuleURL: advisoryRule(f).URL, Area: "Development only",
		Message: english.Plain(f.Package) + " " + english.Plain(f.Version) + ": " + f.summary(),
		Places:  []fault.Pos{f.Where.Pos}, Evidence: append([]string{"Needed by: " + english.Plain(f.Where.use()+r.inLock(f))}, f.Where.ways(share(len(r.Findings)))...),
		Tags: []string{f.rating(), f.fix()}}
	switch {
	case f.Status == statusFixed:
		it.Tone, it.Kind = htmlreport.Good, "fixed"
	case f.Verdict == verdictIgnored:
		it.Kind = "ignored"
	case f.Known:
	case f.Verdict == verdictBlocks:
		it.Tone, it.Kind = htmlreport.Bad, "blocks"
	case f.Verdict == verdictWarns:
		it.Tone, it.Kind = htmlreport.Warn, "warning"
	}
	switch {
	case f.Malicious():
		it.Area = "Malware"
	case f.Where.Production:
		it.Area = "In production"
	case len(f.Where.Paths) == 0:
		it.Area = "Asked for by nothing that is known"
	}
	if r.Base != nil && f.Status != statusFixed {
		it.Tags = append(it.Tags, string(f.Status))
	}
	if f.Verdict == verdictWarns && f.Why != "" {
		it.Evidence = append(it.Evidence, "Does not block: "+f.Why)
	}
	if f.Pending != nil {
		it.Evidence = append(it.Evidence, english.Plain(pendingText+": "+f.Pending.Pos.String()))
	}
	switch {
	case f.Ignore != nil:
		it.Aside = "Ignored: " + english.Plain(reason(*f.Ignore))
	case f.Known:
		it.Aside = inBaseline
	}
	return it
}
