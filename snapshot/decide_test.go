package snapshot

import (
	"database/sql"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/portal/plugins"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/snapshot/database"
)

// What is decided without a server.

func ran(names ...string) (rows []MigrationRow) {
	for i, n := range names {
		rows = append(rows, MigrationRow{ID: int64(i + 1), Name: n})
	}
	return rows
}

// TestCompareWithTheCode: a dump is refused that the deployed code does not
// belong to, and what a person named is believed where it can be.
func TestCompareWithTheCode(t *testing.T) {
	const plugin, module = "@acme/plugin-x-backend", "@acme/plugin-x-backend-module-y"
	two := func(versions ...string) map[string]shipped {
		names := map[string][]string{"1.0.0": {"1.js"}, "2.0.0": {"1.js", "2.js"}}
		var s shipped
		for _, v := range versions {
			s.folders = append(s.folders, folder{plugin, v, names[v]})
		}
		return map[string]shipped{plugin: s}
	}
	code := map[string]shipped{
		plugin:                        {folders: []folder{{plugin, "1.0.0", []string{"1.js", "2.js"}}}},
		"@backstage/backend-defaults": {folders: []folder{{"@backstage/backend-defaults", "2.0.0", []string{"t.js"}}}},
	}
	for _, tt := range []struct {
		name  string
		how   string
		code  map[string]shipped
		skips bool
		rows  []MigrationRow
		// refused and warned are the kinds of the problems; next is in the next step.
		refused, warned, next string
		// state is the survey's word, from the package whose migrations they are.
		state, from string
	}{
		{name: "as deployed", how: Matched, rows: ran("1.js", "2.js"), state: "2, as deployed", from: plugin + " 1.0.0"},
		{name: "of a package that many use", how: Matched, rows: ran("t.js"), state: "1, as deployed", from: "@backstage/backend-defaults 2.0.0"},
		{name: "past HEAD", how: Matched, rows: ran("1.js", "2.js", "3.js"), refused: "migrated-past", next: "runs on this database with --deployed",
			state: "past the deployed code", from: plugin + " 1.0.0"},
		{name: "past what was named", how: Named, rows: ran("1.js", "2.js", "3.js"), refused: "migrated-past", next: "older than what ran last",
			state: "past the deployed code", from: plugin + " 1.0.0"},
		{name: "behind HEAD", how: Matched, rows: ran("1.js"), refused: "migrations-behind", next: "name the commit that is deployed with --deployed",
			state: "behind the deployed code", from: plugin + " 1.0.0"},
		{name: "behind what was named", how: Named, rows: ran("1.js"), warned: "migrations-behind", state: "behind the deployed code", from: plugin + " 1.0.0"},
		{name: "migrated by somebody else", how: Matched, skips: true, rows: ran("1.js"), warned: "migrations-behind", state: "behind the deployed code", from: plugin + " 1.0.0"},
		{name: "nobody brings them, by HEAD", how: Matched, rows: ran("z.js"), refused: "migrations-unknown", next: "Install the packages", state: "not known"},
		{name: "nobody brings them, by name", how: Named, rows: ran("z.js"), warned: "migrations-unknown", state: "not known"},
		{name: "not installed", how: Matched, code: map[string]shipped{plugin: {err: errors.New("not here")}}, rows: ran("1.js"),
			refused: "migrations-unknown", next: "Install the packages", state: "not known"},
		{name: "of two versions the one that fits, first", how: Matched, code: two("1.0.0", "2.0.0"), rows: ran("1.js"), state: "1, as deployed", from: plugin + " 1.0.0"},
		{name: "of two versions the one that fits, second", how: Matched, code: two("2.0.0", "1.0.0"), rows: ran("1.js"), state: "1, as deployed", from: plugin + " 1.0.0"},
		{name: "of two versions the one that has more", how: Matched, code: two("1.0.0", "2.0.0"), rows: ran("1.js", "2.js"), state: "2, as deployed", from: plugin + " 2.0.0"},
		{name: "a module brings the rest", how: Matched, code: map[string]shipped{plugin: {folders: []folder{{plugin, "1.0.0", []string{"1.js"}}}},
			module: {folders: []folder{{module, "1.0.0", []string{"1.js", "2.js"}}}}}, rows: ran("1.js", "2.js"), state: "2, as deployed", from: module + " 1.0.0"},
		{name: "a module that is not installed may bring the rest", how: Matched, code: map[string]shipped{plugin: {folders: []folder{{plugin, "1.0.0", []string{"1.js"}}}},
			module: {err: errors.New("not here")}}, rows: ran("1.js", "2.js"), refused: "migrations-unknown", next: "Install the packages", state: "not known"},
		{name: "nothing ran", how: Matched, state: "none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen := tt.code
			if seen == nil {
				seen = code
			}
			s := &Survey{in: Input{Code: &Code{Deployed: Deployed{How: tt.how}, Lock: &yarnlock.Lock{}, seen: seen}}}
			u := &unit{Database: Database{Name: "x", Migrations: []Migration{{Table: "knex_migrations", Rows: tt.rows}}},
				plugins: []database.Plugin{{ID: "x", SkipMigrations: tt.skips, Installed: []plugins.Package{{Name: module, Role: "backend-plugin-module"}, {Name: plugin, Role: "backend-plugin"}}}}}
			s.compare(t.Context(), u)
			kinds := func(list []Problem) string {
				var out []string
				for _, p := range list {
					if p.Subject != u.Title() {
						t.Errorf("the subject is %q", p.Subject)
					}
					out = append(out, p.Kind)
				}
				return strings.Join(out, " ")
			}
			if r, w := kinds(s.Refusals), kinds(s.Warnings); r != tt.refused || w != tt.warned {
				t.Errorf("refused %q, warned %q", r, w)
			}
			if next := fault.NextOf(s.Refused()); (next == "") != (tt.refused == "") || !strings.Contains(next, tt.next) {
				t.Errorf("the next step is %q", next)
			}
			m := u.Migrations[0]
			if got := strings.TrimSpace(m.Package + " " + m.Version); got != tt.from || s.state(u) != tt.state {
				t.Errorf("%q of %q", s.state(u), got)
			}
		})
	}
}

func TestWithoutALock(t *testing.T) {
	for how, refused := range map[string]bool{Matched: true, Named: false} {
		s := &Survey{in: Input{Code: &Code{Deployed: Deployed{How: how}}}, units: make([]unit, 2)}
		s.lockless()
		if (len(s.Refusals) == 1) != refused || (len(s.Warnings) == 1) == refused {
			t.Errorf("%s: %v, %v", how, s.Refusals, s.Warnings)
		}
	}
}

func TestSpace(t *testing.T) {
	dir := t.TempDir()
	free, ok := freeSpace(dir)
	if !ok || free < 1<<20 {
		t.Skip("how much is free is not known here, or it is nothing")
	}
	for _, tt := range []struct {
		name            string
		size            int64
		refused, warned int
	}{
		{"plenty", free, 0, 0}, {"a third", free * 3, 0, 1}, {"a twelfth", free * 12, 1, 0},
	} {
		s := &Survey{in: Input{Dir: dir}, Size: tt.size}
		s.space()
		if len(s.Refusals) != tt.refused || len(s.Warnings) != tt.warned {
			t.Errorf("%s: %v, %v", tt.name, s.Refusals, s.Warnings)
		}
	}
	for size, refused := range map[int64]int{0: 0, math.MaxInt64: 1} {
		for at, here := range map[string]int{dir: 1, "": 0, filepath.Join(dir, "a container's"): 0} {
			s := &Survey{}
			s.serverSpace(&unit{Database: Database{Size: size}}, at)
			if len(s.Refusals) != refused*here {
				t.Errorf("%d bytes at %q: %v", size, at, s.Refusals)
			}
		}
	}
}

func TestSameMigrations(t *testing.T) {
	one := func() []Migration { return []Migration{{Schema: "s", Table: "t", Rows: ran("1.js")}} }
	for name, change := range map[string]func([]Migration) []Migration{
		"a table more":      func(m []Migration) []Migration { return append(m, m[0]) },
		"none":              func([]Migration) []Migration { return nil },
		"another table":     func(m []Migration) []Migration { m[0].Table = "u"; return m },
		"another schema":    func(m []Migration) []Migration { m[0].Schema = "u"; return m },
		"a migration more":  func(m []Migration) []Migration { m[0].Rows = ran("1.js", "2.js"); return m },
		"another migration": func(m []Migration) []Migration { m[0].Rows = ran("2.js"); return m },
	} {
		if sameMigrations(one(), change(one())) {
			t.Errorf("%s: they count as the same", name)
		}
	}
	before, after := one(), one()
	before[0].Package, before[0].Version = "p", "1.0.0"
	if !sameMigrations(before, after) || cmp.Diff(before, after) != "" {
		t.Errorf("%v and %v", before, after)
	}
}

// A backend that boots between the survey and the copy: the survey's answer is
// about other migrations than those in the copy.
func TestCreateOfAFileThatIsMigrated(t *testing.T) {
	path, to := filepath.Join(t.TempDir(), "x.sqlite"), t.TempDir()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"CREATE TABLE knex_migrations (id integer primary key, name text, batch int, migration_time text)",
		"INSERT INTO knex_migrations VALUES (1, '1.js', 1, 'x')"} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	surveyed := Database{Kind: KindSQLite, Path: path}
	if err := InspectSQLite(t.Context(), &surveyed, sqliteWait); err != nil || len(surveyed.Migrations) != 1 {
		t.Fatalf("%+v, %v", surveyed, err)
	}
	create := func(name string) error {
		s := &Survey{in: Input{Code: &Code{}}, units: []unit{{Database: surveyed}}}
		_, err := Create(t.Context(), s, Store{Dir: to}, CreateOptions{Name: name})
		return err
	}
	if err := create("before"); err != nil {
		t.Fatal(err)
	}
	surveyed.Migrations[0].Rows = nil
	err = create("between")
	if err == nil || !strings.Contains(err.Error(), "was migrated while its snapshot was prepared") || !strings.Contains(fault.NextOf(err), "Stop the backends") {
		t.Errorf("%v, next %q", err, fault.NextOf(err))
	}
	if left, err := os.ReadDir(to); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestDifferences(t *testing.T) {
	want := &Database{SchemaHash: "a", Tables: []Table{{Schema: "s", Name: "t", Rows: 1}, {Name: "u", Rows: 2}}}
	for name, tt := range map[string]struct {
		got  Database
		want []string
	}{
		"same":   {*want, []string{}},
		"schema": {Database{SchemaHash: "b", Tables: want.Tables}, []string{"its schema is not the one that was copied"}},
		"rows": {Database{SchemaHash: "a", Tables: []Table{{Schema: "s", Name: "t", Rows: 1}, {Name: "u", Rows: 3}}},
			[]string{"the table u has 3 rows instead of 2"}},
		"tables": {Database{SchemaHash: "a", Tables: []Table{{Schema: "x", Name: "t", Rows: 1}, {Name: "u", Rows: 2}}},
			[]string{"the table s.t is not there", "the table x.t was not in the snapshot"}},
	} {
		if diff := cmp.Diff(tt.want, differences(want, &tt.got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Packages keep their migrations in several places, as the forecast reads them: one
// that is not looked into would make a snapshot refuse a portal that is in order.
func TestMigrationsOfEveryPlaceAreFound(t *testing.T) {
	const name = "@backstage-community/plugin-announcements-backend"
	root := t.TempDir()
	dir := filepath.Join(root, "node_modules", filepath.FromSlash(name))
	for file, text := range map[string]string{
		"package.json": `{"version": "1.0.0"}`, "db/migrations/1_init.js": "", "db/migrations/readme.md": "", "dist/migrations/tasks/2_tasks.js": "", "src/migrations/3_none.js": "",
	} {
		path := filepath.Join(dir, filepath.FromSlash(file))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	code := &Code{Root: root}
	want := []folder{{name, "1.0.0", []string{"1_init.js"}}, {name, "1.0.0", []string{"2_tasks.js"}}}
	got, err := code.published(t.Context(), name, "1.0.0")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if !code.hasMigrations(name) {
		t.Error("a package with migrations has none")
	}
	code.Workspaces = map[string]string{name: "node_modules/" + name}
	if got := code.folders(t.Context(), name).folders; len(got) != 2 {
		t.Errorf("as a workspace: %v", got)
	}
}
