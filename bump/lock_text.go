package bump

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
)

// WriteTable writes the lock plan for people.
func (l *LockPlan) WriteTable(w io.Writer, st ui.Style, next []string) error {
	var b strings.Builder
	for _, g := range l.noteGroups() {
		fmt.Fprintf(&b, "%s\n", st.Bold(fmt.Sprintf("%s: %d", g.title, len(g.notes))))
		for _, n := range g.notes {
			b.WriteString("  " + noteLine(n) + "\n")
		}
	}
	writeGroups(&b, st, l.changeGroups())
	l.shown().writeTable(&b, st)
	b.WriteString(st.Next(next))
	_, err := io.WriteString(w, strings.TrimLeft(trimLines(b.String()), "\n"))
	return err
}

// WriteMarkdown writes the lock plan for a pull request.
func (l *LockPlan) WriteMarkdown(w io.Writer, next []string) error {
	var b strings.Builder
	b.WriteString("## yarn.lock\n")
	for _, g := range l.noteGroups() {
		fmt.Fprintf(&b, "\n### %s: %d\n\n", g.title, len(g.notes))
		for _, n := range g.notes {
			b.WriteString("- " + report.Escape(noteLine(n)) + "\n")
		}
	}
	writeMarkdownGroups(&b, l.changeGroups())
	l.shown().writeMarkdown(&b)
	b.WriteString(report.Next(next))
	_, err := io.WriteString(w, b.String())
	return err
}

// changeGroup is a list with its title.
type changeGroup struct {
	title string
	lines []string
}

// changeGroups are the lists of what changes in the lock, those that are empty
// left out.
func (l *LockPlan) changeGroups() []changeGroup {
	if l.Lockfile.LockChange == nil {
		return nil
	}
	return counted([]changeGroup{
		{"Changed", changeLines(l.Lockfile.Changed)},
		{"Added", packageLines(l.Lockfile.Added)},
		{"Removed", packageLines(l.Lockfile.Removed)},
	})
}

// counted are the groups that have lines, with how many in their titles.
func counted(groups []changeGroup) []changeGroup {
	var out []changeGroup
	for _, g := range groups {
		if len(g.lines) > 0 {
			out = append(out, changeGroup{fmt.Sprintf("%s: %d", g.title, len(g.lines)), g.lines})
		}
	}
	return out
}

func writeGroups(b *strings.Builder, st ui.Style, groups []changeGroup) {
	for _, g := range groups {
		fmt.Fprintf(b, "\n%s\n  %s\n", st.Bold(g.title), strings.Join(g.lines, "\n  "))
	}
}

func writeMarkdownGroups(b *strings.Builder, groups []changeGroup) {
	for _, g := range groups {
		fmt.Fprintf(b, "\n### %s\n\n", g.title)
		for _, line := range g.lines {
			b.WriteString("- " + report.Escape(line) + "\n")
		}
	}
}

// noteGroups leaves out what is ahead of the release unless that was asked.
func (l *LockPlan) noteGroups() []noteGroup {
	groups := l.plan.noteGroups()
	if l.quiet {
		groups = slices.DeleteFunc(groups, func(g noteGroup) bool { return g.notes[0].Kind == noteAhead })
	}
	return groups
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

func (l Lockfile) writeTable(b *strings.Builder, st ui.Style) {
	if off := l.offLines(); len(off) > 0 {
		fmt.Fprintf(b, "\n%s\n", st.Bold(fmt.Sprintf("Off the release in yarn.lock: %d", len(l.OffRelease))))
		for _, line := range off {
			b.WriteString("  " + line + "\n")
		}
	}
	if l.LockChange != nil && len(l.InstallScripts) > 0 {
		fmt.Fprintf(b, "\n%s\n", st.Warn(fmt.Sprintf("New packages that run code when they are installed: %d", len(l.InstallScripts))))
		for _, line := range packageLines(l.InstallScripts) {
			b.WriteString("  " + line + "\n")
		}
	}
	fmt.Fprintf(b, "\nyarn.lock: %s\n", l.sentence())
}

func (l Lockfile) writeMarkdown(b *strings.Builder) {
	if off := l.offLines(); len(off) > 0 {
		fmt.Fprintf(b, "\n### Off the release in yarn.lock: %d\n\n", len(l.OffRelease))
		for _, line := range off {
			indent := strings.Repeat(" ", len(line)-len(strings.TrimLeft(line, " ")))
			b.WriteString(indent + "- " + report.Escape(strings.TrimSpace(line)) + "\n")
		}
	}
	if l.LockChange != nil && len(l.InstallScripts) > 0 {
		fmt.Fprintf(b, "\n### New packages that run code when they are installed: %d\n\n", len(l.InstallScripts))
		for _, line := range packageLines(l.InstallScripts) {
			b.WriteString("- " + report.Escape(line) + "\n")
		}
	}
	first, rest, more := strings.Cut(l.sentence(), "\n")
	fmt.Fprintf(b, "\n`yarn.lock`: %s\n", report.Escape(first))
	for more {
		first, rest, more = strings.Cut(rest, "\n")
		b.WriteString("- " + report.Escape(strings.TrimSpace(first)) + "\n")
	}
}

func packageLines(list []lockedPackage) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.Name + " " + p.Version
	}
	return out
}

func changeLines(list []lockedChange) []string {
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
