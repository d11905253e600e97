package bump

import (
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// Audit is what is known of advisories in the lock that a plan would write,
// compared with the lock as it is. Who plans a bump does not know of advisories:
// whoever asked for it puts it into the plan.
type Audit struct {
	// Failed says that what is new fails by FailOn, a rating as audit has them, or
	// "none".
	Failed bool   `json:"failed"`
	FailOn string `json:"failOn"`
	// Database is where the advisories came from, Warnings what to know about it.
	Database string   `json:"database"`
	Warnings []string `json:"warnings"`
	// Unknown says why the lock could not be judged yet, "" if it was: then the
	// lists are empty.
	Unknown string `json:"unknown"`

	New     []Advised `json:"new"`
	Staying []Advised `json:"staying"`
	Gone    []Advised `json:"gone"`
}

// Advised is an advisory that applies to a locked package.
type Advised struct {
	Advisory string `json:"advisory"`
	Summary  string `json:"summary"`
	Severity string `json:"severity"`
	Package  string `json:"package"`
	// Version is the one that the plan leaves; of what is gone, the one that was.
	Version string   `json:"version"`
	Before  []string `json:"before"`
	// Fixed is the lowest version that it does not apply to, "" without one.
	Fixed   string `json:"fixed"`
	Verdict string `json:"verdict"`
	Why     string `json:"why"`
}

// Settings are the project's settings as the plan leaves them: its catalogs move.
func (p *Plan) Settings(s *yarnrc.Settings) *yarnrc.Settings { return withCatalogs(s, p.Changes) }

// sentence is one line about what changes.
func (a *Audit) sentence() string {
	if a.Unknown != "" {
		return "Advisories: not known yet: " + a.Unknown
	}
	return fmt.Sprintf("Advisories: %d new, %d gone, %d staying", len(a.New), len(a.Gone), len(a.Staying))
}

// groups are the lists that are shown, with their titles; of what stays only
// how many there are.
func (a *Audit) groups() []report.Section {
	lines := func(list []Advised, fresh bool) []string {
		out := make([]string, len(list))
		for i, f := range list {
			out[i] = fmt.Sprintf("%s %s  %s  %s", english.Plain(f.Package), english.Plain(f.Version), f.Severity, english.Plain(f.Advisory))
			if fresh {
				out[i] += "  " + english.Short(f.Summary, 100)
				if f.Verdict == "block" {
					out[i] += " (fails: " + f.Why + ")"
				}
			}
		}
		return out
	}
	return report.Counted(report.Section{Title: "New", Lines: lines(a.New, true)}, report.Section{Title: "Gone", Lines: lines(a.Gone, false)})
}

func (a *Audit) notes() []string {
	if a.Unknown != "" {
		return nil
	}
	lines := []string{"advisories: " + a.Database + "; fails on new ones by --fail-on " + a.FailOn}
	for _, w := range a.Warnings {
		lines = append(lines, english.Plain(w))
	}
	return lines
}

func (a *Audit) writeTable(b *strings.Builder, st ui.Style) {
	if a == nil {
		return
	}
	title := st.Bold(a.sentence())
	if a.Failed {
		title = st.Bad(a.sentence())
	}
	fmt.Fprintf(b, "\n%s\n", title)
	for _, n := range a.notes() {
		b.WriteString("  " + st.Dim(n) + "\n")
	}
	for _, g := range a.groups() {
		fmt.Fprintf(b, "  %s\n    %s\n", st.Bold(g.Title), strings.Join(g.Lines, "\n    "))
	}
}

func (a *Audit) writeMarkdown(b *strings.Builder) {
	if a == nil {
		return
	}
	fmt.Fprintf(b, "\n### %s\n", report.Escape(a.sentence()))
	for i, n := range a.notes() {
		if i == 0 {
			b.WriteString("\n")
		}
		b.WriteString(report.Escape(n) + "\n")
	}
	for _, g := range a.groups() {
		fmt.Fprintf(b, "\n**%s**\n\n", g.Title)
		for _, line := range g.Lines {
			b.WriteString("- " + report.Escape(line) + "\n")
		}
	}
}
