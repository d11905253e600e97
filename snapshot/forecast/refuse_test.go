package forecast

import (
	"context"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/migrations"
	"github.com/portalctl/portalctl/internal/ui"
	"github.com/portalctl/portalctl/snapshot"
)

func own(before, after map[string]string) Input {
	files := func(m map[string]string) map[string][]byte {
		out := map[string][]byte{}
		for k, v := range m {
			out[k] = []byte(v)
		}
		return out
	}
	return Input{From: "1.98.0", To: "1.99.0", Databases: []Database{{Plugin: "own", Title: "db_own"}},
		Packages: []Package{{Name: "own", Plugin: "own", From: "0.1.0", To: "0.2.0", Own: true, Before: files(before), After: files(after)}}}
}

// What ends the boot before any migration runs is the first thing that is said: knex
// knows all that ran, and runs no folder in which a file lacks its up or down.
func TestRefuses(t *testing.T) {
	t.Parallel()
	init := up("await knex.schema.createTable('o', t => {})")
	for name, c := range map[string]struct {
		in         Input
		line, text string
	}{
		"gone":    {own(map[string]string{"migrations/1.js": init, "migrations/2.js": init}, map[string]string{"migrations/1.js": init}), "no migration will run: knex will refuse to start because of 2.js", "2.js: it ran with 0.1.0, and own 0.2.0 lacks it"},
		"no down": {own(map[string]string{}, map[string]string{"migrations/1.js": "exports.up = async k => { await k('o').del(); }"}), "1 migration in 1 database; knex will refuse to start because of 1.js", "1.js: it has no down"},
	} {
		r := forecast(t, c.in)
		var out strings.Builder
		if err := r.WriteTable(&out, ui.Style{}); err != nil {
			t.Fatal(err)
		}
		if r.Line() != c.line || !strings.Contains(out.String(), "\nknex will refuse to start") || !strings.Contains(out.String(), c.text) {
			t.Errorf("%s: %s\n%s", name, r.Line(), out.String())
		}
	}
	// A version that stands in for the old one may have some that nobody has run.
	in := input()
	in.Versions, in.Packages[0].To = nearby{library}, "1.0.0"
	in.Packages[0].From = "0.9.0"
	if r := forecast(t, in); len(r.Plugins) > 0 && len(r.Plugins[0].Missing) > 0 {
		t.Errorf("%+v", r.Plugins)
	}
}

// nearby has 2.0.0 for what lies below 1.0.0.
type nearby struct{ shelf }

func (s nearby) Read(ctx context.Context, name, version string) (*migrations.Package, error) {
	if version < "1" {
		version = "2.0.0"
	}
	return s.shelf.Read(ctx, name, version)
}

// SQL is only advised where it can be run before the migrations, and what it does to
// the running release is said.
func TestBeforehand(t *testing.T) {
	t.Parallel()
	const index = "await knex.raw('CREATE %INDEX CONCURRENTLY IF NOT EXISTS i ON o (who)');"
	plain, unique := strings.Replace(index, "%", "", 1), strings.Replace(index, "%", "UNIQUE ", 1)
	for name, c := range map[string]struct {
		steps         string
		want, warning string
	}{
		"an index":           {plain, "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON o (who);", ""},
		"a unique one":       {unique, "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON o (who);", "rows of o must differ in i from then on, for the release that is still running, too: what it writes against that fails"},
		"of a new column":    {"await knex.schema.alterTable('o', t => { t.text('who'); });" + plain, "", ""},
		"of a new name":      {"await knex.schema.alterTable('o', t => { t.renameColumn('x', 'who'); });" + plain, "", ""},
		"of a new table":     {"await knex.schema.createTable('o', t => { t.text('who'); });" + plain, "", ""},
		"of another's table": {"await knex.schema.createTable('p', t => { t.text('who'); });" + plain, "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON o (who);", ""},
		"of a renamed table": {"await knex.schema.renameTable('n', 'o');" + plain, "", ""},
	} {
		r := forecast(t, own(nil, map[string]string{"migrations/1.js": up(c.steps) + "exports.config = { transaction: false };"}))
		var got statement
		if len(r.Beforehand) > 0 {
			got = r.Beforehand[0]
		}
		if got.SQL != c.want || got.Warning != c.warning {
			t.Errorf("%s: %+v", name, r.Beforehand)
		}
		var out strings.Builder
		if err := r.WriteMarkdown(&out); err != nil || !strings.Contains(out.String(), c.warning) {
			t.Errorf("%s: %v\n%s", name, err, out.String())
		}
	}
}

// SQL that was run before shortens the boot: what an index would take, and the rows
// that a unique one keeps apart are not looked for.
func TestBeforehandWasRun(t *testing.T) {
	t.Parallel()
	steps := "const has = (await knex.raw('SELECT 1 FROM pg_class WHERE relname = ?', ['i'])).rows.length; if (!has) { await knex('o').whereRaw('x = 1').del(); await knex.raw('CREATE UNIQUE INDEX CONCURRENTLY i ON o (who)'); }"
	in := own(nil, map[string]string{"migrations/1.js": up(steps) + "exports.config = { transaction: false };"})
	state := &snapshot.State{Migrations: []snapshot.Migration{}, Relations: map[string]snapshot.Relation{"o": {Rows: 4_000_000, Bytes: 600 << 20}}, Indexes: map[string]string{}}
	in.Databases[0].State = state
	if r := forecast(t, in); r.Boot.Seconds < 5 {
		t.Errorf("%+v", r.Boot)
	}
	state.Indexes["i"] = "o"
	if r := forecast(t, in); r.Boot.Seconds > 0.1 || len(r.Plugins) != 1 || names(r.Plugins[0]) != "1" {
		t.Errorf("%+v", r.Boot)
	}
}
