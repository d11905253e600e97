package slot

import (
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/htmlreport"
)

// kindTones are how the kinds of reasons look.
var kindTones = map[Kind]htmlreport.Tone{quiet: htmlreport.Good, needsHands: htmlreport.Warn, needsWindow: htmlreport.Bad, notKnown: htmlreport.Open}

// Page is the text of the pull request as a page, with nothing left out for room. Next
// are commands to go on with.
func (r *Run) Page(next []string) *htmlreport.Page {
	p := &htmlreport.Page{Title: "The upgrade", Outcome: r.headline()}
	add := func(s htmlreport.Section) {
		if len(s.About)+len(s.Steps)+len(s.Items) > 0 || s.Table != nil {
			p.Sections = append(p.Sections, s)
		}
	}
	add(r.reasonSection())
	add(r.handSection())
	add(htmlreport.Section{Title: "What moves", About: r.moveLines(plainWords)})
	add(htmlreport.Section{Title: "On this branch", About: r.commitLines(plainWords)})
	add(htmlreport.Section{Title: "The portal's own proof", About: r.proofLines(plainWords, "passed:", "failed:")})
	add(htmlreport.Section{Title: "Left, or left out", About: r.stepLines(plainWords)})
	add(r.migrationSection())
	if said, steps := r.dayLines(plainWords); said != "" {
		s := htmlreport.Section{Title: "The day of the deployment", About: []string{said}}
		for i, l := range steps {
			s.About = append(s.About, fmt.Sprintf("%d. %s", i+1, l))
		}
		add(s)
	}
	review := htmlreport.Section{Title: "Reviewer"}
	for _, l := range r.reviewLines() {
		review.About = append(review.About, "☐ "+english.Plain(l))
	}
	add(review)
	add(r.stepSection())
	add(htmlreport.Section{Title: "Could not be found out", About: r.failedLines(plainWords)})
	reports := htmlreport.Section{Title: "The reports behind it", Aside: true}
	for _, d := range details {
		if printed := r.Step(stepComing).printed(d.words); printed != nil && printed.Ran() && printed.Markdown != "" {
			reports.Items = append(reports.Items, htmlreport.Item{Tone: htmlreport.Plain, Kind: "report", Message: d.title,
				Text: strings.TrimSpace(printed.Markdown), Next: printed.line() + r.opts.At})
		}
	}
	add(reports)
	add(htmlreport.Section{Title: "What to do next", Steps: next})
	return p
}

func (r *Run) reasonSection() htmlreport.Section {
	s := htmlreport.Section{Title: "The verdict"}
	for _, reason := range r.Verdict.Reasons {
		s.Items = append(s.Items, htmlreport.Item{Tone: kindTones[reason.Kind], Kind: kindWords[reason.Kind], Area: "The verdict",
			Message: english.Plain(reason.Text), Next: reason.Source})
	}
	if r.Verdict.Rather != "" {
		s.About = []string{r.Verdict.Rather}
	}
	return s
}

func (r *Run) handSection() htmlreport.Section {
	s := htmlreport.Section{Title: "Needs hands"}
	for _, h := range r.Hands {
		it := htmlreport.Item{Tone: htmlreport.Warn, Kind: kindWords[needsHands], Area: "The code", Message: english.Plain(strings.ReplaceAll(h.What, "`", ""))}
		for _, at := range h.Places {
			it.Places = append(it.Places, fault.Pos{File: at.File, Line: at.Line})
		}
		if h.Why != "" {
			it.Evidence = []string{english.Plain(h.Why)}
		}
		s.Items = append(s.Items, it)
	}
	return s
}

// migrationSection has what will run in which database.
func (r *Run) migrationSection() htmlreport.Section {
	f := r.forecast()
	if f == nil || f.migrations() == 0 {
		return htmlreport.Section{}
	}
	t := &htmlreport.Table{Caption: "What will run at the first boot", Head: []string{"plugin", "migration", "does", "way back", "running release"}}
	for _, p := range f.Plugins {
		for _, m := range p.Migrations {
			goes := "goes on"
			if m.PointOfNoReturn {
				goes = "fails from here on"
			}
			t.Rows = append(t.Rows, []string{p.Plugin, m.Name, strings.Join(m.Does, ", "), m.Down, goes})
		}
	}
	return htmlreport.Section{Title: "Migrations", Table: t}
}

func (r *Run) stepSection() htmlreport.Section {
	t := &htmlreport.Table{Caption: "What each step did", Head: []string{"step", "state", "what"}}
	for _, s := range r.Steps {
		if s.Name != Text {
			t.Rows = append(t.Rows, []string{string(s.Name), string(s.State), english.Plain(s.summary())})
		}
	}
	return htmlreport.Section{Title: "Steps", Table: t}
}
