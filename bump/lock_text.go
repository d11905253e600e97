package bump

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/relock"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
)

// WriteTable writes the lock plan for people.
func (l *LockPlan) WriteTable(w io.Writer, st ui.Style, next []string) error {
	var b strings.Builder
	if err := report.Sections(&b, st, l.sections()); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\nyarn.lock: %s\n", l.shown().sentence())
	b.WriteString(st.Next(next))
	_, err := io.WriteString(w, strings.TrimLeft(trimLines(b.String()), "\n"))
	return err
}

// WriteMarkdown writes the lock plan for a pull request.
func (l *LockPlan) WriteMarkdown(w io.Writer, next []string) error {
	var b strings.Builder
	b.WriteString("## yarn.lock\n")
	if err := report.MarkdownSections(&b, l.sections()); err != nil {
		return err
	}
	l.shown().writeMarkdown(&b)
	b.WriteString(report.Next(next))
	_, err := io.WriteString(w, b.String())
	return err
}

// sections are the notes and what changes in the lock; what is ahead of the release
// only if that was asked.
func (l *LockPlan) sections() []report.Section {
	notes := slices.DeleteFunc(slices.Clone(l.Notes), func(n Note) bool { return l.quiet && n.Kind == noteAhead })
	out := noteSections(notes)
	if c := l.Lockfile.LockChange; c != nil {
		out = append(out, report.Counted(
			report.Section{Title: "Changed", Lines: changeLines(c.Changed)},
			report.Section{Title: "Added", Lines: packageLines(c.Added)},
			report.Section{Title: "Removed", Lines: packageLines(c.Removed)},
		)...)
	}
	return append(out, l.shown().sections()...)
}

func (l *LockPlan) shown() Lockfile {
	out := l.Lockfile
	out.alone = true
	if l.quiet && out.LockChange != nil {
		change := *out.LockChange
		change.OffRelease = nil
		out.LockChange = &change
	}
	return out
}

// sections are what somebody should know of a lock whose versions portalctl decides.
func (l Lockfile) sections() []report.Section {
	if l.LockChange == nil {
		return nil
	}
	var out []report.Section
	if n := len(l.OffRelease); n > 0 {
		out = append(out, report.Section{Title: fmt.Sprintf("Off the release in yarn.lock: %d", n), Lines: l.offLines()})
	}
	return append(out, report.Counted(report.Section{Title: "New packages that run code when they are installed", Mark: ui.Style.Warn,
		Lines: packageLines(l.InstallScripts)})...)
}

// writeMarkdown writes what happens to the lock.
func (l Lockfile) writeMarkdown(b *strings.Builder) {
	first, rest, more := strings.Cut(l.sentence(), "\n")
	fmt.Fprintf(b, "\n`yarn.lock`: %s\n", report.Escape(first))
	for more {
		first, rest, more = strings.Cut(rest, "\n")
		b.WriteString("- " + report.Escape(strings.TrimSpace(first)) + "\n")
	}
}

func packageLines(list []relock.Package) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.Name + " " + p.Version
	}
	return out
}

func changeLines(list []relock.Update) []string {
	out := make([]string, len(list))
	for i, c := range list {
		from, to := strings.Join(c.From, ", "), strings.Join(c.To, ", ")
		switch {
		case from == "":
			out[i] = fmt.Sprintf("%s: %s as well", c.Name, to)
		case to == "":
			out[i] = fmt.Sprintf("%s: no longer %s", c.Name, from)
		default:
			out[i] = fmt.Sprintf("%s: %s → %s", c.Name, from, to)
		}
	}
	return out
}
