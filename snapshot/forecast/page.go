package forecast

import (
	"strings"

	"github.com/portalctl/portalctl/internal/htmlreport"
)

// Page is the report as a page: what the Markdown says, with SQL to copy.
func (r *Report) Page() *htmlreport.Page {
	p := &htmlreport.Page{Title: "What the first boot does to the databases", Outcome: r.headline()}
	if header, rows := r.table(); len(rows) > 0 {
		p.Sections = append(p.Sections, htmlreport.Section{Title: "Migrations",
			Table: &htmlreport.Table{Caption: "What will run at the first boot", Head: header, Rows: rows}})
	}
	for _, s := range r.sections() {
		one := htmlreport.Section{Title: s.title, About: s.lines}
		if s.code != "" {
			one.Steps = strings.Split(strings.TrimSuffix(s.code, "\n"), "\n")
		}
		p.Sections = append(p.Sections, one)
	}
	return p
}
