package slot

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/report"
)

// maxText is how long the text of a pull request may be, in bytes: GitHub takes
// 65,536 characters, and what a bot or a template adds needs room.
const maxText = 60_000

// Markdown is the text for the pull request, at most MaxText long: the verdict, what
// needs hands, the day's commands and a checklist come first; what does not fit of the
// details is named with the command that has it. links is the address that a file's
// path is appended to, "" for none.
func (r *Run) Markdown(links string) string {
	t := text{links: links, at: r.opts.At}
	fmt.Fprintf(&t, "## %s\n", report.Escape(r.headline()))
	t.reasons(r.Verdict)
	t.hands(r.Hands)
	t.moves(r)
	t.branch(r)
	t.day(r)
	t.checklist(r)
	for _, d := range details {
		if p := r.Step(stepComing).printed(d.words); p != nil && p.Ran() && p.Markdown != "" {
			if t.folded(d.title, p) {
				continue
			}
		}
		// What moves is known without its lock, too, and is shorter.
		if p := r.Step(Where).printed(d.words); p != nil && p.Ran() && p.Markdown != "" {
			t.folded("What moves, but for yarn.lock", p)
		}
	}
	t.footer(r)
	return t.String()
}

// details are the reports of commands that the text has folded.
var details = []struct{ title, words string }{
	{"What moves, in full", "versions bump"},
	{"What the release changes", "versions changes"},
	{"The app template", "versions template"},
	{"Migrations", "snapshot forecast"},
}

// text is the text as far as it is written.
type text struct {
	strings.Builder
	links string
	at    string // names the portal on a command line
}

// room is what is left, with some kept for the end.
func (t *text) room() int { return maxText - 600 - t.Len() }

func (t *text) reasons(v *verdict) {
	if len(v.Reasons) == 0 {
		return
	}
	t.WriteString("\n")
	for _, reason := range v.Reasons {
		fmt.Fprintf(t, "- **%s**: %s\n", kindWords[reason.Kind], report.Escape(english.Plain(reason.Text)))
	}
	if v.Rather != "" {
		t.WriteString("\n" + report.Escape(v.Rather) + "\n")
	}
}

func (t *text) hands(list []hand) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(t, "\n### Needs hands: %d\n\n", len(list))
	for i, h := range list {
		var places []string
		for k, p := range h.Places {
			if k == 3 {
				places = append(places, fmt.Sprintf("and %d more", len(h.Places)-3))
				break
			}
			places = append(places, t.link(p))
		}
		line := "- [ ] " + report.Escape(english.Plain(strings.ReplaceAll(h.What, "`", ""))) + " " + strings.Join(places, ", ")
		line = strings.TrimRight(line, " ")
		if h.Why != "" {
			line += ": " + report.Escape(english.Short(h.Why, 300))
		}
		if t.Len()+len(line) > maxText/2 {
			fmt.Fprintf(t, "- [ ] … and %d more: `portalctl slot status --format json%s`\n", len(list)-i, t.at)
			return
		}
		t.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// link is a place, as a link where it is known what to link to.
func (t *text) link(p place) string {
	code := report.Code(p.String())
	if t.links == "" || p.File == "" {
		return code
	}
	address := t.links + (&url.URL{Path: p.File}).EscapedPath()
	if p.Line > 0 {
		address += fmt.Sprintf("#L%d", p.Line)
	}
	return "[" + code + "](" + strings.NewReplacer("(", "%28", ")", "%29").Replace(address) + ")"
}

// moves says in a few lines what moves; the command's own report is below.
func (t *text) moves(r *Run) { t.list("What moves", r.moveLines(markdownWords)) }

// list writes lines as a list under a heading, nothing for none.
func (t *text) list(title string, lines []string) {
	if len(lines) > 0 {
		fmt.Fprintf(t, "\n### %s\n\n- %s\n", title, strings.Join(lines, "\n- "))
	}
}

// branch says what is on the branch, and how the portal's own scripts went.
func (t *text) branch(r *Run) {
	t.list("On this branch", r.commitLines(markdownWords))
	t.list("The portal's own proof", r.proofLines(markdownWords, "✅", "❌"))
	for _, l := range r.stepLines(markdownWords) {
		t.WriteString("\n" + l + "\n")
	}
}

// day is what the operator does on the day of the deployment.
func (t *text) day(r *Run) {
	said, steps := r.dayLines(markdownWords)
	if said == "" {
		return
	}
	fmt.Fprintf(t, "\n### The day of the deployment\n\n%s\n\n", said)
	for i, l := range steps {
		fmt.Fprintf(t, "%d. %s\n", i+1, l)
	}
}

// checklist is what a reviewer looks at.
func (t *text) checklist(r *Run) {
	t.WriteString("\n### Reviewer\n\n")
	for _, l := range r.reviewLines() {
		t.WriteString("- [ ] " + report.Escape(english.Plain(l)) + "\n")
	}
}

// folded is a command's report in Markdown, folded; where it does not fit, the
// command is named, and fits is false.
func (t *text) folded(title string, p *Printed) (fits bool) {
	body := strings.TrimSpace(p.Markdown)
	head := fmt.Sprintf("\n<details><summary>%s</summary>\n\n", title)
	const tail = "\n\n</details>\n"
	if len(head)+len(body)+len(tail) > t.room() {
		fmt.Fprintf(t, "\n%s: %s of Markdown, too long for here: %s\n", title, english.Count(len(body), "byte"), report.Code(p.line()+" --format markdown"+t.at))
		return false
	}
	t.WriteString(head + body + tail)
	return true
}

func (t *text) footer(r *Run) {
	failed := r.failedLines(markdownWords)
	if len(failed) > 0 {
		section := "\n### Could not be found out\n\n- " + strings.Join(failed, "\n- ") + "\n"
		if len(section) <= t.room()+500 {
			t.WriteString(section)
		}
	}
}
