package rollback

import (
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/report"
)

// writeForecast names the databases that the release to come was expected to
// migrate. The steps do not go by it: they look.
func (p *Plan) writeForecast(b *strings.Builder) {
	if p.Forecast == nil {
		return
	}
	release := "The release to come"
	if p.Forecast.To != "" {
		release = "Backstage " + report.Escape(p.Forecast.To)
	}
	fmt.Fprintf(b, "%s was expected to migrate these when the snapshot was taken:\n\n", release)
	var rows [][]string
	for _, d := range p.Forecast.Databases {
		rows = append(rows, []string{d.Name, english.Count(len(d.Migrations), "migration"), d.PointOfNoReturn})
	}
	_ = report.Markdown(b, []string{"database", "will run", "the old code fails from"}, rows)
	if n := p.Forecast.Unknown; n > 0 {
		fmt.Fprintf(b, "\n%s not be read then; there may be more.\n", english.CountOf(n, "thing could", "things could"))
	}
	fmt.Fprintln(b)
}
