package audit

import (
	"fmt"
	"io"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/report"
)

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
	parts := []finding.Part{r.markdownFixes()}
	r.inOrder(func(a *action) { parts = append(parts, r.markdownAction(a)) }, func() { parts = append(parts, r.markdownRules()) })
	finding.Fit(&b, append(parts, r.markdownRest()))
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) markdownAction(a *action) finding.Part {
	list := pick(a.Findings, r.changed)
	if len(list) == 0 {
		return finding.Part{}
	}
	var b strings.Builder
	title := english.Plain(a.Title)
	if a.Kind == dropMalware {
		title = "🚨 MALWARE: " + title
	}
	fmt.Fprintf(&b, "\n### %s%s\n\n", report.Escape(title), report.Escape(r.ends(a, list)))
	if a.Kind == dropMalware {
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
		fmt.Fprintf(&b, "\n%s\n", report.Escape(english.Plain(a.Caution)))
	}
	b.WriteString("\n| | package | advisory | fix | who asks |\n| --- | --- | --- | --- | --- |\n")
	for _, f := range list {
		who := f.Where.use() + r.inLock(f)
		if ways := f.Where.ways(1); len(ways) > 0 {
			who += ": " + strings.Join(ways, "; ")
		}
		severity := f.rating()
		if f.Verdict == verdictBlocks {
			severity = "**" + severity + "**"
		}
		if r.Base != nil {
			severity += ", " + string(f.Status)
		}
		what := link(f.Advisory.ID, f.Advisory.URL) + " " + report.Escape(english.Short(f.summary(), 160))
		if f.Verdict == verdictWarns {
			what += " — does not block: " + report.Escape(f.Why)
		}
		if f.Pending != nil {
			what += " — " + pendingText
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", severity, report.Code(english.Plain(f.Package)+" "+english.Plain(f.Version)), what,
			report.Escape(f.fix()), report.Escape(english.Plain(who)))
	}
	return finding.Part{Text: b.String(), Findings: len(list)}
}

// link is a Markdown link if the address is one that cannot break out of it.
func link(text, url string) string {
	if !strings.HasPrefix(url, "https://") || strings.ContainsAny(url, " \t\r\n()<>|\"'`\\[]") {
		return report.Escape(english.Plain(text))
	}
	return "[" + report.Escape(english.Plain(text)) + "](" + url + ")"
}

func (r *Report) markdownRules() finding.Part {
	var b strings.Builder
	rules := r.shownRules()
	if len(rules) > 0 {
		fmt.Fprintf(&b, "\n### %s\n\n%s", rulesTitle, finding.Columns)
	}
	for _, f := range rules {
		b.WriteString(f.shown().Row(fmt.Sprintf("[%s](%s)", f.Rule, ruleURL(f.Rule))))
	}
	b.WriteString(finding.MarkdownUnknown(r.unknown()))
	return finding.Part{Text: b.String(), Findings: len(rules)}
}

func (r *Report) markdownRest() finding.Part {
	var b strings.Builder
	for _, part := range r.rest() {
		fmt.Fprintf(&b, "\n**%s** %s\n", part.title, report.Escape(part.text))
	}
	if list := pick(r.Findings, func(f *Finding) bool { return f.Verdict == verdictIgnored }); len(list) > 0 {
		b.WriteString("\n<details><summary>Ignored</summary>\n\n")
		for _, f := range list {
			fmt.Fprintf(&b, "- %s %s: %s\n", report.Code(english.Plain(f.Package)+" "+english.Plain(f.Version)), link(f.Advisory.ID, f.Advisory.URL), report.Escape(english.Plain(reason(*f.Ignore))))
		}
		b.WriteString("\n</details>\n")
	}
	return finding.Part{Text: b.String()}
}
