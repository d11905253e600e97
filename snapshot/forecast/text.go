package forecast

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
)

// few is how many names of a list are told.
const few = 6

// table is the report's table. A column in which no row has anything is left out:
// without a server neither names of databases nor times are known.
func (r *Report) table() (header []string, rows [][]string) {
	header = []string{"plugin", "database", "migration", "does", "tables", "takes", "down", "running release"}
	for _, p := range r.Plugins {
		for _, m := range p.Migrations {
			rows = append(rows, []string{p.Plugin, p.Database, m.Name, m.does(), strings.Join(m.Tables, " "), m.takes(), string(m.Down), m.running()})
		}
	}
	for i := len(header) - 1; i >= 0; i-- {
		if !slices.ContainsFunc(rows, func(row []string) bool { return row[i] != "" }) {
			header = slices.Delete(header, i, i+1)
			for n := range rows {
				rows[n] = slices.Delete(rows[n], i, i+1)
			}
		}
	}
	return header, rows
}

func (m migration) does() string {
	if len(m.Does) == 0 {
		return "nothing"
	}
	var out []string
	for _, k := range m.Does {
		out = append(out, string(k))
	}
	return strings.Join(out, " ")
}

func (m migration) takes() string {
	if m.Seconds < 1 {
		return ""
	}
	return seconds(m.Seconds)
}

func (m migration) running() string {
	switch {
	case m.PointOfNoReturn:
		return "fails"
	case len(m.Reasons) > 0:
		return "may fail"
	}
	return "goes on"
}

// seconds is a time for people.
func seconds(s float64) string {
	if s < 90 {
		return fmt.Sprintf("%.0f s", math.Ceil(s))
	}
	return fmt.Sprintf("%.0f min", math.Ceil(s/60))
}

// headline is the report in one line.
func (r *Report) headline() string {
	from := r.From
	if from == "" {
		from = "(no release)"
	}
	return fmt.Sprintf("Backstage %s → %s: %s", from, r.To, r.Line())
}

// section is a heading with lines below it.
type section struct {
	title string
	lines []string
	code  string // SQL, shown as it is
}

// sections are all that is said below the table.
func (r *Report) sections() []section {
	var out []section
	add := func(title string, lines ...string) {
		if len(lines) > 0 {
			out = append(out, section{title: title, lines: lines})
		}
	}
	if r.Runs() > 0 {
		boot := "how long is not known: "
		if r.Boot.Seconds >= 0 {
			boot = "about " + seconds(max(r.Boot.Seconds, 1))
			if most := seconds(r.Boot.UpTo); r.Boot.UpTo > 2 && most != seconds(r.Boot.Seconds) {
				boot += ", and up to " + most
			}
			boot += ", by "
		}
		lines := []string{boot + r.Boot.Basis}
		if r.Boot.Startup > 0 {
			lines = append(lines, fmt.Sprintf("allow the startup probe %d s (failureThreshold × periodSeconds), and let liveness begin after it", r.Boot.Startup),
				"readiness needs no change: it takes the pod out of service, it does not kill it")
		} else {
			lines = append(lines, "name the server with --dsn or --config for an estimate; a liveness probe must not run before the migrations are done")
		}
		add("First boot", lines...)
	}
	var refuses, breaks, may, doubts, other []string
	for _, p := range r.Plugins {
		for _, m := range p.Migrations {
			for _, why := range m.Reasons {
				line := m.Name + ": " + why
				if m.PointOfNoReturn {
					breaks = append(breaks, line)
				} else {
					may = append(may, line)
				}
			}
			for _, place := range m.Places {
				doubts = append(doubts, p.Package+" "+place)
			}
			if !m.Transaction {
				other = append(other, m.Name+": in no transaction; killed half-way, it leaves what was done and begins again")
			}
		}
		for _, name := range p.Missing {
			where := "in " + p.Database
			if !p.Looked {
				where = "with " + p.From
			}
			refuses = append(refuses, fmt.Sprintf("%s: it ran %s, and %s %s lacks it", name, where, p.Package, p.To))
		}
		for _, name := range p.Invalid {
			refuses = append(refuses, fmt.Sprintf("%s: it has no down, and knex runs no folder with such a file (%s %s)", name, p.Package, p.To))
		}
		if len(p.Edited) > 0 {
			other = append(other, fmt.Sprintf("%s: %s another text than before; knex goes by names and runs none again", p.Package,
				english.CountOf(len(p.Edited), "migration has", "migrations have")))
		}
	}
	add("knex will refuse to start, and the backend with it", refuses...)
	add("The running release fails after", breaks...)
	add("It may fail after", may...)
	add("Locks that it waits for", r.lockLines()...)
	for _, s := range r.Beforehand {
		title := "Can be run before " + s.Migration
		if s.Database != "" {
			title += ", in " + s.Database
		}
		one := section{title: title + " (from " + s.From + ")", code: s.SQL}
		if s.Warning != "" {
			one.lines = []string{s.Warning}
		}
		out = append(out, one)
	}
	add("A rollback restores", r.Restore...)
	add("Good to know", other...)
	add("Code that could not be followed", doubts...)
	var unknown, near, elsewhere []string
	for _, u := range r.Unknown {
		switch {
		case u.Near && u.Settle != "":
			elsewhere = append(elsewhere, u.Package)
		case u.Near:
			near = append(near, u.Package)
		case u.Settle != "":
			unknown = append(unknown, u.Package+": "+u.Why+". "+u.Settle)
		default:
			unknown = append(unknown, u.Package+": "+u.Why)
		}
	}
	add("Not known", unknown...)
	if len(elsewhere) > 0 {
		add("Dynamic plugins, which no lock has; the version that is here has no migrations", english.Some(elsewhere, few))
	}
	if near = slices.Compact(near); len(near) > 0 {
		add("Read at the nearest version above, which has no migrations, since the registry lacks theirs", english.Some(near, few))
	}
	return out
}

func (r *Report) lockLines() []string {
	var out []string
	short := 0
	for _, l := range r.Locks {
		if l.Seconds < 1 {
			short++
			continue
		}
		out = append(out, fmt.Sprintf("%s: %s on %s for about %s", l.Migration, l.Blocks, l.Table, seconds(l.Seconds)))
	}
	if short > 0 && r.Boot.Seconds >= 0 {
		out = append(out, fmt.Sprintf("%d more for less than a second, once they are given: each waits for transactions that are open on its table", short))
	} else if short > 0 {
		out = append(out, english.Count(short, "lock")+", held for a time that the sizes of the tables decide, which are not known")
	}
	return out
}

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer, st ui.Style) error {
	if _, err := fmt.Fprintln(w, st.Bold(r.headline())); err != nil {
		return err
	}
	if header, rows := r.table(); len(rows) > 0 {
		fmt.Fprintln(w)
		if err := report.Table(w, header, rows); err != nil {
			return err
		}
	}
	var b strings.Builder
	for _, s := range r.sections() {
		style := st.Bold
		if strings.HasPrefix(s.title, "The running release") || strings.HasPrefix(s.title, "knex will refuse") {
			style = st.Bad
		}
		fmt.Fprintf(&b, "\n%s\n", style(s.title))
		for _, l := range s.lines {
			b.WriteString("  " + l + "\n")
		}
		for l := range strings.Lines(s.code) {
			b.WriteString("  " + strings.TrimSuffix(l, "\n") + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteMarkdown writes the report for a pull request.
func (r *Report) WriteMarkdown(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "## %s\n\n", report.Escape(r.headline())); err != nil {
		return err
	}
	if header, rows := r.table(); len(rows) > 0 {
		if err := report.Markdown(w, header, rows); err != nil {
			return err
		}
	}
	var b strings.Builder
	for _, s := range r.sections() {
		fmt.Fprintf(&b, "\n**%s**\n\n", report.Escape(s.title))
		for _, l := range s.lines {
			b.WriteString("- " + report.Escape(l) + "\n")
		}
		if s.code != "" {
			b.WriteString(report.Fence("sql", s.code))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
