package slot

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
)

// A dayForm is how the day's reports are written: for people, or as Markdown.
type dayForm struct {
	title func(string) string
	head  func(string) string
	say   func(string) string
	code  func(string) string
	table func(w io.Writer, header []string, rows [][]string) error
	bad   func(string) string
	good  func(string) string
	item  string // what a line of a list begins with
}

func plainForm(st ui.Style) dayForm {
	same := func(s string) string { return s }
	return dayForm{title: st.Bold, head: func(s string) string { return "\n" + st.Bold(s) + "\n" }, say: english.Plain, code: same, table: report.Table, bad: st.Bad, good: st.Good, item: "  "}
}

func markdownForm() dayForm {
	bold := func(s string) string { return "**" + strings.TrimSpace(s) + "** " }
	escape := func(s string) string { return report.Escape(english.Plain(s)) }
	return dayForm{title: func(s string) string { return "## " + escape(s) }, head: func(s string) string { return "\n### " + s + "\n\n" }, say: escape, code: report.Code, table: report.Markdown, bad: bold, good: bold, item: "- "}
}

// WriteTable writes the deployment for people, WriteMarkdown as Markdown.
func (d *Deployment) WriteTable(w io.Writer, st ui.Style, next []string) error {
	return withNext(w, st, next, d.write)
}

// WriteMarkdown writes the deployment as Markdown.
func (d *Deployment) WriteMarkdown(w io.Writer) error { return d.write(w, markdownForm()) }

// withNext writes a report for people, and last the next commands to type.
func withNext(w io.Writer, st ui.Style, next []string, write func(io.Writer, dayForm) error) error {
	if err := write(w, plainForm(st)); err != nil {
		return err
	}
	_, err := io.WriteString(w, st.Next(next))
	return err
}

// upgrade names a step between releases.
func upgrade(from, to string) string {
	switch {
	case to == "":
		return "The deployment"
	case from == "" || from == to:
		return "Backstage " + to
	}
	return "Backstage " + from + " → " + to
}

// write writes the reasons, the gravest first, and which commands have more.
func (g Go) write(b *strings.Builder, f dayForm) {
	if len(g.Reasons) == 0 {
		return
	}
	b.WriteString("\n")
	var more []string
	for _, kind := range []Kind{NoGo, WithWindow, goIf, goAhead} {
		for _, r := range g.Reasons {
			if r.Kind != kind {
				continue
			}
			word := map[Kind]string{NoGo: f.bad("no-go: "), WithWindow: f.bad("window: "), goIf: f.bad("if: ")}[kind]
			b.WriteString("- " + word + f.say(r.Text) + "\n")
			if r.Source != "" && !slices.Contains(more, r.Source) {
				more = append(more, r.Source)
			}
		}
	}
	if len(more) > 0 {
		b.WriteString(f.head("More in"))
	}
	for _, line := range more {
		b.WriteString(f.item + f.code(line) + "\n")
	}
}

func (d *Deployment) write(w io.Writer, f dayForm) error {
	var b strings.Builder
	b.WriteString(f.title(upgrade(d.From, d.To)+": "+d.line()) + "\n")
	d.Go.write(&b, f)
	if fc := d.Forecast; fc != nil && fc.Migrations > 0 {
		b.WriteString(f.head("Will run at the first boot"))
		var rows [][]string
		for _, db := range fc.Databases {
			name := db.Name
			if name == "" {
				name = "not known"
			}
			rows = append(rows, []string{name, fmt.Sprint(len(db.Migrations)), english.Some(db.Migrations, 4)})
		}
		if err := f.table(&b, []string{"database", "migrations", "names"}, rows); err != nil {
			return err
		}
	}
	if c := d.Snapshot; c != nil {
		b.WriteString(f.head("The way back"))
		proven := "not proven"
		switch {
		case c.Rehearsed:
			proven = "restored elsewhere and found the same"
		case c.Whole:
			proven = "read to its end, and not restored"
		}
		fmt.Fprintf(&b, "%s (%s): %s, %s; ROLLBACK.md and rollback.sh are in it\n", f.code(c.Path), when(c.Taken), english.Count(len(c.Databases), "database"), proven)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (d *Deployment) line() string {
	if !d.Ended {
		return "interrupted on " + when(d.Time) + ", and not judged"
	}
	return d.Go.Title
}

// WriteTable writes the verification for people, WriteMarkdown as Markdown.
func (v *Verification) WriteTable(w io.Writer, st ui.Style, next []string) error {
	return withNext(w, st, next, v.write)
}

// WriteMarkdown writes the verification as Markdown.
func (v *Verification) WriteMarkdown(w io.Writer) error { return v.write(w, markdownForm()) }

func (v *Verification) write(w io.Writer, f dayForm) error {
	var b strings.Builder
	b.WriteString(f.title(upgrade(v.From, v.To)+": "+v.Title) + "\n")
	if len(v.Reasons) > 0 {
		b.WriteString("\n")
		for _, r := range v.Reasons {
			b.WriteString("- " + f.say(r) + "\n")
		}
	}
	if len(v.Databases) > 0 {
		b.WriteString(f.head("Migrations"))
		var rows [][]string
		for _, c := range v.Databases {
			rows = append(rows, []string{c.name(), fmt.Sprint(len(c.Held)), english.Some(c.Missing, 3), english.Some(c.Extra, 3), english.Plain(c.state())})
		}
		if err := f.table(&b, []string{"database", "as foreseen", "did not run", "not foreseen", ""}, rows); err != nil {
			return err
		}
	}
	if h := v.Health; h != nil {
		b.WriteString(f.head("Health"))
		state := f.good("ready")
		if !h.OK {
			state = f.bad("not ready: ") + f.say(h.Why)
		}
		fmt.Fprintf(&b, "%s: %s (%d ms, asked %s)\n", f.code(h.URL), state, h.Milliseconds, english.CountOf(h.Attempts, "time", "times"))
		if h.Next != "" {
			b.WriteString(f.say(h.Next) + "\n")
		}
	}
	if err := v.WayBack.write(&b, f); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// write writes the way back, in the order in which it is done.
func (w *WayBack) write(b *strings.Builder, f dayForm) error {
	if w == nil {
		return nil
	}
	b.WriteString(f.head("The way back"))
	if len(w.Restore) == 0 {
		fmt.Fprintf(b, "No database was migrated, so that nothing has to be restored.\n%s.\n", f.say(w.Deploy))
		return nil
	}
	var rows [][]string
	for _, r := range w.Restore {
		rows = append(rows, []string{r.Database, r.Takes, english.Plain(r.Loss)})
	}
	if err := f.table(b, []string{"comes back", "restore", "rows lost"}, rows); err != nil {
		return err
	}
	b.WriteString("\n1. Stop all backends, of both releases.\n2. Bring the databases back:\n\n")
	for _, c := range w.Commands {
		b.WriteString("       " + c + "\n")
	}
	fmt.Fprintf(b, "\n   or without portalctl: %s\n3. %s.\n", f.code(w.Alone), f.say(w.Deploy))
	if len(w.Without) > 0 {
		fmt.Fprintf(b, "\nNot in the snapshot, and left as they are: %s\n", f.say(english.Some(w.Without, 6)))
	}
	return nil
}

// readDay takes up what is kept of the deployment.
func (r *Run) readDay() {
	d, err := r.Day()
	if err != nil {
		r.dayProblem = english.Plain(err.Error())
	}
	if d != nil {
		r.Deployment, r.Verification = d.Last, d.Verification
	}
}

// writeDay writes how far the deployment is, where there is one.
func (r *Run) writeDay(b *strings.Builder, st ui.Style) error {
	var rows [][]string
	if d := r.Deployment; d != nil {
		rows = append(rows, []string{"deploy", when(d.Time), upgrade(d.From, d.To) + ": " + d.line()})
		if c := d.Snapshot; c != nil {
			rows = append(rows, []string{"snapshot", when(c.Taken), c.Path})
		}
	}
	if v := r.Verification; v != nil {
		rows = append(rows, []string{"verify", when(v.Time), v.Title})
	}
	if r.dayProblem != "" {
		rows = append(rows, []string{"deploy", "", r.dayProblem})
	}
	if len(rows) == 0 {
		return nil
	}
	b.WriteString("\n" + st.Bold("Deployment") + "\n")
	return report.Table(b, nil, rows)
}

// when is a moment for people.
func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }
