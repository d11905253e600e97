package setup

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
)

// titles are the states as sections of a report, in its order: what is to be done first.
var titles = []struct {
	state State
	title string
}{
	{stateCreate, "To be made"},
	{stateMerge, "Lines to be added"},
	{stateUpdate, "To be written anew"},
	{ByHand, "For you to add"},
	{Outdated, "As an earlier portalctl wrote it, or for what is no longer so (--update writes it anew)"},
	{stateDrifted, "Edited by you, and portalctl would now write another text"},
	{stateEdited, "Edited by you, and left alone"},
	{stateYours, "Yours, and left alone"},
	{stateNotNeeded, "Not needed"},
	{stateSame, "There already"},
}

func (p *Plan) of(s State) (list []item) {
	for _, it := range p.Items {
		if it.State == s {
			list = append(list, it)
		}
	}
	return list
}

// headline says how much there is to do.
func (p *Plan) headline() string {
	n := len(p.Writes())
	if n > 0 {
		made := len(p.of(stateCreate))
		return fmt.Sprintf("The repository lacks %s of a monthly upgrade: %s to make, %s to change", english.Count(n, "file"), english.Count(made, "file"), english.Count(n-made, "file"))
	}
	if !p.Complete() {
		return fmt.Sprintf("%s not as portalctl would write it now", english.CountOf(len(p.of(Outdated))+len(p.of(stateDrifted)), "file is", "files are"))
	}
	return "The repository has what a monthly upgrade needs"
}

// about is an item in one line, without its path.
func (it item) about() string {
	why := it.Why
	if it.State == stateDrifted {
		why += "; take its first line out to keep it as yours, or the file, to have it made anew"
	}
	return it.Serves + ": " + why
}

// WriteTable writes the plan for people, and last the next commands to type.
func (p *Plan) WriteTable(w io.Writer, st ui.Style, next []string) error {
	var b strings.Builder
	b.WriteString(st.Bold(p.headline()) + "\n")
	for _, n := range p.Notes {
		b.WriteString(st.Warn(n) + "\n")
	}
	for _, t := range titles {
		list := p.of(t.state)
		if len(list) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n", st.Bold(fmt.Sprintf("%s: %d", t.title, len(list))))
		width := 0
		for _, it := range list {
			width = max(width, len(it.Path))
		}
		for _, it := range list {
			fmt.Fprintf(&b, "  %-*s  %s\n", width, it.Path, it.about())
			for l := range strings.Lines(it.Paste) {
				b.WriteString("      " + strings.TrimRight(l, "\r\n") + "\n")
			}
		}
	}
	b.WriteString(st.Next(next))
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteMarkdown writes the plan for a pull request.
func (p *Plan) WriteMarkdown(w io.Writer, next []string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n", report.Escape(p.headline()))
	for _, n := range p.Notes {
		b.WriteString("\n> " + report.Escape(n) + "\n")
	}
	var rows [][]string
	for _, t := range titles {
		for _, it := range p.of(t.state) {
			rows = append(rows, []string{t.title, it.Path, it.about()})
		}
	}
	b.WriteString("\n")
	if err := report.Markdown(&b, []string{"", "file", "what"}, rows); err != nil {
		return err
	}
	for _, it := range slices.DeleteFunc(slices.Clone(p.Items), func(it item) bool { return it.Paste == "" }) {
		fmt.Fprintf(&b, "\n%s:\n\n%s", report.Code(it.Path), report.Fence("", strings.TrimRight(it.Paste, "\n")))
	}
	b.WriteString(report.Next(next))
	_, err := io.WriteString(w, b.String())
	return err
}
