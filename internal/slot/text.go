package slot

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/report"
	"github.com/portalctl/portalctl/internal/ui"
)

// WriteTable writes the run for people.
func (r *Run) WriteTable(w io.Writer, st ui.Style, next []string) error {
	var b strings.Builder
	b.WriteString(st.Bold(r.headline()) + "\n")
	if len(r.Verdict.Reasons) > 0 {
		b.WriteString("\n")
		var rows [][]string
		for _, reason := range r.Verdict.Reasons {
			rows = append(rows, []string{kindWords[reason.Kind], reason.Text, reason.Source})
		}
		if err := report.Table(&b, []string{"", "why", "more in"}, rows); err != nil {
			return err
		}
	}
	if r.Verdict.Rather != "" {
		b.WriteString("\n" + r.Verdict.Rather + "\n")
	}
	if list := r.Hands; len(list) > 0 {
		fmt.Fprintf(&b, "\n%s\n", st.Bold(fmt.Sprintf("Needs hands: %d", len(list))))
		for i, h := range list {
			if i == mostHands {
				fmt.Fprintf(&b, "  … and %d more: see --format markdown\n", len(list)-mostHands)
				break
			}
			b.WriteString("  " + h.line() + "\n")
		}
	}
	b.WriteString("\n" + st.Bold("Steps") + "\n")
	var rows [][]string
	for _, s := range r.Steps {
		if s.Name == Text {
			continue
		}
		state := string(s.State)
		if s.State == stateDone && !s.Again {
			state = "done before"
		}
		rows = append(rows, []string{string(s.Name), state, s.summary()})
	}
	if err := report.Table(&b, nil, rows); err != nil {
		return err
	}
	if err := r.writeDay(&b, st); err != nil {
		return err
	}
	b.WriteString(st.Next(next))
	_, err := io.WriteString(w, b.String())
	return err
}

var kindWords = map[Kind]string{quiet: "quiet", needsHands: "hands", needsWindow: "window", notKnown: "not known"}

// mostHands is how many things that need hands the table shows.
const mostHands = 15

func (r *Run) headline() string {
	if r.To == "" {
		return "The upgrade: " + r.Verdict.Title
	}
	return r.title() + ": " + r.Verdict.Title
}

// summary is what a step did, in a few words.
func (s *Step) summary() string {
	var parts []string
	if s.Why != "" {
		parts = append(parts, s.Why)
	}
	if n := len(s.Commits); n > 0 {
		parts = append(parts, english.Count(n, "commit"))
	}
	for _, p := range s.Commands {
		if !p.Ran() && !s.told(p) {
			parts = append(parts, english.Short(p.name()+": "+p.Problem, 200))
		}
	}
	for _, c := range s.Scripts {
		word := "passed"
		if c.Exit != 0 {
			word = fmt.Sprintf("failed (exit %d, %s)", c.Exit, c.Log)
		}
		parts = append(parts, c.Line+" "+word)
	}
	if n := len(s.Left); n > 0 {
		parts = append(parts, english.Count(n, "file")+" left by the scripts, not committed: "+english.Some(s.Left, 3))
	}
	return strings.Join(slices.Compact(parts), "; ")
}

// told reports whether why the step failed is what a command of it said.
func (s *Step) told(p Printed) bool { return p.Problem != "" && strings.Contains(s.Why, p.Problem) }

// A hand is one thing that somebody must do.
type hand struct {
	What string `json:"what"`
	// Places are in the code of the base; those of a script's errors are in the branch's.
	Places []place `json:"places"`
	Why    string  `json:"why"`
}

// A place is a line of a file of the portal.
type place struct {
	File string `json:"file"`
	Line int    `json:"line"` // 0 for the file as a whole
}

func (h hand) line() string {
	s := english.Plain(h.What)
	if len(h.Places) > 0 {
		s += " " + h.Places[0].String()
		if n := len(h.Places) - 1; n > 0 {
			s += fmt.Sprintf(" and %d more", n)
		}
	}
	if h.Why != "" {
		s += ": " + english.Short(h.Why, 160)
	}
	return s
}

func (p place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// hands are all things that somebody must do, the gravest first: what does not build
// any more, what the scripts found, what breaks, what both sides changed.
func (r *Run) hands() []hand {
	var list []hand
	coming := r.Step(stepComing)
	c := cmp.Or(changesForm.found(coming), &changesDocument{})
	for _, g := range c.Gone {
		if g.Reason == "" {
			g.Reason = c.reason(g)
		}
		h := hand{What: "`" + g.Name + "` is gone from " + g.Package, Places: g.Places, Why: firstLine(g.Reason)}
		if g.NowIn != "" {
			h.What += ", now in " + g.NowIn
		}
		list = append(list, h)
	}
	for _, s := range r.Step(stepProof).Scripts {
		switch { // the file is on the machine that ran it, which a reviewer has not
		case s.OnlyBuilds:
			list = append(list, hand{What: s.Line + " could not build native packages", Why: "all else is installed, and the scripts were tried; where they can be built it must pass"})
		case s.Exit != 0 && len(s.Errors) == 0:
			list = append(list, hand{What: s.Line + " fails", Why: "portalctl slot status names the file with its output, where slot ran"})
		}
		if s.Name == Install && !s.OnlyBuilds && len(s.Errors) > 0 { // one mistake of many packages
			var said []string
			for _, e := range s.Errors {
				said = append(said, e.Message)
			}
			list = append(list, hand{What: s.Line + " fails", Why: english.Some(said, 3)})
			continue
		}
		for _, e := range s.Errors {
			list = append(list, hand{What: strings.TrimSpace(e.Code + " " + e.Message), Places: []place{{e.File, e.Line}}, Why: e.Because})
		}
	}
	if audited := auditForm.found(r.Step(stepCheck)); audited != nil {
		for _, f := range audited.Findings {
			if f.Verdict == "block" && f.Status == "new" {
				h := hand{What: f.Advisory + " (" + f.Severity + ") of " + f.Package + " " + f.Version + " is new", Places: []place{{f.File, f.Line}}, Why: f.Summary}
				if f.Fixed != "" {
					h.Why += "; fixed in " + f.Fixed
				}
				list = append(list, h)
			}
		}
	}
	for _, b := range c.Breaking {
		if b.Rank == "imported" && !c.isGone(b) {
			list = append(list, hand{What: b.title() + " (" + english.Some(b.Names, 3) + ")", Places: b.Places, Why: breakingLine(b.Text)})
		}
	}
	for _, l := range c.ThirdParty {
		list = append(list, hand{What: l.Name + " goes from " + l.From + " to " + l.To + " in Backstage's packages, and is imported here", Places: l.Places})
	}
	if t := templateForm.found(coming); t != nil {
		for _, f := range t.Files {
			for _, h := range f.Hunks {
				list = append(list, hand{What: "the app template changes what you changed", Places: []place{{f.Path, h.Line}}})
			}
			for _, k := range f.Keys {
				if k.State == "conflict" {
					list = append(list, hand{What: "the app template changes " + strings.Join(k.Path, ".") + ", which you changed", Places: []place{{f.Path, k.Line}}})
				}
			}
		}
	}
	return list
}

// reason is what a breaking change says of a name that is gone.
func (c *changesDocument) reason(g goneName) string {
	for _, b := range c.Breaking {
		if slices.Contains(b.Names, g.Name) && slices.ContainsFunc(b.Packages, func(p changedPackage) bool { return p.Name == g.Package }) {
			return breakingLine(b.Text)
		}
	}
	return ""
}

// isGone reports whether a breaking change names only what is gone, which is told
// already.
func (c *changesDocument) isGone(b breakingEntry) bool {
	return !slices.ContainsFunc(b.Names, func(name string) bool {
		return !slices.ContainsFunc(c.Gone, func(g goneName) bool { return g.Name == name })
	})
}

// breakingLine is the sentence of a changeset that says what breaks.
func breakingLine(text string) string {
	for line := range strings.Lines(text) {
		if _, after, ok := strings.Cut(line, "BREAKING"); ok {
			if _, said, ok := strings.Cut(after, ": "); ok && strings.TrimSpace(said) != "" {
				return strings.TrimSpace(said)
			}
		}
	}
	return firstLine(text)
}
