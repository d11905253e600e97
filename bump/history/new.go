package history

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/portalctl/portalctl/internal/release"
	"github.com/portalctl/portalctl/internal/semrange"
)

// Input is what a report is made of.
type Input struct {
	Path Path
	// Current is the release that the portal is on, Newest the newest main one, Mains
	// are all main releases that are known, ascending.
	Current, Newest string
	Mains           []string
	Today           time.Time
	// Times are the registry's of main releases, which need not be true.
	Times   map[string]time.Time
	Waiting *Waiting
	Unknown []Unknown
}

// New makes the report.
func New(in Input) *Report {
	r := &Report{Schema: Schema, Current: in.Current, Newest: in.Newest, Today: day(in.Today), Since: day(in.Path.From),
		Commits: in.Path.Commits, Shallow: in.Path.Shallow, Steps: []step{}, Available: []dated{}, Waiting: in.Waiting}
	r.Behind, _ = release.Behind(in.Current, in.Newest) // both are versions, or there is nothing to count
	had := map[string]time.Time{}
	for _, p := range in.Path.Points { // the oldest one last
		had[p.Release] = p.When
	}
	cal := calendarOf(in.Mains, in.Times, had)
	for _, p := range slices.Backward(in.Path.Points) {
		r.add(p, cal)
	}
	r.pace(in.Today)
	for _, rel := range cal.minors {
		if len(r.Available) > 0 || cal.published(rel) != "" || minorOf(rel) >= r.lowest() {
			r.Available = append(r.Available, dated{rel, cal.published(rel)})
		}
	}
	if r.Waiting != nil {
		for i := range r.Waiting.Releases {
			p := &r.Waiting.Releases[i]
			p.Published = cal.published(minorRelease(p.Release))
		}
	}
	r.Unknown = append(slices.Clone(in.Path.Unknown), in.Unknown...)
	r.undated(cal)
	if r.Unknown == nil {
		r.Unknown = []Unknown{}
	}
	return r
}

// lowest is the lowest minor version that the portal had.
func (r *Report) lowest() uint64 {
	low := minorOf(r.Current)
	for _, s := range r.Steps {
		low = min(low, minorOf(s.Release))
	}
	return low
}

// add adds the step to a point.
func (r *Report) add(p point, cal calendar) {
	s := step{Release: p.Release, Kind: started, Date: day(p.When), Commit: p.Commit, File: p.File, Days: -1, Published: cal.published(p.Release),
		Newest: cal.newest(p.When)}
	n := max(days(cmp.Or(s.Published, cal.published(minorRelease(p.Release))), s.Date), 0)
	switch {
	case s.Published != "":
		s.Lag = &n
	case cal.published(minorRelease(p.Release)) != "" && !isPrerelease(p.Release):
		s.LagAtMost = &n
	}
	before := p.Release
	if n := len(r.Steps); n > 0 {
		last := &r.Steps[n-1]
		s.From, before = last.Release, last.Release
		switch c := semrange.CompareText(p.Release, last.Release); {
		case c < 0 && last.From == p.Release && last.Kind != reverted:
			s.Kind, last.Reverted = reverted, true
		case c < 0:
			s.Kind = downgraded
		case minors(last.Release, p.Release) == 0:
			s.Kind = patched
		default:
			s.Kind, s.Minors = upgraded, minors(last.Release, p.Release)
		}
	}
	if s.Newest != "" {
		if n, err := release.Behind(before, s.Newest); err == nil {
			s.Behind = &n
		}
	}
	r.Steps = append(r.Steps, s)
}

func isPrerelease(rel string) bool {
	v, err := semrange.ParseVersion(rel)
	return err != nil || v.Prerelease() != ""
}

// minors is how many minor versions lie between two releases; a step of the major one
// counts as one, and from 0.71 to 1.0 as release.Behind has it.
func minors(from, to string) int {
	n, err := release.Behind(minorRelease(from), minorRelease(to))
	if err != nil {
		return 0
	}
	return n
}

// pace fills in the days between upgrades, and counts.
func (r *Report) pace(today time.Time) {
	c := &r.Cadence
	var last string
	var steps, waits, lags []int
	for i := range r.Steps {
		s := &r.Steps[i]
		switch {
		case s.Kind == started:
			last = s.Date
			continue
		case s.Kind == reverted || s.Kind == downgraded:
			c.Reverts++
			continue
		case s.Kind == patched:
			c.Patches++
			continue
		}
		s.Days = max(days(last, s.Date), 0)
		if s.Reverted {
			continue
		}
		last = s.Date
		c.Upgrades++
		steps, waits = append(steps, s.Minors), append(waits, s.Days)
		if s.Lag != nil {
			lags = append(lags, *s.Lag)
		}
	}
	c.MedianMinors, c.MostMinors = spread(steps)
	c.MedianDays, c.MostDays = spread(waits)
	c.MedianLag, _ = spread(lags)
	if last != "" {
		n := max(days(last, day(today)), 0)
		c.SinceLast = &n
	}
}

// spread is the median and the highest of some numbers, nil of none.
func spread(list []int) (median *float64, most *int) {
	if len(list) == 0 {
		return nil, nil
	}
	list = slices.Sorted(slices.Values(list))
	n := len(list)
	m := float64(list[(n-1)/2]+list[n/2]) / 2
	return &m, &list[n-1]
}

// undated names the releases whose day would be needed.
func (r *Report) undated(cal calendar) {
	var missing []string
	for _, s := range r.Steps {
		if s.Published == "" && !isPrerelease(s.Release) && !slices.Contains(missing, s.Release) {
			missing = append(missing, s.Release)
		}
	}
	if len(missing) == 0 {
		return
	}
	semrange.SortText(missing)
	what := fmt.Sprintf("when %s was published", missing[0])
	if n := len(missing); n > 1 {
		what = fmt.Sprintf("when %d of the releases were published (%s to %s)", n, missing[0], missing[n-1])
	}
	r.Unknown = append(r.Unknown, Unknown{what, "the registry does not say, or says a day that cannot be: a mirror tells when it got a version"})
}

// days is how many days lie between two days.
func days(from, to string) int {
	a, errA := time.Parse(time.DateOnly, from)
	b, errB := time.Parse(time.DateOnly, to)
	if cmp.Or(errA, errB) != nil {
		return 0
	}
	return int(b.Sub(a).Hours() / 24)
}
