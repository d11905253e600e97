package changes

import (
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/htmlreport"
)

// Page is the report as a page: everything, what matters first. Areas are the
// workspaces of the portal that a change is about. Next are commands to go on with.
func (r *Report) Page(next []string) *htmlreport.Page {
	p := &htmlreport.Page{Title: "What the upgrade breaks here", Outcome: r.headline()}
	section := func(title string, aside bool, n int, item func(i int) htmlreport.Item) {
		if n == 0 {
			return
		}
		s := htmlreport.Section{Title: title, Aside: aside}
		for i := range n {
			s.Items = append(s.Items, item(i))
		}
		p.Sections = append(p.Sections, s)
	}
	section("Imported names that are gone", false, len(r.Gone), func(i int) htmlreport.Item {
		return r.Gone[i].item(htmlreport.Bad, "gone")
	})
	touching := r.ranked(rankImported)
	section("Breaking changes that name what this portal uses", false, len(touching), func(i int) htmlreport.Item {
		return touching[i].item(htmlreport.Warn)
	})
	section("Third-party majors", false, len(r.ThirdParty), func(i int) htmlreport.Item {
		l := r.ThirdParty[i]
		return item(htmlreport.Warn, "third-party major", l.Name, l.line(), l.Places)
	})
	section("Newly deprecated", false, len(r.Deprecated), func(i int) htmlreport.Item {
		return r.Deprecated[i].item(htmlreport.Note, "deprecated")
	})
	section("Moved packages", false, len(r.Moved), func(i int) htmlreport.Item {
		m := r.Moved[i]
		it := item(htmlreport.Warn, "moved", m.Name, m.line(), m.Places)
		for _, n := range m.Gone {
			it.Evidence = append(it.Evidence, "gone: "+n.line()+" ("+shownPlaces(n.Places, true)+")")
		}
		return it
	})
	section("Codemods for code that is here", false, len(r.Codemods), func(i int) htmlreport.Item {
		c := r.Codemods[i]
		it := item(htmlreport.Note, "codemod", c.Name, c.Name, c.Places)
		it.Next = c.Command
		return it
	})
	section("Not known", false, len(r.Unknown), func(i int) htmlreport.Item {
		u := r.Unknown[i]
		return item(htmlreport.Open, "not known", u.Package, u.Package+": "+u.Why, nil)
	})
	others := append(r.ranked(rankUsed), r.ranked(rankRest)...)
	section("Other breaking changes of packages in use", true, len(others), func(i int) htmlreport.Item {
		return others[i].item(htmlreport.Note)
	})
	if len(next) > 0 {
		p.Sections = append(p.Sections, htmlreport.Section{Title: "What to do next", Steps: next})
	}
	return p
}

func (n takenName) item(tone htmlreport.Tone, kind string) htmlreport.Item {
	return item(tone, kind, n.Package, n.line(), n.Places)
}

// item is an entry with its whole text, which is a stranger's.
func (e entry) item(tone htmlreport.Tone) htmlreport.Item {
	it := item(tone, "breaking", e.Packages[0].Name, e.summary(), e.Places)
	it.Text = e.Text
	if len(e.Names) > 0 {
		it.Evidence = []string{"It names " + strings.Join(e.Names, ", ")}
	}
	for _, p := range e.Packages {
		it.Tags = append(it.Tags, p.Name+" "+p.Version)
	}
	return it
}

func item(tone htmlreport.Tone, kind, of, message string, places []place) htmlreport.Item {
	it := htmlreport.Item{Tone: tone, Kind: kind, Rule: of, Area: "Not in the portal's own files", Message: message}
	for i, p := range places {
		if i == 0 {
			it.Area = workspaceOf(p.File)
		}
		it.Places = append(it.Places, fault.Pos{File: p.File, Line: p.Line})
	}
	return it
}

// workspaceOf is the folder of packages/app/src/App.tsx: packages/app. Workspaces of
// other depths come together by their first two folders, which is enough for a picture.
func workspaceOf(file string) string {
	parts := strings.Split(path.Dir(file), "/")
	return path.Join(parts[:min(len(parts), 2)]...)
}
