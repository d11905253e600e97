package history

import (
	"fmt"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/htmlreport"
	"github.com/portalctl/portalctl/internal/semrange"
)

// Page is the report as a page. Next are commands to go on with.
func (r *Report) Page(next []string) *htmlreport.Page {
	p := &htmlreport.Page{Title: "Release history of this portal", Outcome: r.headline()}
	for _, l := range r.sentences() {
		p.Notes = append(p.Notes, strings.ToUpper(l[:1])+l[1:]+".")
	}
	p.Sections = append(p.Sections, htmlreport.Section{Title: "Releases, as the branch reached them", Chart: r.chart(),
		Table: &htmlreport.Table{Caption: "When which release was reached", Head: stepHeader, Rows: r.stepRows()}})
	if r.Waiting != nil {
		p.Sections = append(p.Sections, htmlreport.Section{Title: r.waitingTitle(), Bars: r.Waiting.bars(),
			Table: &htmlreport.Table{Caption: "What each release brings; in brackets what has piled up by then", Head: pileHeader, Rows: r.Waiting.rows()}})
	}
	if len(r.Unknown) > 0 {
		s := htmlreport.Section{Title: "Not known", Aside: true}
		for _, u := range r.Unknown {
			s.Items = append(s.Items, htmlreport.Item{Tone: htmlreport.Open, Kind: "not known", Message: u.line()})
		}
		p.Sections = append(p.Sections, s)
	}
	if len(next) > 0 {
		p.Sections = append(p.Sections, htmlreport.Section{Title: "What to do next", Steps: next})
	}
	return p
}

// chart shows the portal's releases over time, and those that there were.
func (r *Report) chart() *htmlreport.Chart {
	own := htmlreport.Series{Name: "this portal", Tone: htmlreport.Note}
	for _, s := range r.Steps {
		own.Points = append(own.Points, htmlreport.Point{X: dayNumber(s.Date), Y: height(s.Release), Marked: s.Reverted})
	}
	if len(own.Points) == 0 {
		return nil
	}
	first, today := own.Points[0].X, dayNumber(r.Today)
	own.Points = append(own.Points, htmlreport.Point{X: today, Y: own.Points[len(own.Points)-1].Y})
	c := &htmlreport.Chart{Title: "Releases over time", Says: r.says(), Lines: append(r.published(first, today), own)} // the portal's on top
	c.Across, c.Up = years(first, today), r.ticks(c.Lines)
	return c
}

// published are the releases that there were, one line for each row of them whose days
// are all known: what is not known is a gap.
func (r *Report) published(first, today int) []htmlreport.Series {
	var out []htmlreport.Series
	open := false
	for _, d := range r.Available {
		if d.Published == "" {
			open = false
			continue
		}
		p := htmlreport.Point{X: max(dayNumber(d.Published), first), Y: height(d.Release)}
		if !open {
			out, open = append(out, htmlreport.Series{Name: "published", Tone: htmlreport.Plain, Dashed: true}), true
		}
		line := &out[len(out)-1]
		if n := len(line.Points); n > 0 && line.Points[n-1].X == p.X {
			line.Points = line.Points[:n-1]
		}
		line.Points = append(line.Points, p)
	}
	if open { // the last is still the newest
		line := &out[len(out)-1]
		last := line.Points[len(line.Points)-1]
		line.Points = append(line.Points, htmlreport.Point{X: max(today, last.X), Y: last.Y})
	}
	return out
}

// says is the chart in words.
func (r *Report) says() string {
	a, z := r.Steps[0], r.Steps[len(r.Steps)-1]
	s := fmt.Sprintf("From %s on %s to %s on %s in %s.", a.Release, a.Date, z.Release, z.Date, english.Count(r.Cadence.Upgrades, "upgrade"))
	if r.Newest != "" {
		s += fmt.Sprintf(" The newest main release on %s is %s.", r.Today, r.Newest)
	}
	return s
}

// height is where a release stands: its minor version, what was before 1.0 below.
func height(rel string) int {
	v, err := semrange.ParseVersion(rel)
	if err != nil {
		return 0
	}
	if v.Major() == 0 {
		return int(v.Minor()) - 72 // 0.71 was the last
	}
	return int(v.Major()-1)*1000 + int(v.Minor())
}

// ticks name minor versions, at most eight.
func (r *Report) ticks(lines []htmlreport.Series) []htmlreport.Tick {
	low, high := lines[0].Points[0].Y, lines[0].Points[0].Y
	for _, l := range lines {
		for _, p := range l.Points {
			low, high = min(low, p.Y), max(high, p.Y)
		}
	}
	every := 1
	for _, n := range []int{1, 2, 5, 10, 20, 50, 100, 500, 1000} {
		if every = n; (high-low)/n < 8 {
			break
		}
	}
	var out []htmlreport.Tick
	for y := low; y <= high; y++ {
		if y%every == 0 {
			name := fmt.Sprintf("1.%d", y)
			if y < 0 {
				name = fmt.Sprintf("0.%d", y+72)
			} else if y >= 1000 {
				name = fmt.Sprintf("%d.%d", y/1000+1, y%1000)
			}
			out = append(out, htmlreport.Tick{At: y, Name: name})
		}
	}
	return out
}

// years name the beginnings of years, or of months where there is less than one year.
func years(from, to int) []htmlreport.Tick {
	var out []htmlreport.Tick
	months, form := 12, "2006"
	switch n := to - from; {
	case n < 200:
		months, form = 1, "2006-01"
	case n < 800:
		months, form = 3, "2006-01"
	}
	start := time.Unix(int64(from)*86400, 0).UTC()
	for t := time.Date(start.Year(), 1, 1, 0, 0, 0, 0, time.UTC); ; t = t.AddDate(0, months, 0) {
		at := int(t.Unix() / 86400)
		if at > to {
			return out
		}
		if at >= from {
			out = append(out, htmlreport.Tick{At: at, Name: t.Format(form)})
		}
	}
}

// dayNumber is a day as the number of days since 1970.
func dayNumber(day string) int {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return 0
	}
	return int(t.Unix() / 86400)
}

// bars show how the pile grows: each what has come together by that release. nil where
// it is not known.
func (p *Waiting) bars() *htmlreport.Bars {
	b := &htmlreport.Bars{Title: "What piles up, release by release"}
	touching, breaking, all := 0, 0, 0
	for _, one := range p.Releases {
		if one.Changesets == nil || one.Breaking == nil || one.Touching == nil {
			return nil
		}
		touching, breaking, all = touching+*one.Touching, breaking+*one.Breaking, all+*one.Changesets
		b.Bars = append(b.Bars, htmlreport.Bar{Name: one.Release, Parts: []htmlreport.Part{
			{Kind: "BREAKING that names what this portal uses", Tone: htmlreport.Bad, N: touching},
			{Kind: "other BREAKING", Tone: htmlreport.Warn, N: breaking - touching},
			{Kind: "other changesets", Tone: htmlreport.Plain, N: all - breaking},
		}})
	}
	return b
}
