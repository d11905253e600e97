package bump

import (
	"fmt"

	"github.com/portalctl/portalctl/internal/htmlreport"
)

// Page is the status as a page. Next are commands to go on with.
func (s *Status) Page(next []string) *htmlreport.Page {
	p := &htmlreport.Page{Title: "Backstage " + s.Current, Outcome: s.distance(), Notes: []string{fmt.Sprintf("Newest main %s, newest next %s.", s.Main, s.Next)}}
	if s.Packages != nil && *s.Packages > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("%d of %d locked @backstage packages are on the release%s.", *s.OnRelease, *s.Packages, s.alsoText()))
	}
	for _, n := range s.Notes {
		line := noteLine(n)
		if n.Kind == noteReleaseDiffers {
			line = n.Message // it names the file
		}
		p.Notes = append(p.Notes, line)
	}
	if len(s.OffRelease) > 0 {
		p.Sections = append(p.Sections, htmlreport.Section{Title: "Off the release",
			Table: &htmlreport.Table{Caption: "Packages that are not, or not only, at their release's version", Head: offHeader, Rows: s.offRows()}})
	}
	if len(next) > 0 {
		p.Sections = append(p.Sections, htmlreport.Section{Title: "What to do next", Steps: next})
	}
	return p
}
