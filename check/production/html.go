package production

import (
	"fmt"

	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/htmlreport"
)

// tones are how verdicts look.
var tones = map[verdict]htmlreport.Tone{
	verdictPass: htmlreport.Good, verdictAttested: htmlreport.Note, verdictUnknown: htmlreport.Open, verdictNotApplicable: htmlreport.Plain,
}

// Page is the report as a page: area by area, with the ladder of maturity.
func (r *Report) Page() *htmlreport.Page {
	p := &htmlreport.Page{Title: r.Title, Outcome: r.Sentence(), Verdict: htmlreport.VerdictOf(r.Failed()), Notes: r.headlines(),
		Maturity: &htmlreport.Maturity{Reached: r.Maturity.Level}}
	for _, l := range r.Maturity.Levels {
		p.Maturity.Steps = append(p.Maturity.Steps, htmlreport.Step{Name: l.Title, Met: len(l.Lacks) == 0, Missing: l.Lacks})
	}
	for a, items := range r.byArea() {
		s := htmlreport.Section{Title: a.title()}
		for _, it := range items {
			s.Items = append(s.Items, it.page())
		}
		p.Sections = append(p.Sections, s)
	}
	decisions := htmlreport.Section{Title: "Decisions"}
	for _, f := range r.decisions() {
		decisions.Items = append(decisions.Items, finding.Shown{Finding: f}.Item(ruleOf(r.Rules, f.Rule)))
	}
	if len(decisions.Items) > 0 {
		p.Sections = append(p.Sections, decisions)
	}
	return p
}

func (it itemResult) page() htmlreport.Item {
	tone, ok := tones[it.Verdict]
	if !ok { // fail
		tone = htmlreport.Note
		if it.Counts && it.Open > 0 {
			tone = htmlreport.Bad
		}
	}
	item := htmlreport.Item{Tone: tone, Kind: string(it.Verdict), Rule: it.ID, RuleURL: it.url(), Area: it.Area.title(),
		Message: it.Title + ": " + it.Reason, Next: it.Next}
	if label := it.label(); label != item.Kind {
		item.Label = label
	}
	if it.Level > 0 {
		item.Tags = append(item.Tags, fmt.Sprintf("level %d", it.Level))
	}
	for _, e := range it.Evidence {
		item.Places = append(item.Places, e.Pos)
		item.Evidence = append(item.Evidence, e.Pos.String()+": "+e.Text)
	}
	if it.Verdict == verdictFail || it.Verdict == verdictUnknown {
		item.Evidence = append(item.Evidence, "Why: "+it.Why)
	}
	return item
}

func ruleOf(rules []finding.Rule, id string) finding.Rule {
	for _, r := range rules {
		if r.ID == id {
			return r
		}
	}
	return finding.Rule{ID: id}
}
