package slotday

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/slot"
)

// The whole day: go with a window, a boot that does what was foreseen, a verification
// that says so, and the way back, which brings every row.
func TestTheDay(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	before := p.rows("backstage_plugin_notes")
	var d slot.Deployment
	decode(t, p.run(0, "slot", "deploy", "--format", "json"), &d)
	if d.Go.Kind != slot.WithWindow || d.Go.Minutes < 1 || !d.Ended || d.From != "1.50.0" || d.To != "1.51.0" || d.Snapshot == nil || !d.Snapshot.Rehearsed {
		t.Fatalf("%+v\n%+v", d.Go, d.Snapshot)
	}
	if f := d.Forecast; f.Migrations != 2 || f.PointOfNoReturn != "20250101_drop.js" || len(f.Databases) != 1 || f.Databases[0].Name != "backstage_plugin_notes" {
		t.Errorf("%+v", f)
	}
	if len(d.Databases) != 2 || len(d.Databases[0].Tables) != 1 {
		t.Errorf("%+v", d.Databases)
	}
	p.noSecret()
	status := p.run(0, "slot", "status")
	if !strings.Contains(status, "go, with a window of") || !strings.Contains(status, d.Snapshot.Path) {
		t.Error(status)
	}

	// Nothing was rolled out yet.
	out := p.run(1, "slot", "verify")
	if !strings.Contains(out, "the new release has not migrated these databases yet: none of 2 migrations ran") || !strings.Contains(out, "nothing has to be restored") {
		t.Error(out)
	}

	p.boot(slices.Concat(dropped, tagged)...)
	p.in("backstage_plugin_badges", "INSERT INTO badges VALUES (3)")
	portal := newHealth(t, answers(200, `{"status":"ok"}`))
	out = p.run(0, "slot", "verify", "--health", portal)
	if !strings.Contains(out, "as foreseen: 2 migrations ran, and nothing else; ready, in ") {
		t.Error(out)
	}
	if status := p.run(0, "slot", "status"); !strings.Contains(status, "as foreseen: 2 migrations ran") {
		t.Error(status)
	}
	badges := p.rows("backstage_plugin_badges")

	// It must go back all the same: the commands that verify prints are run as printed.
	var v slot.Verification
	decode(t, p.run(1, "slot", "verify", "--health", newHealth(t, answers(503, `{"status":"error"}`)), "--timeout", "1s", "--format", "json"), &v)
	if v.OK || v.Health.Status != 503 || v.WayBack == nil || len(v.WayBack.Restore) != 1 || v.WayBack.Restore[0].Database != "backstage_plugin_notes" || v.WayBack.Snapshot != d.Snapshot.Path {
		t.Fatalf("%+v\n%+v", v, v.WayBack)
	}
	for _, line := range v.WayBack.Commands {
		words := strings.Fields(strings.ReplaceAll(line, "'", ""))
		words = words[1:]
		if !slices.Contains(words, "--dry-run") {
			words = append(words, "--yes")
		}
		at := slices.Index(words, "-C")
		p.run(0, slices.Delete(words, at, at+2)...)
	}
	if got := p.rows("backstage_plugin_notes"); got != before {
		t.Errorf("restored (-want +got)\n%s", cmp.Diff(before, got))
	}
	if got := p.rows("backstage_plugin_badges"); got != badges {
		t.Errorf("what was not migrated has changed (-want +got)\n%s", cmp.Diff(badges, got))
	}
	if out := p.run(1, "slot", "verify"); !strings.Contains(out, "has not migrated these databases yet") {
		t.Error(out)
	}
}

// The way back without portalctl: the script that verify names.
func TestTheScriptOfTheWayBack(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for _, tool := range []string{"zstd", "psql"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: rollback.sh needs it", tool)
		}
	}
	before := p.rows("backstage_plugin_notes")
	p.run(0, "slot", "deploy")
	p.boot(dropped...)
	var v slot.Verification
	decode(t, p.run(1, "slot", "verify", "--format", "json"), &v)
	if !strings.Contains(v.Title, "the forecast did not hold: 1 of 2 migrations did not run") {
		t.Error(v.Title)
	}
	cmd := exec.Command("sh", "-c", v.WayBack.Alone+" --yes")
	cmd.Env = append(p.environ, "PGPASSWORD="+password)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := p.rows("backstage_plugin_notes"); got != before {
		t.Errorf("restored (-want +got)\n%s", cmp.Diff(before, got))
	}
}

// A forecast that did not hold is said, by database and name.
func TestTheForecastDidNotHold(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.run(0, "slot", "deploy")
	for _, step := range []struct {
		name   string
		do     func()
		title  string
		others []string
	}{
		{"midway", func() { p.boot(append(dropped, "UPDATE knex_migrations_lock SET is_locked = 1")...) },
			"the forecast did not hold: 1 of 2 migrations did not run", []string{"1 lock of knex is held", "locked: knex_migrations", "20250201_tags.js", "snapshot restore"}},
		{"done", func() { p.boot(append(tagged, "UPDATE knex_migrations_lock SET is_locked = 0")...) },
			"as foreseen: 2 migrations ran", nil},
		{"more", func() { p.in("backstage_plugin_badges", ranSQL("20250303_more.js")) },
			"the forecast did not hold: 1 migration ran that it did not have", []string{"20250303_more.js", "more ran than was foreseen", "backstage_plugin_badges"}},
		{"gone", func() { p.boot("DELETE FROM knex_migrations WHERE name = '20240101_init.js'") },
			"1 row of knex is gone", []string{"rows of knex are gone"}},
	} {
		step.do()
		code := 1
		if step.others == nil {
			code = 0
		}
		out := p.run(code, "slot", "verify")
		for _, text := range append(step.others, step.title) {
			if !strings.Contains(out, text) {
				t.Errorf("%s: %q is not said:\n%s", step.name, text, out)
			}
		}
	}
}
