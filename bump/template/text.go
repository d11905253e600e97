package template

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/keymerge"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
)

// titles are the states as sections of a report.
var titles = map[state]string{
	stateTaken: "Taken as the template has them", stateMerged: "Merged with your changes", stateSame: "Already there",
	stateDeleted: "Deleted, untouched by you", stateRemovedByYou: "Removed by you, and not brought back",
	stateKept: "Left as they are", stateConflict: "Needs you", stateNoise: "Not looked at",
}

// WriteTable writes the plan for people: what needs them first, and last the next
// commands to type.
func (p *Plan) WriteTable(w io.Writer, st ui.Style, next []string) error {
	var b strings.Builder
	b.WriteString(st.Bold(p.headline()) + "\n")
	b.WriteString(p.baseLine() + "\n")
	for _, n := range p.Notes {
		b.WriteString(st.Warn(n) + "\n")
	}
	if n := p.Counts.Conflict; n > 0 {
		fmt.Fprintf(&b, "\n%s\n", st.Bad(fmt.Sprintf("%s: %d", titles[stateConflict], n)))
		for _, f := range p.Files {
			if f.State == stateConflict {
				b.WriteString(f.conflicts())
			}
		}
	}
	for _, s := range []state{stateMerged, stateTaken, stateDeleted, stateKept, stateRemovedByYou, stateSame} {
		p.section(&b, st, s)
	}
	if p.Counts.Noise > 0 {
		fmt.Fprintf(&b, "\n%s\n", st.Dim(fmt.Sprintf("Not looked at (README, examples, images …): %s", english.Count(p.Counts.Noise, "file"))))
	}
	b.WriteString(st.Next(next))
	_, err := io.WriteString(w, b.String())
	return err
}

func (p *Plan) section(b *strings.Builder, st ui.Style, s state) {
	n := 0
	for _, f := range p.Files {
		if f.State == s {
			n++
		}
	}
	if n == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", st.Bold(fmt.Sprintf("%s: %d", titles[s], n)))
	for _, f := range p.Files {
		if f.State == s {
			b.WriteString("  " + f.line() + "\n")
		}
	}
}

func (p *Plan) headline() string {
	if len(p.Files) == 0 {
		return fmt.Sprintf("Template of Backstage %s: this portal has all of it", p.To)
	}
	head := fmt.Sprintf("Template of Backstage %s → %s (%s): ", p.Base.Used, p.To, p.Variant)
	c := p.Counts
	list := []string{english.Count(c.Taken+c.Merged+c.Deleted, "file") + " to change"}
	if p.Conflicts() > 0 {
		list = append(list, english.Count(p.Conflicts(), "conflict"))
	} else {
		list = append(list, "no conflict")
	}
	return head + strings.Join(list, ", ")
}

// baseLine says where the merge starts from, and why.
func (p *Plan) baseLine() string {
	b := p.Base
	why := map[How]string{
		howAsked:    "as --base says",
		howRecorded: "as .portalctl.yaml records",
		Found:       fmt.Sprintf("the template that this portal is nearest to: %s apart", english.Count(b.Distance, "line")),
		howClaimed:  "as backstage.json says",
	}[b.How]
	s := "Base: " + b.Used + ", " + why
	if b.Claimed != "" && b.Claimed != b.Used {
		s += "; backstage.json says " + b.Claimed
	}
	return s
}

// line is a file with what is worth saying of it.
func (f *changedFile) line() string {
	s := f.Path
	if f.From != "" {
		s += " (" + f.From + " in the template)"
	}
	var taken, other []string
	for _, k := range f.Keys {
		switch k.State {
		case stateTaken:
			taken = append(taken, keyStep(k))
		case stateRemovedByYou:
			other = append(other, keyName(k)+" removed by you")
		case stateKept:
			other = append(other, keyName(k)+" stays: "+k.Why)
		}
	}
	if len(taken) > 0 {
		s += ": " + english.Some(taken, 4)
	}
	if f.Why != "" {
		s += ": " + f.Why
	}
	for _, o := range other {
		s += "\n    " + o
	}
	return s
}

func keyName(k keymerge.Key) string { return strings.Join(k.Path, ".") }

// keyStep is a key's change in a few words.
func keyStep(k keymerge.Key) string {
	switch {
	case k.Theirs == "":
		return "−" + keyName(k)
	case k.Base == "" && k.Ours == "":
		return "+" + keyName(k)
	case short(k.Ours) != "" && short(k.Theirs) != "":
		return keyName(k) + " " + short(k.Ours) + " → " + short(k.Theirs)
	}
	return keyName(k)
}

// short is a value of one short line without its quotes, "" for any other.
func short(value string) string {
	value = strings.TrimSpace(value)
	if _, rest, ok := strings.Cut(value, ": "); ok && !strings.HasPrefix(value, `"`) {
		value = rest // a YAML entry
	}
	value = strings.Trim(value, `"'`)
	if len(value) > 30 || strings.ContainsAny(value, "\n{[") {
		return ""
	}
	return value
}

// conflicts are what a person has to decide, with both sides.
func (f *changedFile) conflicts() string {
	var b strings.Builder
	for _, h := range f.Hunks {
		fmt.Fprintf(&b, "  %s:%d%s\n", f.Path, h.Line, f.sinceText())
		writeSide(&b, "yours", h.Ours)
		writeSide(&b, "template", h.Theirs)
		writeWhy(&b, h.Why)
	}
	for _, k := range f.Keys {
		if k.State == stateConflict {
			fmt.Fprintf(&b, "  %s:%d: %s%s\n", f.Path, k.Line, keyName(k), f.sinceText())
			writeSide(&b, "was", k.Base)
			writeSide(&b, "yours", k.Ours)
			writeSide(&b, "template", k.Theirs)
			writeWhy(&b, k.Why)
		}
	}
	return b.String()
}

func (f *changedFile) sinceText() string {
	if f.Base == "" {
		return ""
	}
	return " (left since " + f.Base + ")"
}

// most is how many lines of a side a table shows.
const most = 8

func writeSide(b *strings.Builder, name, text string) {
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(text, "\r", ""), "\n"), "\n")
	if text == "" {
		lines = []string{"(nothing)"}
	}
	for i, l := range lines {
		if i == most {
			fmt.Fprintf(b, "    %-9s … %s more\n", "", english.Count(len(lines)-most, "line"))
			break
		}
		label := ""
		if i == 0 {
			label = name
		}
		fmt.Fprintf(b, "    %-9s %s\n", label, l)
	}
}

func writeWhy(b *strings.Builder, why string) {
	if why != "" {
		fmt.Fprintf(b, "    %-9s %s\n", "why", why)
	}
}

// WriteMarkdown writes the plan for a pull request.
func (p *Plan) WriteMarkdown(w io.Writer, next []string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s.\n", report.Escape(p.headline()), report.Escape(p.baseLine()))
	for _, n := range p.Notes {
		b.WriteString("\n> " + report.Escape(n) + "\n")
	}
	var rows [][]string
	for _, s := range states {
		for _, f := range p.Files {
			if f.State != s || s == stateNoise {
				continue
			}
			rows = append(rows, []string{titles[s], f.Path, f.summary()})
		}
	}
	if len(rows) > 0 {
		b.WriteString("\n")
		if err := report.Markdown(&b, []string{"", "file", "what"}, rows); err != nil {
			return err
		}
	}
	for _, f := range p.Files {
		for _, h := range f.Hunks {
			writeConflict(&b, fmt.Sprintf("%s, line %d", report.Code(f.Path), h.Line), h.Ours, h.Theirs, h.Why)
		}
		for _, k := range f.Keys {
			if k.State == stateConflict && keySides(k) == "" {
				writeConflict(&b, fmt.Sprintf("%s, line %d, %s", report.Code(f.Path), k.Line, report.Code(keyName(k))), k.Ours, k.Theirs, k.Why)
			}
		}
	}
	b.WriteString(report.Next(next))
	_, err := io.WriteString(w, b.String())
	return err
}

// writeConflict writes both sides of what a person has to decide.
func writeConflict(b *strings.Builder, where, ours, theirs, why string) {
	b.WriteString("\n" + where)
	if why != "" {
		b.WriteString(": " + report.Escape(why))
	}
	b.WriteString("\n")
	for _, side := range [][2]string{{"yours", ours}, {"template", theirs}} {
		if side[1] == "" {
			fmt.Fprintf(b, "\n%s: nothing\n", side[0])
			continue
		}
		fmt.Fprintf(b, "\n%s:\n\n%s", side[0], report.Fence("", strings.TrimRight(side[1], "\n")))
	}
}

// keySides are both values of a key, "" where one is too long for a line.
func keySides(k keymerge.Key) string {
	if short(k.Ours) == "" || short(k.Theirs) == "" {
		return ""
	}
	return ": yours " + short(k.Ours) + ", template " + short(k.Theirs)
}

func (f *changedFile) summary() string {
	var parts []string
	for _, k := range f.Keys {
		switch k.State {
		case stateTaken:
			parts = append(parts, keyStep(k))
		case stateConflict:
			parts = append(parts, keyName(k)+cmp.Or(keySides(k), ": both sides changed it, see below"))
		}
	}
	if len(f.Hunks) > 0 {
		parts = append(parts, english.Count(len(f.Hunks), "hunk"))
	}
	if f.Why != "" {
		parts = append(parts, f.Why)
	}
	return english.Some(parts, 6)
}
