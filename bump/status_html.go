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
	p.Notes = append(p.Notes, s.noteLines()...)
	for _, off := range s.sections() {
		p.Sections = append(p.Sections, htmlreport.Section{Title: "Off the release",
			Table: &htmlreport.Table{Caption: "Packages that are not, or not only, at their release's version", Head: off.Head, Rows: off.Rows}})
	}
	if len(next) > 0 {
		p.Sections = append(p.Sections, htmlreport.Section{Title: "What to do next", Steps: next})
	}
	return p
}
