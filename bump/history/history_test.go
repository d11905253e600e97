package history

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/ui"
)

func on(t testing.TB, day string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	return at.Add(10 * time.Hour)
}

// pathOf makes a path of "day release" lines, the oldest first.
func pathOf(t testing.TB, lines ...string) Path {
	t.Helper()
	p := Path{Commits: len(lines)}
	for i, l := range slices.Backward(lines) {
		day, rel, _ := strings.Cut(l, " ")
		p.Points = append(p.Points, point{Release: rel, When: on(t, day), Commit: fmt.Sprintf("%040d", i), File: "backstage.json"})
		p.From = on(t, day)
	}
	return p
}

// The pace counts steps to other minor versions, by what lies between them; what was
// taken back is no upgrade, and the wait goes on from the one before.
func TestPace(t *testing.T) {
	t.Parallel()
	r := New(Input{Path: pathOf(t, "2026-01-01 1.40.0", "2026-01-05 1.40.2", "2026-02-01 1.41.1", "2026-03-01 1.44.0", "2026-03-02 1.41.1",
		"2026-03-11 1.44.1", "2026-04-10 1.45.0-next.1", "2026-04-20 1.45.0", "2026-05-01 1.43.0"),
		Current: "1.43.0", Newest: "1.47.0", Today: on(t, "2026-05-11")})
	var got []string
	for _, s := range r.Steps {
		got = append(got, fmt.Sprintf("%s %s %s %d %d %v", s.Date, s.Release, s.Kind, s.Minors, s.Days, s.Reverted))
	}
	want := []string{
		"2026-01-01 1.40.0 start 0 -1 false", "2026-01-05 1.40.2 patch 0 -1 false", "2026-02-01 1.41.1 upgrade 1 31 false",
		"2026-03-01 1.44.0 upgrade 3 28 true", "2026-03-02 1.41.1 revert 0 -1 false", "2026-03-11 1.44.1 upgrade 3 38 false",
		"2026-04-10 1.45.0-next.1 upgrade 1 30 false", "2026-04-20 1.45.0 patch 0 -1 false", "2026-05-01 1.43.0 downgrade 0 -1 false"}
	if !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	c := r.Cadence
	if c.Upgrades != 3 || c.Patches != 2 || c.Reverts != 2 || *c.MedianMinors != 1 || *c.MostMinors != 3 || *c.MedianDays != 31 || *c.MostDays != 38 ||
		c.MedianLag != nil || *c.SinceLast != 31 || r.Behind != 4 {
		t.Errorf("%+v, %d behind", c, r.Behind)
	}
}

// A day that cannot be is not told: a mirror's of years later, one after the portal had
// the release, one after that of a later release.
func TestCalendar(t *testing.T) {
	t.Parallel()
	mains := []string{"0.70.0", "1.40.0", "1.40.3", "1.41.0", "1.42.0", "1.42.1", "1.43.0", "1.44.0", "1.45.0"}
	times := map[string]time.Time{}
	for rel, day := range map[string]string{"0.70.0": "2021-01-01", "1.40.0": "2026-01-25", "1.40.3": "2026-02-01", "1.41.0": "2026-01-20", "1.42.0": "2026-02-17",
		"1.42.1": "2027-06-01", "1.43.0": "2026-06-16", "1.44.0": "2026-04-14", "1.45.0": "2026-05-19"} {
		times[rel] = on(t, day)
	}
	c := calendarOf(mains, times, nil)
	var got []string
	for _, rel := range mains {
		got = append(got, rel+" "+c.published(rel))
	}
	want := []string{"0.70.0 ", "1.40.0 ", "1.40.3 ", "1.41.0 2026-01-20", "1.42.0 2026-02-17", "1.42.1 ", "1.43.0 ", "1.44.0 2026-04-14", "1.45.0 2026-05-19"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for day, want := range map[string]string{"2026-01-19": "", "2026-01-20": "1.41.0", "2026-02-16": "1.41.0", "2026-02-20": "", "2026-04-13": "",
		"2026-04-14": "1.44.0", "2030-01-01": "1.45.0"} {
		if got := c.newest(on(t, day)); got != want {
			t.Errorf("newest on %s: %q, want %q", day, got, want)
		}
	}
	// The portal had 1.45.0-next.0 in March: 1.44.0 was out by then.
	c = calendarOf(mains, times, map[string]time.Time{"1.45.0-next.0": on(t, "2026-03-01")})
	if got := c.published("1.44.0"); got != "" {
		t.Errorf("1.44.0 on %s, after its successor's prerelease was in use", got)
	}
	if got := c.published("1.45.0"); got == "" {
		t.Error("the day of 1.45.0 is gone: a prerelease says nothing of it")
	}
}

// How long a release was out, and how far behind the portal was before it took it.
func TestLag(t *testing.T) {
	t.Parallel()
	mains := []string{"1.41.0", "1.41.2", "1.42.0", "1.43.0"}
	times := map[string]time.Time{"1.41.0": on(t, "2026-01-20"), "1.42.0": on(t, "2026-02-17"), "1.43.0": on(t, "2026-03-17")}
	r := New(Input{Path: pathOf(t, "2026-01-30 1.41.0", "2026-02-01 1.41.2", "2026-03-18 1.43.0"), Current: "1.43.0", Newest: "1.43.0", Mains: mains, Times: times, Today: on(t, "2026-04-01")})
	if s := r.Steps[0]; s.Lag == nil || *s.Lag != 10 || *s.Behind != 0 {
		t.Errorf("%+v", s)
	}
	if s := r.Steps[1]; s.Lag != nil || s.LagAtMost == nil || *s.LagAtMost != 12 || s.Published != "" {
		t.Errorf("%+v", s)
	}
	if s := r.Steps[2]; *s.Lag != 1 || *s.Behind != 2 || s.Newest != "1.43.0" {
		t.Errorf("%+v", s)
	}
	if len(r.Unknown) != 1 || r.Unknown[0].What != "when 1.41.2 was published" {
		t.Errorf("%+v", r.Unknown)
	}
}

// The pile grows release by release; each change is counted where it first comes.
func TestWaiting(t *testing.T) {
	t.Parallel()
	names := Ladder("1.40.2", "1.43.0", []string{"1.39.0", "1.40.2", "1.40.3", "1.41.0", "1.41.4", "1.42.0", "1.43.0", "1.43.1", "1.44.0"})
	if want := []string{"1.41.4", "1.42.0", "1.43.0"}; !slices.Equal(names, want) {
		t.Fatalf("%q, want %q", names, want)
	}
	ladder := []Rung{{"1.41.4", map[string]string{"a": "1.1.0", "b": "1.0.0"}}, {"1.42.0", map[string]string{"a": "1.2.1", "b": "1.0.0"}}, {"1.43.0", map[string]string{"a": "1.3.0", "b": "2.0.0"}}}
	w := NewWaiting("1.40.2", ladder)
	if n := w.Changesets(ladder, []Brought{
		{Versions: map[string]string{"a": "1.1.0"}},
		{Versions: map[string]string{"a": "1.2.0"}, Breaking: true},
		{Versions: map[string]string{"a": "1.3.0", "b": "2.0.0"}, Breaking: true, Touching: true},
		{Versions: map[string]string{"b": "2.0.0", "a": "1.2.0"}},
		{Versions: map[string]string{"other": "1.0.0"}},
	}); n != 1 {
		t.Errorf("%d elsewhere, want 1", n)
	}
	w.Migrations([]int{1, 1, -1})
	w.Template(2, 7, 1)
	r := New(Input{Path: pathOf(t, "2026-01-30 1.40.2"), Current: "1.40.2", Newest: "1.43.0", Today: on(t, "2026-04-01"), Waiting: w})
	want := [][]string{
		{"1.41.4", "?", "1", "0", "0", "0", "?", "?"},
		{"1.42.0", "?", "2 (3)", "1", "0", "2", "?", "?"},
		{"1.43.0", "?", "1 (4)", "1 (2)", "1", "0 (2)", "7", "1"},
		{"all", "", "5", "2", "1", "3", "7", "1"}}
	for i, row := range r.Waiting.rows() {
		if !slices.Equal(row, want[i]) {
			t.Errorf("%q, want %q", row, want[i])
		}
	}
}

// What nobody could find out is a question mark in each form, and no zero.
func TestForms(t *testing.T) {
	t.Parallel()
	in := Input{Path: pathOf(t, "2025-01-30 1.40.2", "2026-03-18 1.41.0", "2026-03-19 1.40.2"), Current: "1.40.2", Newest: "1.43.0", Today: on(t, "2026-04-01"),
		Waiting: NewWaiting("1.40.2", []Rung{{Release: "1.43.0"}}), Unknown: []Unknown{{"changesets", "<b>the registry\x1b[2J is away</b>"}}}
	in.Path.Shallow = true
	r := New(in)
	var table, markdown, page strings.Builder
	if err := r.WriteTable(&table, ui.Style{}, []string{"portalctl versions bump"}); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteMarkdown(&markdown); err != nil {
		t.Fatal(err)
	}
	if err := r.Page([]string{"portalctl versions bump"}).Write(&page); err != nil {
		t.Fatal(err)
	}
	for form, text := range map[string]string{"table": table.String(), "markdown": markdown.String(), "html": page.String()} {
		for _, want := range []string{"Backstage 1.40.2: 3 main releases behind 1.43.0", "1 minor, reverted", "reverts 1.41.0", "shallow", "What waits between 1.40.2 and 1.43.0", "the registry"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q", form, want)
			}
		}
		if strings.ContainsRune(text, 0x1b) || form != "table" && strings.Contains(text, "<b>") {
			t.Errorf("%s has a stranger's text as it is", form)
		}
		if strings.Contains(text, "costs 0") {
			t.Errorf("%s takes unknown for none", form)
		}
	}
	if !strings.Contains(page.String(), `<svg class="chart" role="img"`) || !strings.Contains(page.String(), `class="cross"`) {
		t.Error("the page has no picture with the step that was reverted")
	}
}
