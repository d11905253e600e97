package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
)

// head is the sentence about a plan.
func (p *FixPlan) head() string {
	verb := "Would fix"
	if p.Applied {
		verb = "Fixed"
	}
	ends := 0
	for _, f := range p.Fixes {
		ends += len(f.Findings)
	}
	if ends == 0 {
		return "There is nothing to fix without a person" + p.leftWords()
	}
	return fmt.Sprintf("%s: %s by %s%s", verb, english.Count(ends, "finding"), english.Count(len(p.Fixes), "step"), p.leftWords())
}

func (p *FixPlan) leftWords() string {
	n := 0
	for _, l := range p.Left {
		n += len(l.Findings)
	}
	if n == 0 {
		return ""
	}
	return "; " + english.Count(n, "finding") + " left, with the reason below"
}

// title is what a fix does, in one line.
func (f *fixStep) title() string {
	var moves []string
	for _, m := range f.Moves {
		moves = append(moves, english.Plain(m.text()))
	}
	return strings.Join(moves, ", ")
}

// about are the lines below a title: what is written beside the lock, and what it
// ends.
func (f *fixStep) about() []string {
	var lines []string
	for _, l := range f.Lines {
		lines = append(lines, l.text())
	}
	if f.Breaking != "" {
		lines = append(lines, english.Plain(f.Breaking)+": read the changelog and test")
	}
	return append(lines, "ends "+endsWords(f.Findings))
}

func (l fixedLine) text() string {
	at := l.File
	if l.Line > 0 {
		at += fmt.Sprintf(":%d", l.Line)
	}
	if l.From == "" {
		return english.Plain(fmt.Sprintf("%s: resolutions gets %q: %q", at, l.Name, l.To))
	}
	return english.Plain(fmt.Sprintf("%s: %q: %q → %q", at, l.Name, l.From, l.To))
}

func endsWords(list []*Finding) string {
	var ids []string
	for _, f := range list {
		if id := english.Plain(f.Advisory.ID); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return english.Some(ids, 8)
}

// inLock names a lock that is not the one at the root.
func inLock(path string) string {
	if path == "yarn.lock" {
		return ""
	}
	return "  (" + english.Plain(path) + ")"
}

// alsoLines are the packages that move besides, one line a lock.
func (p *FixPlan) alsoLines() []string {
	var locks []string
	by := map[string][]string{}
	for _, m := range p.Also {
		if by[m.Lockfile] == nil {
			locks = append(locks, m.Lockfile)
		}
		text := m.text()
		switch {
		case m.From == "":
			text = m.Name + " " + m.To + " comes"
		case m.To == "":
			text = m.Name + " " + m.From + " goes"
		}
		by[m.Lockfile] = append(by[m.Lockfile], english.Plain(text))
	}
	var out []string
	for _, l := range locks {
		out = append(out, "with them: "+english.Some(by[l], 12)+inLock(l))
	}
	return out
}

// noteLines are what moves besides, and what to know about the locks.
func (p *FixPlan) noteLines() []string {
	lines := p.alsoLines()
	for _, s := range p.Seeds {
		lines = append(lines, english.Plain(s.Lockfile+" is written by the project's own Yarn when the plan is applied: "+s.Why))
	}
	for _, n := range p.Notes {
		lines = append(lines, english.Plain(n))
	}
	return lines
}

// leftGroups are what is left, by why.
func (p *FixPlan) leftGroups() (titles []string, of map[string][]*leftOver) {
	words := map[leftKind]string{
		leftMalware: "Malware: not a matter of an update", leftHeld: "Held back by the age gate", leftReach: "Needs more than --fix may do",
		leftBreaking: "Breaking steps", leftPinned: "Pinned by what asks", leftRelease: "Comes with a Backstage release",
		leftRefused: "Would do more than end the finding", leftUnfixed: "No fix", leftUnsolvable: "Locks that are not written here",
	}
	of = map[string][]*leftOver{}
	for _, l := range p.Left {
		title := words[l.Kind]
		if of[title] == nil {
			titles = append(titles, title)
		}
		of[title] = append(of[title], l)
	}
	return titles, of
}

func (l *leftOver) text() string {
	text := l.Package + " " + l.Version + ": " + l.Reason
	return english.Plain(text) + inLock(l.Lockfile)
}

func (r *Report) tableFixes(b *strings.Builder, st ui.Style) {
	p := r.Fixes
	if p == nil {
		return
	}
	fmt.Fprintf(b, "\n%s\n", st.Bold(p.head()))
	for _, f := range p.Fixes {
		fmt.Fprintf(b, "  %s%s\n", st.Good(f.title()), st.Dim(inLock(f.Lockfile)))
		for _, line := range f.about() {
			fmt.Fprintf(b, "    %s\n", line)
		}
	}
	for _, line := range p.noteLines() {
		fmt.Fprintf(b, "  %s\n", st.Dim(line))
	}
	titles, of := p.leftGroups()
	for _, t := range titles {
		fmt.Fprintf(b, "\n  %s\n", st.Bold(t))
		for _, l := range of[t] {
			fmt.Fprintf(b, "    %s\n      %s\n", l.text(), st.Dim(endsWords(l.Findings)))
			if l.Next != "" {
				fmt.Fprintf(b, "      → %s\n", english.Plain(l.Next))
			}
		}
	}
}

func (r *Report) markdownFixes() finding.Part {
	p := r.Fixes
	if p == nil {
		return finding.Part{}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s\n", report.Escape(p.head()))
	if len(p.Fixes) > 0 {
		b.WriteString("\n| step | kind | also written | ends |\n| --- | --- | --- | --- |\n")
	}
	for _, f := range p.Fixes {
		about := f.about()
		fmt.Fprintf(&b, "| %s%s | %s | %s | %s |\n", report.Escape(f.title()), report.Escape(inLock(f.Lockfile)), f.Kind,
			report.Escape(strings.Join(about[:len(about)-1], "; ")), report.Escape(endsWords(f.Findings)))
	}
	for i, n := range p.noteLines() {
		if i == 0 {
			b.WriteString("\n")
		}
		b.WriteString("- " + report.Escape(n) + "\n")
	}
	if titles, of := p.leftGroups(); len(titles) > 0 {
		b.WriteString("\n| left | why | what would end it |\n| --- | --- | --- |\n")
		for _, t := range titles {
			for _, l := range of[t] {
				fmt.Fprintf(&b, "| %s (%s) | %s | %s |\n", report.Code(english.Plain(l.Package+" "+l.Version)), report.Escape(endsWords(l.Findings)),
					report.Escape(t+": "+english.Plain(l.Reason)+inLock(l.Lockfile)), report.Escape(english.Plain(l.Next)))
			}
		}
	}
	return finding.Part{Text: b.String(), Findings: len(p.Fixes)}
}

// The JSON of a plan: the member "fixed" of a report.
type (
	jsonFixed struct {
		Reach   string      `json:"reach"`
		Applied bool        `json:"applied"`
		Steps   []jsonFix   `json:"steps"`
		Also    []alsoMoved `json:"also"`
		Left    []jsonLeft  `json:"left"`
		Files   []string    `json:"files"`
		Yarn    []yarnSeed  `json:"yarn"`
		Notes   []string    `json:"notes"`
	}
	jsonFix struct {
		Kind     actionKind    `json:"kind"`
		Lockfile string        `json:"lockfile"`
		Moves    []packageMove `json:"moves"`
		Lines    []fixedLine   `json:"lines"`
		Breaking string        `json:"breaking"`
		Ends     []jsonEnded   `json:"ends"`
	}
	jsonEnded struct {
		Advisory string `json:"advisory"`
		Package  string `json:"package"`
		Version  string `json:"version"`
	}
	jsonLeft struct {
		Kind       leftKind `json:"kind"`
		Lockfile   string   `json:"lockfile"`
		Package    string   `json:"package"`
		Version    string   `json:"version"`
		Advisories []string `json:"advisories"`
		Reason     string   `json:"reason"`
		Next       string   `json:"next"`
	}
)

func (p *FixPlan) json() *jsonFixed {
	if p == nil {
		return nil
	}
	out := &jsonFixed{Reach: string(p.Reach), Applied: p.Applied, Also: p.Also, Yarn: p.Seeds, Notes: p.Notes}
	if p.Reach == reachMajor {
		out.Reach = "major"
	}
	for _, f := range p.Fixes {
		j := jsonFix{Kind: f.Kind, Lockfile: f.Lockfile, Moves: f.Moves, Lines: f.Lines, Breaking: f.Breaking}
		for _, e := range f.Findings {
			j.Ends = append(j.Ends, jsonEnded{e.Advisory.ID, e.Package, e.Version})
		}
		out.Steps = append(out.Steps, j)
	}
	for _, l := range p.Left {
		j := jsonLeft{Kind: l.Kind, Lockfile: l.Lockfile, Package: l.Package, Version: l.Version, Reason: english.Plain(l.Reason), Next: english.Plain(l.Next)}
		for _, f := range l.Findings {
			j.Advisories = append(j.Advisories, f.Advisory.ID)
		}
		out.Left = append(out.Left, j)
	}
	for _, f := range p.Files {
		out.Files = append(out.Files, f.Rel)
	}
	return out
}
