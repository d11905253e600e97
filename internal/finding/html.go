package finding

import (
	"slices"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/htmlreport"
)

// Page is the report as a page: by rule, and what does not count after that.
func (r *Report) Page() *htmlreport.Page {
	p := &htmlreport.Page{Title: r.Title, Outcome: r.Sentence(), Verdict: htmlreport.VerdictOf(r.Failed()), Notes: r.Notes}
	for _, g := range r.groups() {
		s := htmlreport.Section{Title: g.rule.ID + ": " + g.rule.Title, URL: g.rule.DocURL()}
		for _, f := range g.list {
			s.Items = append(s.Items, Shown{Finding: f}.Item(g.rule))
		}
		p.Sections = append(p.Sections, s)
	}
	if s := PageUnknown(r.Unknown, r.rule); len(s.Items) > 0 {
		p.Sections = append(p.Sections, s)
	}
	var ignored, known []htmlreport.Item
	for _, ig := range r.Ignored {
		aside := "Ignored: " + ig.Reason
		if ig.Expires != "" {
			aside += " (until " + ig.Expires + ")"
		}
		ignored = append(ignored, Shown{Finding: ig.Finding, Aside: aside}.Item(r.rule(ig.Rule)))
	}
	for _, f := range r.Known {
		known = append(known, Shown{Finding: f, Aside: "In the baseline."}.Item(r.rule(f.Rule)))
	}
	p.Sections = append(p.Sections, PageAside(ignored, known)...)
	return p
}

// PageAside are the sections of what configuration ignores, and of what the baseline
// has.
func PageAside(ignored, known []htmlreport.Item) (list []htmlreport.Section) {
	if len(ignored) > 0 {
		list = append(list, htmlreport.Section{Title: "Ignored", Items: ignored, Aside: true})
	}
	if len(known) > 0 {
		list = append(list, htmlreport.Section{Title: "In the baseline", Items: known, Aside: true})
	}
	return list
}

// PageUnknown is the section of what could not be judged; rule has the rules.
func PageUnknown(list []Unknown, rule func(id string) Rule) htmlreport.Section {
	s := htmlreport.Section{Title: "Not judged"}
	for _, u := range list {
		it := htmlreport.Item{Tone: htmlreport.Open, Kind: "not judged", Rule: u.Rule, Message: u.Reason, Next: u.Next}
		if known := rule(u.Rule); known.Title != "" {
			it.RuleURL, it.Area = known.DocURL(), known.Area
		}
		s.Items = append(s.Items, it)
	}
	return s
}

// Item is the finding as an item of a page.
func (f Shown) Item(rule Rule) htmlreport.Item {
	it := htmlreport.Item{Tone: htmlreport.Note, Kind: string(f.Severity), Label: f.Label, Rule: f.Rule, RuleURL: rule.DocURL(), Area: rule.Area,
		Message: f.Message, Evidence: f.explained(), Next: f.Next, Aside: f.Aside}
	switch f.Severity {
	case Error:
		it.Tone = htmlreport.Bad
	case Warning:
		it.Tone = htmlreport.Warn
	}
	if f.Pos != (fault.Pos{}) {
		it.Places = []fault.Pos{f.Pos}
	}
	for _, tag := range []string{f.State, f.FixedBy} {
		if tag != "" {
			it.Tags = append(it.Tags, tag)
		}
	}
	if f.Pending != "" {
		it.Evidence = append(slices.Clone(it.Evidence), f.Pending)
	}
	return it
}
