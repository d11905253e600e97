package slot

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/report"
)

// MaxText is how long the text of a pull request may be, in bytes: GitHub takes
// 65,536 characters, and what a bot or a template adds needs room.
const MaxText = 60_000

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
	for _, d := range []struct{ title, words string }{
		{"What moves, in full", "versions bump"},
		{"What the release changes", "versions changes"},
		{"The app template", "versions template"},
		{"Migrations", "snapshot forecast"},
	} {
		if p, ok := r.Step(Coming).printed(d.words); ok && p.Ran() && p.Markdown != "" {
			t.folded(d.title, p)
		}
	}
	t.footer(r)
	return t.String()
}

// text is the text as far as it is written.
type text struct {
	strings.Builder
	links string
	at    string // names the portal on a command line
}

// room is what is left, with some kept for the end.
func (t *text) room() int { return MaxText - 600 - t.Len() }

func (t *text) reasons(v *Verdict) {
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

func (t *text) hands(list []Hand) {
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
		if h.Why != "" {
			line += ": " + report.Escape(english.Short(h.Why, 300))
		}
		if t.Len()+len(line) > MaxText/2 {
			fmt.Fprintf(t, "- [ ] … and %d more: `portalctl slot status --format json%s`\n", len(list)-i, t.at)
			return
		}
		t.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// link is a place, as a link where it is known what to link to.
func (t *text) link(p Place) string {
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
func (t *text) moves(r *Run) {
	plan := r.plan()
	if plan == nil {
		return
	}
	t.WriteString("\n### What moves\n\n")
	if n := len(plan.Packages); n > 0 {
		jumps := map[string]int{}
		var majors []string
		for _, p := range plan.Packages {
			jumps[p.Jump]++
			if p.Jump == "major" {
				majors = append(majors, report.Code(p.Name+" "+p.From+" → "+p.To))
			}
		}
		var by []string
		for _, jump := range slices.Sorted(maps.Keys(jumps)) {
			by = append(by, fmt.Sprintf("%d %s", jumps[jump], jump))
		}
		fmt.Fprintf(t, "- %s: %s\n", english.Count(n, "package"), report.Escape(strings.Join(by, ", ")))
		if len(majors) > 0 {
			fmt.Fprintf(t, "- by a major: %s\n", english.Some(majors, 30))
		}
	}
	for _, n := range plan.Notes {
		about := ""
		if n.Name != "" {
			about = report.Code(n.Name) + ": "
		}
		fmt.Fprintf(t, "- %s%s\n", about, report.Escape(english.Short(n.Message, 300)))
	}
	l := plan.Lockfile
	if l.Mode == "skip" {
		t.WriteString("- `yarn.lock`: not known, see above\n")
		return
	}
	fmt.Fprintf(t, "- `yarn.lock`: %d added, %d removed, %d changed; %d of %d `@backstage` packages on the release\n",
		len(l.Added), len(l.Removed), len(l.Changed), l.OnRelease, l.OfRelease)
	if a := plan.Audit; a != nil {
		t.advisories("gone", a.Gone)
		t.advisories("new", a.New)
	}
}

// advisories lists what a lock loses or gets.
func (t *text) advisories(what string, list []advisory) {
	var names []string
	for _, a := range list {
		names = append(names, fmt.Sprintf("%s of %s (%s)", report.Escape(a.Advisory), report.Code(a.Package+" "+a.Version), report.Escape(a.Severity)))
	}
	if len(names) > 0 {
		fmt.Fprintf(t, "- advisories %s: %s\n", what, english.Some(names, 20))
	}
}

// branch says what is on the branch, and how the portal's own scripts went.
func (t *text) branch(r *Run) {
	var commits []Commit
	for _, s := range r.Steps {
		commits = append(commits, s.Commits...)
	}
	if len(commits) > 0 {
		t.WriteString("\n### On this branch\n\n")
		for _, c := range commits {
			name := "not committed"
			if c.Hash != "" {
				name = report.Code(c.Hash[:min(10, len(c.Hash))])
			}
			fmt.Fprintf(t, "- %s: %s (%s)\n", name, report.Escape(c.Subject), english.Count(len(c.Files), "file"))
		}
	}
	if scripts := r.Step(Proof).Scripts; len(scripts) > 0 {
		t.WriteString("\n### The portal's own proof\n\n")
		for _, s := range scripts {
			mark := "✅"
			if s.Exit != 0 {
				mark = "❌"
			}
			line := fmt.Sprintf("- %s %s", mark, report.Code(s.Line))
			if n := len(s.Errors); n > 0 {
				line += ": " + english.Count(n, "error") + ", above"
			}
			t.WriteString(line + "\n")
		}
	}
	if left := r.Step(Proof).Left; len(left) > 0 {
		var names []string
		for _, name := range left {
			names = append(names, report.Code(name))
		}
		fmt.Fprintf(t, "\nThe scripts left what git does not ignore, and what is not committed: %s\n", english.Some(names, 8))
	}
	for _, s := range r.Steps {
		switch {
		case s.State == Failed:
			fmt.Fprintf(t, "\n**The step %s failed**: %s\n", s.Name, report.Escape(english.Short(s.Why, 500)))
		case s.State == Skipped && writes(s.Name):
			fmt.Fprintf(t, "\nThe step %s was left out: %s.\n", s.Name, report.Escape(s.Why))
		}
	}
}

// day is what the operator does on the day of the deployment.
func (t *text) day(r *Run) {
	var f forecastDocument
	p, ok := r.Step(Coming).printed("snapshot forecast")
	if !ok || p.decode("portalctl.forecast/v1", &f) != nil {
		return
	}
	n := f.migrations()
	t.WriteString("\n### The day of the deployment\n\n")
	if n == 0 {
		t.WriteString("No migration is known to run.\n")
	} else {
		fmt.Fprintf(t, "%s will run at the first boot.", english.Count(n, "migration"))
		switch {
		case f.Boot.StartupSeconds > 0:
			fmt.Fprintf(t, " Give the startup probe %.0f s (%s).", f.Boot.StartupSeconds, report.Escape(f.Boot.Basis))
		case f.Boot.Seconds < 0:
			fmt.Fprintf(t, " How long is not known: %s.", report.Escape(f.Boot.Basis))
		}
		if len(f.Restore) > 0 {
			fmt.Fprintf(t, " The way back restores the databases %s.", report.Escape(english.And(f.Restore)))
		}
		t.WriteString("\n")
	}
	fmt.Fprintf(t, "\n1. %s, where the databases can be reached: what will run there and for how long, a copy that is restored elsewhere, and go or no-go\n", t.command("slot deploy"))
	fmt.Fprintf(t, "2. roll out; then %s: whether what ran is what was foreseen, and whether the portal is ready\n", t.command("slot verify --health URL"))
	t.WriteString("3. if it must go back: step 2 names the databases and the commands; `ROLLBACK.md` beside the copy has them without portalctl\n")
}

// command is a command on this portal, as code.
func (t *text) command(words string) string { return report.Code("portalctl " + words + t.at) }

// checklist is what a reviewer looks at.
func (t *text) checklist(r *Run) {
	t.WriteString("\n### Reviewer\n\n")
	var list []string
	if len(r.Hands) > 0 {
		list = append(list, "each line of \"Needs hands\" is done, or left on purpose")
	}
	for _, s := range r.Steps {
		for _, c := range s.Commits {
			list = append(list, "read the commit \""+c.Subject+"\"")
		}
	}
	if r.Verdict.has(NeedsWindow) {
		list = append(list, "a window is agreed: the running release fails once the migrations have run")
	}
	list = append(list, "CI is green")
	for _, l := range list {
		t.WriteString("- [ ] " + report.Escape(english.Plain(l)) + "\n")
	}
}

// folded is a command's report in Markdown, folded; where it does not fit, the
// command is named.
func (t *text) folded(title string, p Printed) {
	body := strings.TrimSpace(p.Markdown)
	head := fmt.Sprintf("\n<details><summary>%s</summary>\n\n", title)
	const tail = "\n\n</details>\n"
	if len(head)+len(body)+len(tail) > t.room() {
		fmt.Fprintf(t, "\n%s: %s of Markdown, too long for here: %s\n", title, english.Count(len(body), "byte"), report.Code(p.Line()+" --format markdown"+t.at))
		return
	}
	t.WriteString(head + body + tail)
}

func (t *text) footer(r *Run) {
	var failed []string
	for _, s := range r.Steps {
		for _, p := range s.Commands {
			if !p.Ran() {
				failed = append(failed, "- "+report.Code(p.Line()+t.at)+": "+report.Escape(english.Short(p.Problem, 300)))
			}
		}
	}
	if len(failed) > 0 {
		section := "\n### Could not be found out\n\n" + strings.Join(failed, "\n") + "\n"
		if len(section) <= t.room()+500 {
			t.WriteString(section)
		}
	}
}
