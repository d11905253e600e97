package changes

import (
	"fmt"
	"io"
	"strings"

	"github.com/portalctl/portalctl/internal/changelog"
	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/ui"
)

// few is how many items of a list a report for one screen shows.
const few = 6

// WriteTable writes the report for people: one screen, or with all everything.
// again is the command that prints everything, and next what to type then.
func (r *Report) WriteTable(w io.Writer, st ui.Style, all bool, again string, next []string) error {
	var b strings.Builder
	b.WriteString(st.Bold(r.headline()) + "\n")
	most := few
	if all {
		most = 1 << 30
	}
	section := func(title string, bad bool, n int, line func(i int) []string) {
		if n == 0 {
			return
		}
		style := st.Bold
		if bad {
			style = st.Bad
		}
		fmt.Fprintf(&b, "\n%s\n", style(fmt.Sprintf("%s: %d", title, n)))
		for i := range min(n, most) {
			for k, l := range line(i) {
				if k > 0 {
					l = "  " + l
				}
				b.WriteString("  " + l + "\n")
			}
		}
		if n > most {
			fmt.Fprintf(&b, "  … and %d more: %s\n", n-most, again)
		}
	}
	section("Imported names that are gone", true, len(r.Gone), func(i int) []string {
		return []string{r.Gone[i].line(), shownPlaces(r.Gone[i].Places, all)}
	})
	touching := r.ranked(rankImported)
	section("Breaking changes that name what this portal uses", true, len(touching), func(i int) []string {
		return touching[i].lines(all)
	})
	section("Third-party majors", true, len(r.ThirdParty), func(i int) []string {
		return []string{r.ThirdParty[i].line(), shownPlaces(r.ThirdParty[i].Places, all)}
	})
	section("Newly deprecated", false, len(r.Deprecated), func(i int) []string {
		return []string{r.Deprecated[i].line(), shownPlaces(r.Deprecated[i].Places, all)}
	})
	section("Moved packages", false, len(r.Moved), func(i int) []string {
		return r.Moved[i].lines(all)
	})
	section("Codemods for code that is here", false, len(r.Codemods), func(i int) []string {
		return []string{r.Codemods[i].Command, shownPlaces(r.Codemods[i].Places, all)}
	})
	if others := r.Counts.Breaking - len(touching); others > 0 && !all {
		fmt.Fprintf(&b, "\n%s\n  %s\n", st.Bold(fmt.Sprintf("Other breaking changes: %d", others)), "of packages in use, naming nothing that is used here: "+again)
	} else if all {
		used := append(r.ranked(rankUsed), r.ranked(rankRest)...)
		section("Breaking changes of packages in use", false, len(used), func(i int) []string { return used[i].lines(true) })
	}
	section("Not known", false, len(r.Unknown), func(i int) []string {
		return []string{r.Unknown[i].Package + ": " + r.Unknown[i].Why}
	})
	b.WriteString(st.Next(next))
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) ranked(rank rank) []entry {
	var out []entry
	for _, e := range r.Breaking {
		if e.Rank == rank {
			out = append(out, e)
		}
	}
	return out
}

func (r *Report) headline() string {
	from := r.From.Release
	if from == "" {
		from = "(no release)"
	}
	c := r.Counts
	if c.Packages == 0 {
		return fmt.Sprintf("Backstage %s → %s: no package of this portal moves", from, r.To)
	}
	head := fmt.Sprintf("Backstage %s → %s: %s, %s, %s", from, r.To,
		english.Count(c.Packages, "package"), english.Count(c.Changesets, "changeset"), fmt.Sprintf("%d breaking", c.Breaking))
	switch {
	case c.Touching+c.Gone+c.ThirdParty > 0:
		head += fmt.Sprintf(", of which %d name what is used here", c.Touching)
	case len(r.Unknown) == 0:
		head += "; none of them names anything that is used here"
	default: // not said where something was not looked at
		head += "; none of those that could be read names anything that is used here"
	}
	if c.Moved > 0 {
		head += "; " + english.Count(c.Moved, "package") + " moved to another name"
	}
	return head
}

func (n takenName) line() string {
	s := n.Name + " of " + n.Package
	if n.NowIn != "" {
		s += ": now in " + n.NowIn
	}
	if n.Reason != "" {
		s += ": " + english.Short(n.Reason, 160)
	}
	return s
}

func (l library) line() string { return fmt.Sprintf("%s %s → %s", l.Name, l.From, l.To) }

func (m movedPackage) line() string {
	s := m.Name + " → " + m.To
	if m.Range != "" {
		s += "@" + m.Range
	}
	if m.step != "" {
		s += " (from " + m.From + ", " + m.step + ")"
	}
	return s
}

// lines are the move, its places, and the imported names that end with it.
func (m movedPackage) lines(all bool) []string {
	out := []string{m.line(), shownPlaces(m.Places, all)}
	for _, n := range m.Gone {
		out = append(out, "gone: "+n.line()+" ("+shownPlaces(n.Places, all)+")")
	}
	return out
}

// lines are what an entry looks like: what it names, whose it is, what it says, and
// where.
func (e entry) lines(all bool) []string {
	var out []string
	what := e.Packages[0].Name + " " + e.Packages[0].Version
	if n := len(e.Packages) - 1; n > 0 {
		what += fmt.Sprintf(" (+%d)", n)
	}
	if len(e.Names) > 0 {
		what = shownNames(e.Names, all) + ": " + what
	}
	out = append(out, what)
	if all {
		for line := range strings.Lines(e.Text) {
			out = append(out, strings.TrimRight(line, "\r\n"))
		}
	} else {
		out = append(out, e.summary())
	}
	if len(e.Places) > 0 {
		out = append(out, shownPlaces(e.Places, all))
	}
	return out
}

// summary is the sentence of an entry that says what breaks.
func (e entry) summary() string {
	// What the list or code behind a colon says is in the entry itself.
	text := strings.TrimRight(subjectSentence(changelog.Prose(e.Text)), ": \t\r\n")
	if text != "" {
		text += "."
	}
	return english.Short(text, 200)
}

func shownNames(names []string, all bool) string {
	if len(names) <= 4 || all {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:3], ", ") + fmt.Sprintf(" +%d", len(names)-3)
}

func shownPlaces(list []place, all bool) string {
	most := 2
	if all {
		most = len(list)
	}
	var out []string
	for i, p := range list {
		if i == most {
			out = append(out, fmt.Sprintf("+%d", len(list)-most))
			break
		}
		out = append(out, p.String())
	}
	return strings.Join(out, ", ")
}

// String is file:line.
func (p place) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }
