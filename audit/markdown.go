package audit

import (
	"fmt"
	"io"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/report"
)

// maxMarkdown keeps a report below what GitHub takes for a comment (65,536
// characters), with room for the rest of the page.
const maxMarkdown = 60_000

// WriteMarkdown writes the report for a comment on a pull request or a step
// summary. What advisories and locks say is untrusted: it is escaped, and only
// the advisory's own address becomes a link.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	mark := "✅"
	if r.Failed() {
		mark = "❌"
	}
	fmt.Fprintf(&b, "## %s %s\n", mark, report.Escape(r.head()))
	for _, line := range r.about() {
		fmt.Fprintf(&b, "\n%s\n", report.Escape(line))
	}
	var parts []string
	now, later := r.urgent()
	for _, a := range now {
		parts = append(parts, r.markdownAction(a))
	}
	if r.rulesBlock() {
		parts = append(parts, r.markdownRules())
	}
	for _, a := range later {
		parts = append(parts, r.markdownAction(a))
	}
	if !r.rulesBlock() {
		parts = append(parts, r.markdownRules())
	}
	left := 0
	for _, part := range append(parts, r.markdownRest()) {
		if b.Len()+len(part) > maxMarkdown {
			left++
			continue
		}
		b.WriteString(part)
	}
	if left > 0 {
		fmt.Fprintf(&b, "\n… and %s more, left out because the report would be too long: `portalctl audit` shows all.\n", english.Count(left, "part"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) markdownAction(a *Action) string {
	list := pick(a.Findings, r.changed)
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	title := plain(a.Title)
	if a.Kind == DropMalware {
		title = "🚨 MALWARE: " + title
	}
	fmt.Fprintf(&b, "\n### %s%s\n\n", report.Escape(title), report.Escape(r.ends(a, list)))
	if a.Kind == DropMalware {
		for i, s := range a.Steps {
			fmt.Fprintf(&b, "%d. %s\n", i+1, report.Escape(step(s)))
		}
	} else {
		b.WriteString("```text\n")
		for _, s := range a.Steps {
			b.WriteString(strings.ReplaceAll(step(s), "```", "'''") + "\n")
		}
		b.WriteString("```\n")
	}
	if a.Caution != "" {
		fmt.Fprintf(&b, "\n%s\n", report.Escape(plain(a.Caution)))
	}
	b.WriteString("\n| | package | advisory | fix | who asks |\n| --- | --- | --- | --- | --- |\n")
	for _, f := range list {
		who := f.Where.use() + r.inLock(f)
		if ways := f.Where.ways(1); len(ways) > 0 {
			who += ": " + strings.Join(ways, "; ")
		}
		severity := f.rating()
		if f.Verdict == Blocks {
			severity = "**" + severity + "**"
		}
		if r.Base != nil {
			severity += ", " + string(f.Status)
		}
		what := link(f.Advisory.ID, f.Advisory.URL) + " " + report.Escape(short(f.summary(), 160))
		if f.Verdict == Warns {
			what += " — does not block: " + report.Escape(f.Why)
		}
		if f.Pending != nil {
			what += " — this change adds an ignore for it, which takes effect after merge"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", severity, report.Code(plain(f.Package)+" "+plain(f.Version)), what,
			report.Escape(f.fix()), report.Escape(plain(who)))
	}
	return b.String()
}

// link is a Markdown link if the address is one that cannot break out of it.
func link(text, url string) string {
	if !strings.HasPrefix(url, "https://") || strings.ContainsAny(url, " \t\r\n()<>|\"'`\\[]") {
		return report.Escape(plain(text))
	}
	return "[" + report.Escape(plain(text)) + "](" + url + ")"
}

func (r *Report) markdownRules() string {
	var b strings.Builder
	rules := r.shownRules()
	if len(rules) > 0 {
		b.WriteString("\n### Locks, settings and ignores\n\n| | where | what | next |\n| --- | --- | --- | --- |\n")
	}
	for _, f := range rules {
		label := string(f.Verdict)
		switch f.Verdict {
		case Blocks:
			label = "**blocks**"
		case Warns:
			label = "warning"
		case Allowed:
			label = "note"
		}
		text := f.Message
		for _, l := range f.Lines {
			text += "; " + l
		}
		next := f.Next
		if f.Ignore != nil {
			next = "ignored: " + reason(*f.Ignore)
		}
		if f.Pending != nil {
			next += " (this change adds an ignore for it, which takes effect after merge)"
		}
		fmt.Fprintf(&b, "| %s | %s | [%s](%s) %s | %s |\n", label, report.Escape(f.Pos.String()), f.Rule, ruleURL(f.Rule),
			report.Escape(plain(text)), report.Escape(plain(next)))
	}
	if len(r.Unknown) > 0 {
		b.WriteString("\n### Not judged\n\n")
		for _, u := range r.Unknown {
			fmt.Fprintf(&b, "- %s: %s. %s\n", report.Escape(u.Rule), report.Escape(plain(u.Reason)), report.Escape(plain(u.Next)))
		}
	}
	return b.String()
}

func (r *Report) markdownRest() string {
	var b strings.Builder
	for _, part := range r.rest() {
		fmt.Fprintf(&b, "\n**%s** %s\n", part.title, report.Escape(part.text))
	}
	if list := pick(r.Findings, func(f *Finding) bool { return f.Verdict == Ignored }); len(list) > 0 {
		b.WriteString("\n<details><summary>Ignored</summary>\n\n")
		for _, f := range list {
			fmt.Fprintf(&b, "- %s %s: %s\n", report.Code(plain(f.Package)+" "+plain(f.Version)), link(f.Advisory.ID, f.Advisory.URL), report.Escape(plain(reason(*f.Ignore))))
		}
		b.WriteString("\n</details>\n")
	}
	return b.String()
}
