package finding

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
)

// Shown is a finding as the text forms show it.
type Shown struct {
	Finding
	// Label is the word for the severity, "" for the severity's own.
	Label string
	// Mark follows the label in a table, where no heading has the rule: its id.
	Mark string
	// Aside says why the finding does not count; it takes the place of the next
	// step. Pending is what else there is to know of it.
	Aside, Pending string
}

// Table writes the finding for people.
func (f Shown) Table(b *strings.Builder, st ui.Style) {
	label := cmp.Or(f.Label, string(f.Severity))
	switch f.Severity {
	case Error:
		label = st.Bad(label)
	case Warning:
		label = st.Warn(label)
	}
	if f.Mark != "" {
		label += "  " + f.Mark
	}
	fmt.Fprintf(b, "  %s  %s\n    %s\n", f.Pos, label, f.Message)
	for _, l := range f.explained() {
		fmt.Fprintf(b, "      %s\n", l)
	}
	switch {
	case f.Aside != "":
		fmt.Fprintf(b, "    %s\n", st.Dim(f.Aside))
	case f.Next != "":
		fmt.Fprintf(b, "    %s %s\n", st.Dim("next:"), f.Next)
	}
	if f.Pending != "" {
		fmt.Fprintf(b, "    %s\n", st.Warn(f.Pending))
	}
}

// Columns is the head of the Markdown table whose rows Row makes.
const Columns = "| | where | what | next |\n| --- | --- | --- | --- |\n"

// Row is the finding as a row of a Markdown table. link, if not "", stands before
// the message; it is Markdown already.
func (f Shown) Row(link string) string {
	label := cmp.Or(f.Label, string(f.Severity))
	if f.Severity == Error && f.Label != "" {
		label = "**" + label + "**"
	}
	text := strings.Join(append([]string{f.Message}, f.explained()...), "; ")
	next := cmp.Or(f.Aside, f.Next)
	if f.Pending != "" {
		next += " (" + f.Pending + ")"
	}
	if link != "" {
		link += " "
	}
	return fmt.Sprintf("| %s | %s | %s%s | %s |\n", label, report.Escape(f.Pos.String()), link, report.Escape(text), report.Escape(next))
}

// TableUnknown writes what could not be judged.
func TableUnknown(b *strings.Builder, st ui.Style, list []Unknown) {
	if len(list) > 0 {
		fmt.Fprintf(b, "\n%s\n", st.Bold("Not judged"))
	}
	for _, u := range list {
		fmt.Fprintf(b, "  %s: %s\n", u.Rule, u.Reason)
		if u.Next != "" {
			fmt.Fprintf(b, "    %s %s\n", st.Dim("next:"), u.Next)
		}
	}
}

// MarkdownUnknown is the same in Markdown.
func MarkdownUnknown(list []Unknown) string {
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n### Not judged\n\n")
	for _, u := range list {
		fmt.Fprintf(&b, "- %s: %s. %s\n", report.Escape(u.Rule), report.Escape(u.Reason), report.Escape(u.Next))
	}
	return b.String()
}
