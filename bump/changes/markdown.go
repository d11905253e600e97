package changes

import (
	"fmt"
	"io"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/report"
)

// WriteMarkdown writes the report for a pull request: what a reviewer has to know
// on one screen, and everything else folded.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n", report.Escape(r.headline()))
	touching := r.ranked(rankImported)
	list := func(title string, n int, line func(i int) string) {
		if n == 0 {
			return
		}
		fmt.Fprintf(&b, "\n**%s: %d**\n\n", title, n)
		for i := range min(n, few) {
			b.WriteString("- " + line(i) + "\n")
		}
		if n > few {
			fmt.Fprintf(&b, "- … and %d more below\n", n-few)
		}
	}
	list("Imported names that are gone", len(r.Gone), func(i int) string { return r.Gone[i].markdown(2) })
	list("Breaking changes that name what this portal uses", len(touching), func(i int) string { return touching[i].markdown() })
	list("Third-party majors", len(r.ThirdParty), func(i int) string {
		l := r.ThirdParty[i]
		return report.Code(l.line()) + " " + placesMarkdown(l.Places, 2)
	})
	list("Moved packages", len(r.Moved), func(i int) string {
		return r.Moved[i].markdown()
	})
	if n := len(r.Deprecated); n > 0 {
		fmt.Fprintf(&b, "\n%s newly deprecated, %s not known: below.\n", english.Count(n, "imported name"), english.Count(len(r.Unknown), "thing"))
	} else if n := len(r.Unknown); n > 0 {
		fmt.Fprintf(&b, "\n%s not known: below.\n", english.Count(n, "thing"))
	}
	fold := func(title string, n int, line func(i int) string) {
		if n == 0 {
			return
		}
		fmt.Fprintf(&b, "\n<details><summary>%s: %d</summary>\n\n", title, n)
		for i := range n {
			b.WriteString(line(i) + "\n")
		}
		b.WriteString("\n</details>\n")
	}
	if len(r.Gone) > few {
		fold("All names that are gone", len(r.Gone), func(i int) string { return "- " + r.Gone[i].markdown(1<<30) })
	}
	fold("The breaking changes that name what this portal uses, in full", len(touching), func(i int) string { return touching[i].full() })
	fold("Newly deprecated", len(r.Deprecated), func(i int) string { return "- " + r.Deprecated[i].markdown(1<<30) })
	fold("Codemods for code that is here", len(r.Codemods), func(i int) string {
		return "- " + report.Code(r.Codemods[i].Command) + " " + placesMarkdown(r.Codemods[i].Places, 1<<30)
	})
	others := append(r.ranked(rankUsed), r.ranked(rankRest)...)
	fold("Other breaking changes of packages in use", len(others), func(i int) string { return "- " + others[i].markdown() })
	fold("Not known", len(r.Unknown), func(i int) string {
		return "- " + report.Code(r.Unknown[i].Package) + ": " + report.Escape(r.Unknown[i].Why)
	})
	_, err := io.WriteString(w, b.String())
	return err
}

func (n takenName) markdown(most int) string {
	s := report.Code(n.Name) + " of " + report.Code(n.Package)
	if n.NowIn != "" {
		s += ", now in " + report.Code(n.NowIn)
	}
	if n.Reason != "" {
		s += ": " + prose(english.Short(n.Reason, 300))
	}
	return s + " " + placesMarkdown(n.Places, most)
}

func (e entry) markdown() string {
	s := report.Code(e.Packages[0].Name + " " + e.Packages[0].Version)
	for i, name := range e.Names {
		if i == 0 {
			s += " ("
		}
		if i == 4 {
			s += fmt.Sprintf(", +%d", len(e.Names)-i)
			break
		}
		if i > 0 {
			s += ", "
		}
		s += report.Code(name)
	}
	if len(e.Names) > 0 {
		s += ")"
	}
	s += ": " + prose(e.summary())
	if len(e.Places) > 0 {
		s += " " + placesMarkdown(e.Places, 2)
	}
	return s
}

// full is an entry with its whole text, which is a stranger's: it stays text.
func (e entry) full() string {
	var of []string
	for _, p := range e.Packages {
		of = append(of, report.Code(p.Name+" "+p.Version))
	}
	return fmt.Sprintf("%s %s\n\n%s", strings.Join(of, ", "), placesMarkdown(e.Places, 1<<30), report.Fence("md", strings.ToValidUTF8(e.Text, "\ufffd")))
}

func placesMarkdown(list []place, most int) string {
	var out []string
	for i, p := range list {
		if i == most {
			out = append(out, fmt.Sprintf("+%d", len(list)-most))
			break
		}
		out = append(out, report.Code(p.String()))
	}
	return strings.Join(out, " ")
}

// prose is a stranger's sentence: what it quotes as code stays code, and nothing else
// in it has a meaning.
func prose(text string) string {
	parts := strings.Split(text, "`")
	if len(parts)%2 == 0 { // one is not closed
		return report.Escape(text)
	}
	for i, p := range parts {
		if i%2 == 0 {
			parts[i] = report.Escape(p)
		} else if p != "" {
			parts[i] = report.Code(p)
		}
	}
	return strings.Join(parts, "")
}

// markdown is the move with its places, and the imported names that end with it.
func (m movedPackage) markdown() string {
	s := report.Code(m.line()) + " " + placesMarkdown(m.Places, 2)
	for _, n := range m.Gone {
		s += "; gone: " + n.markdown(2)
	}
	return s
}
