package forecast

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/migrations"
	"github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/ui"
	"github.com/portalctl/portalctl/snapshot"
)

// shelf has packages by "name@version".
type shelf map[string]map[string]string

func (s shelf) files(name, version string) (map[string][]byte, error) {
	files, ok := s[name+"@"+version]
	if !ok {
		return nil, published.ErrNoVersion
	}
	out := map[string][]byte{}
	for k, v := range files {
		out[k] = []byte(v)
	}
	return out, nil
}

func (s shelf) Read(_ context.Context, name, version string) (*migrations.Package, error) {
	files, err := s.files(name, version)
	if err != nil {
		return nil, err
	}
	return migrations.Of(name, version, files), nil
}

func (s shelf) Code(_ context.Context, name, version string) ([]migrations.Code, error) {
	files, err := s.files(name, version)
	if err != nil {
		return nil, err
	}
	return migrations.CodeOf(files), nil
}

func up(steps string) string {
	return "exports.up = async knex => {" + steps + "}; exports.down = async () => {};"
}

var library = shelf{
	"chat@1.0.0": {"migrations/1_init.js": up("await knex.schema.createTable('m', t => { t.text('body'); })"), "dist/a.js": "db('m').insert({ body: 1 }).select('old')"},
	"chat@2.0.0": {
		"migrations/1_init.js":  up("await knex.schema.createTable('m', t => { t.string('body'); })"),
		"migrations/2_index.js": up("await knex.raw('CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON m (body)')") + "exports.config = { transaction: false };",
		"migrations/3_need.js":  up("await knex.schema.alterTable('m', t => { t.string('who').nullable(); }); await knex('m').update({ who: 'x' }); await knex.schema.alterTable('m', t => { t.string('who').notNullable().alter(); })"),
		"migrations/4_other.js": up("await knex.schema.alterTable('m', t => { t.dropColumn('unused'); t.dropColumn('who'); })"),
		"migrations/5_old.js":   up("await knex.schema.renameTable('m', 'messages'); await knex.schema.alterTable('messages', t => { t.dropColumn('old'); })"),
		"migrations/6_drop.js":  up("await knex.schema.dropTable('never')"),
	},
	"all@1.0.0": {"migrations/tasks/1.js": up("await knex.schema.createTable('t', t => {})")},
	"all@2.0.0": {"migrations/tasks/1.js": up("await knex.schema.createTable('t', t => {})"), "migrations/tasks/2.js": up("await knex.schema.alterTable('t', t => { t.text('x'); })")},
}

func input() Input {
	return Input{From: "1.98.0", To: "1.99.0", Versions: library,
		Packages:  []Package{{Name: "chat", Plugin: "chat", From: "1.0.0", To: "2.0.0"}},
		Databases: []Database{{Plugin: "chat", Title: "db_chat"}}}
}

func forecast(t *testing.T, in Input) *Report {
	t.Helper()
	r, err := New(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func names(p plugin) string {
	var out []string
	for _, m := range p.Migrations {
		name := strings.TrimSuffix(m.Name, ".js")
		if m.PointOfNoReturn {
			name += "!"
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

// Without a server, what is new is told, and what the old code does not survive.
func TestNew(t *testing.T) {
	t.Parallel()
	r := forecast(t, input())
	if len(r.Plugins) != 1 || len(r.Unknown) != 0 {
		t.Fatalf("%+v", r)
	}
	p := r.Plugins[0]
	if got, want := names(p), "2_index 3_need! 4_other 5_old! 6_drop"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if !slices.Equal(p.Edited, []string{"1_init.js"}) || !slices.Equal(r.Restore, []string{"db_chat"}) || r.Boot.Seconds != -1 || r.Boot.Startup != 0 {
		t.Errorf("%+v", r)
	}
	if len(r.Beforehand) != 1 || r.Beforehand[0].SQL != "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON m (body);" {
		t.Errorf("%+v", r.Beforehand)
	}
}

func ran(names ...string) snapshot.Migration {
	m := snapshot.Migration{Table: "knex_migrations"}
	for _, n := range names {
		m.Rows = append(m.Rows, snapshot.MigrationRow{Name: n})
	}
	return m
}

// What a server has decides: what ran there does not run again, what the new
// version lacks stops knex, and sizes give a time.
func TestServer(t *testing.T) {
	t.Parallel()
	in := input()
	state := &snapshot.State{Migrations: []snapshot.Migration{ran("1_init.js", "2_index.js", "3_need.js", "4_other.js", "0_gone.js")},
		Relations: map[string]snapshot.Relation{"m": {Rows: 1_000_000, Bytes: 200 << 20, Indexes: 2}}, Waiting: 10 * time.Minute}
	in.Databases[0].State = state
	in.Packages = append(in.Packages, Package{Name: "all", Plugin: "*", From: "1.0.0", To: "2.0.0"})
	in.Databases = append(in.Databases, Database{Plugin: "other", Title: "db_other", State: &snapshot.State{Migrations: []snapshot.Migration{ran("1.js")}}},
		Database{Plugin: "none", Title: "db_none", State: &snapshot.State{}})
	r := forecast(t, in)
	if len(r.Plugins) != 2 {
		t.Fatalf("%+v", r.Plugins)
	}
	all, chat := r.Plugins[0], r.Plugins[1]
	if chat.Plugin != "chat" || names(chat) != "5_old! 6_drop" || !slices.Equal(chat.Missing, []string{"0_gone.js"}) || !chat.Looked {
		t.Errorf("%+v", chat)
	}
	if all.Plugin != "other" || names(all) != "2" || all.Database != "db_other" {
		t.Errorf("%+v", all)
	}
	if !strings.Contains(r.Boot.Basis, "a transaction is open for 10m0s") {
		t.Error(r.Boot.Basis)
	}

	state.Migrations = []snapshot.Migration{ran("1_init.js")}
	idle := forecast(t, in).Boot
	in.Slow = Slow{3, 3}
	busy := forecast(t, in).Boot
	if idle.Seconds < 2 || idle.Seconds > 60 || busy.Seconds < 2.9*idle.Seconds || busy.Startup <= idle.Startup {
		t.Errorf("%+v, %+v", idle, busy)
	}
	in.Slow = Slow{3, 6}
	if uneven := forecast(t, in).Boot; uneven.Seconds != busy.Seconds || uneven.UpTo < 1.9*busy.UpTo || busy.UpTo <= busy.Seconds || uneven.Startup <= busy.Startup || !strings.Contains(uneven.Basis, "3.0 (at most 6.0) times") {
		t.Errorf("%+v, %+v", uneven, busy)
	}
	// An index that was built before costs nothing.
	delete(state.Relations, "m")
	if r := forecast(t, in); !strings.Contains(r.Boot.Basis, "not counted") {
		t.Error(r.Boot.Basis)
	}
}

// What was not read is named, and nothing is claimed of it.
func TestUnread(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Input)
		want   string
	}{
		"the new version":       {func(in *Input) { in.Packages[0].To = "9.0.0" }, "chat: the registry has neither 9.0.0"},
		"the old version":       {func(in *Input) { in.Packages[0].From = "0.1.0" }, "chat: the registry has neither 0.1.0"},
		"a refusing registry":   {func(in *Input) { in.Versions = broken{registry.ErrAuth} }, "chat: the registry refuses"},
		"a broken tarball":      {func(in *Input) { in.Versions = bomb{} }, "chat: 2.0.0: it unpacks"},
		"switched off":          {func(in *Input) { in.Databases[0].Skips = true }, "app-config switches the migrations of chat off"},
		"a role without rights": {func(in *Input) { in.Databases[0].State = &snapshot.State{Unread: "permission denied"} }, "db_chat: permission denied"},
		"no database":           {func(in *Input) { in.Databases[0].Unread = "it is not on h:1" }, "db_chat: it is not on h:1"},
	} {
		in := input()
		c.change(&in)
		r := forecast(t, in)
		found := false
		for _, u := range r.Unknown {
			found = found || strings.HasPrefix(u.Package+": "+u.Why, c.want) || strings.Contains(u.Why, c.want)
		}
		if line := r.Line(); !found || line == "no migration will run" || !strings.Contains(line, "not known") {
			t.Errorf("%s: %s, %+v", name, line, r.Unknown)
		}
		var out, md strings.Builder
		if err := errors.Join(r.WriteTable(&out, ui.Style{}), r.WriteMarkdown(&md)); err != nil {
			t.Error(err)
		}
		if !strings.Contains(out.String(), "\nNot known\n") || !strings.Contains(md.String(), "**Not known**") {
			t.Errorf("%s:\n%s", name, out.String())
		}
	}
	// Where nothing is left open, nothing is said to be.
	in := input()
	in.Packages[0].To = "1.0.0"
	if line := forecast(t, in).Line(); line != "no migration will run" {
		t.Error(line)
	}
}

type broken struct{ err error }

func (b broken) Read(context.Context, string, string) (*migrations.Package, error) { return nil, b.err }
func (b broken) Code(context.Context, string, string) ([]migrations.Code, error)   { return nil, b.err }

type bomb struct{ shelf }

func (bomb) Read(_ context.Context, name, version string) (*migrations.Package, error) {
	return &migrations.Package{Name: name, Version: version, Unread: fmt.Sprintf("it unpacks to more than %d MB", 512)}, nil
}

// A workspace's own migrations are those of its files.
func TestOwn(t *testing.T) {
	t.Parallel()
	in := input()
	init := []byte(up("await knex.schema.createTable('o', t => {})"))
	in.Packages = []Package{{Name: "own", Plugin: "chat", Own: true, Before: map[string][]byte{"migrations/1.js": init},
		After: map[string][]byte{"migrations/1.js": init, "migrations/2.js": []byte(up("await knex.schema.dropTable('o')"))}}}
	r := forecast(t, in)
	if len(r.Plugins) != 1 || names(r.Plugins[0]) != "2!" && names(r.Plugins[0]) != "2" {
		t.Fatalf("%+v", r.Plugins)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := New(ctx, input()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A foreign key locks two tables: they are told in the same order each time.
func TestLocksInOrder(t *testing.T) {
	t.Parallel()
	for range 20 {
		in := Input{From: "1", To: "2", Packages: []Package{{Name: "own", Plugin: "own", To: "2", Own: true,
			After: map[string][]byte{"migrations/1.js": []byte(up("await knex.schema.alterTable('b', t => { t.foreign('x').references('id').inTable('a'); })"))}}}}
		var got []string
		for _, l := range forecast(t, in).Locks {
			got = append(got, l.Table)
		}
		if strings.Join(got, " ") != "b a" {
			t.Fatal(got)
		}
	}
}

// A table that is made IF NOT EXISTS may be the one that the running release uses.
func TestMaybeThere(t *testing.T) {
	t.Parallel()
	before := map[string]string{"migrations/0.js": up("await knex.schema.createTable('o', t => { t.text('x'); })"), "dist/a.js": "db('o').select('x')"}
	in := own(before, map[string]string{"migrations/0.js": before["migrations/0.js"],
		"migrations/1.js": up("await knex.raw('CREATE TABLE IF NOT EXISTS o (x text)');"), "migrations/2.js": up("await knex.schema.alterTable('o', t => { t.dropColumn('x'); });")})
	if r := forecast(t, in); len(r.Plugins) != 1 || names(r.Plugins[0]) != "1 2!" {
		t.Errorf("%+v", r.Plugins)
	}
	in.Databases[0].State = &snapshot.State{Migrations: []snapshot.Migration{ran("0.js")}}
	if r := forecast(t, in); len(r.Plugins) != 1 || names(r.Plugins[0]) != "1 2" {
		t.Errorf("a server that has no such table: %+v", r.Plugins)
	}
}
