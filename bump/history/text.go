package history

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
)

// mostSteps is how many steps the table for a screen shows, the newest ones.
const mostSteps = 40

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer, st ui.Style, next []string) error {
	var b strings.Builder
	b.WriteString(st.Bold(r.headline()) + "\n")
	for _, l := range r.sentences() {
		b.WriteString(l + "\n")
	}
	list := r.sections()
	rows := list[0].Rows
	if left := len(rows) - mostSteps; left > 0 {
		list[0].Lines = []string{english.Count(left, "step") + " before these: --format markdown has all"}
		list[0].Rows = rows[left:]
	}
	if n := len(r.Unknown); n > 0 {
		list[len(list)-1].Title += fmt.Sprintf(": %d", n)
	}
	if err := report.Sections(&b, st, list); err != nil {
		return err
	}
	b.WriteString(st.Next(next))
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteMarkdown writes the report for a page or a comment.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", report.Escape(r.headline()))
	for _, l := range r.sentences() {
		b.WriteString("- " + report.Escape(l) + "\n")
	}
	if err := report.MarkdownSections(&b, r.sections()); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sections are the steps, what waits, and last what is not known.
func (r *Report) sections() []report.Section {
	out := []report.Section{{Title: "Releases, as the branch reached them", Head: stepHeader, Rows: r.stepRows()}}
	if r.Waiting != nil {
		out = append(out, report.Section{Title: r.waitingTitle(), Head: pileHeader, Rows: r.Waiting.rows()})
	}
	if len(r.Unknown) > 0 {
		lines := make([]string, len(r.Unknown))
		for i, u := range r.Unknown {
			lines[i] = u.line()
		}
		out = append(out, report.Section{Title: "Not known", Lines: lines})
	}
	return out
}

func (u Unknown) line() string { return english.Plain(u.What + ": " + u.Why) }

func (r *Report) headline() string {
	if r.Behind == 0 {
		return fmt.Sprintf("Backstage %s: no main release behind", r.Current)
	}
	return fmt.Sprintf("Backstage %s: %s behind %s", r.Current, english.Count(r.Behind, "main release"), r.Newest)
}

// sentences are the pace in words.
func (r *Report) sentences() []string {
	from := fmt.Sprintf("%s since %s", english.Count(r.Commits, "commit"), r.Since)
	if r.Shallow {
		from += ", where this clone's history is cut (shallow): git fetch --unshallow has the rest"
	}
	c := r.Cadence
	counted := []string{english.Count(c.Upgrades, "upgrade")}
	if c.Patches > 0 {
		counted = append(counted, english.CountOf(c.Patches, "patch release", "patch releases"))
	}
	if c.Reverts > 0 {
		counted = append(counted, english.CountOf(c.Reverts, "step back", "steps back"))
	}
	out := []string{from + ": " + strings.Join(counted, ", ")}
	if c.MedianMinors != nil {
		out = append(out, fmt.Sprintf("an upgrade takes %s at once (median; most %d)", number(*c.MedianMinors, "minor version"), *c.MostMinors))
		out = append(out, fmt.Sprintf("an upgrade comes every %s (median; longest wait %d)", number(*c.MedianDays, "day"), *c.MostDays))
	}
	if c.MedianLag != nil {
		out = append(out, fmt.Sprintf("a release was out %s when it was taken (median of %d whose day is known)", number(*c.MedianLag, "day"), r.datedUpgrades()))
	}
	if c.SinceLast != nil && c.Upgrades > 0 {
		out = append(out, fmt.Sprintf("the last upgrade was %s ago", english.Count(*c.SinceLast, "day")))
	}
	if r.Waiting != nil {
		if s := r.Waiting.cost(); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func (r *Report) datedUpgrades() int {
	n := 0
	for _, s := range r.Steps {
		if s.Kind == upgraded && !s.Reverted && s.Lag != nil {
			n++
		}
	}
	return n
}

// number is a median with its noun: "1 day", "1.5 days".
func number(f float64, noun string) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if f != 1 {
		noun += "s"
	}
	return s + " " + noun
}

var stepHeader = []string{"date", "release", "step", "days since", "days out", "was behind", "commit"}

// stepRows has a row for each step, with the first characters of its commit's name.
func (r *Report) stepRows() [][]string {
	var rows [][]string
	for _, s := range r.Steps {
		rows = append(rows, []string{s.Date, s.Release, s.words(), shown(s.Days), s.out(), optional(s.Behind), s.Commit[:min(10, len(s.Commit))]})
	}
	return rows
}

// words say what the step is.
func (s step) words() string {
	out := map[moveKind]string{started: "begins", upgraded: english.Count(s.Minors, "minor"), patched: "patch", downgraded: "back, from " + s.From,
		reverted: "reverts " + s.From}[s.Kind]
	if s.Reverted {
		out += ", reverted"
	}
	return out
}

// out is how many days the release was out.
func (s step) out() string {
	if s.Lag == nil && s.LagAtMost != nil {
		return "≤ " + strconv.Itoa(*s.LagAtMost)
	}
	return optional(s.Lag)
}

// shown is a number that is negative for none.
func shown(n int) string {
	if n < 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func optional(n *int) string {
	if n == nil {
		return "?"
	}
	return strconv.Itoa(*n)
}

func (r *Report) waitingTitle() string {
	return fmt.Sprintf("What waits between %s and %s", r.Waiting.From, r.Waiting.To)
}

var pileHeader = []string{"release", "published", "changesets", "BREAKING", "names yours", "migrations", "template", "conflicts"}

// rows has a row for each release, with what has piled up by then in brackets.
func (p *Waiting) rows() [][]string {
	var rows [][]string
	sums := [4]*int{new(int), new(int), new(int), new(int)}
	for _, one := range p.Releases {
		row := []string{one.Release, cmp.Or(one.Published, "?")}
		for i, n := range []*int{one.Changesets, one.Breaking, one.Touching, one.Migrations} {
			sums[i] = sum(sums[i], n)
			cell := optional(n)
			if n != nil && sums[i] != nil && *sums[i] != *n {
				cell += fmt.Sprintf(" (%d)", *sums[i])
			}
			row = append(row, cell)
		}
		rows = append(rows, append(row, optional(one.Template), optional(one.Conflicts)))
	}
	t := p.Total
	return append(rows, []string{"all", "", optional(t.Changesets), optional(t.Breaking), optional(t.Touching), optional(t.Migrations), optional(t.Template), optional(t.Conflicts)})
}

// sum adds up numbers, as long as each is known.
func sum(a, b *int) *int {
	if a == nil || b == nil {
		return nil
	}
	n := *a + *b
	return &n
}
