package rollback

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/snapshot"
)

// ROLLBACK.md names what will be migrated while nobody has looked; once somebody
// has, what was migrated counts.
func TestForecastInPlan(t *testing.T) {
	t.Parallel()
	m := &snapshot.Manifest{Name: "s", Forecast: &snapshot.Forecast{To: "1.99.0", Unknown: 1, Databases: []snapshot.ForecastDatabase{
		{Name: "db_auth", Migrations: []string{"a.js"}}, {Name: "db_catalog", Migrations: []string{"b.js", "c.js"}, PointOfNoReturn: "c.js"}}}}
	p, err := New(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := p.Markdown()
	for _, want := range []string{"Backstage 1.99.0 was expected to migrate these", "db\\_catalog", "2 migrations", "c.js", "1 thing could not be read then"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in:\n%s", want, text)
		}
	}
	p.Compared = "live"
	if strings.Contains(p.Markdown(), "was expected") {
		t.Error(p.Markdown())
	}
	m.Forecast = nil
	if p, err = New(m, nil); err != nil || strings.Contains(p.Markdown(), "was expected") {
		t.Error(err)
	}
}
