// Package slotday tries the day of a deployment with portalctl as a process, on a
// PostgreSQL server: slot deploy, a boot that migrates, slot verify, and the way back.
package slotday

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/internal/testkit/program"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(testkit.M{M: m})) }

// password is planted as the portal's: no output and no file of state may hold it.
const password = "pl4nted:s3cret"

// A portal has two plugins of its own, each with a database: notes, which the next
// release migrates, and badges, which it does not.
type portal struct {
	t       *testing.T
	cluster *pg.Cluster
	root    string
	state   string
	environ []string
}

const (
	initial = "exports.up = async k => { await k.schema.createTable('notes', t => { t.increments('id'); t.text('body'); t.text('owner'); }); };\nexports.down = async k => { await k.schema.dropTable('notes'); };\n"
	drop    = "exports.up = async k => { await k.schema.alterTable('notes', t => { t.dropColumn('owner'); }); };\nexports.down = async () => {};\n"
	add     = "exports.up = async k => { await k.schema.createTable('tags', t => { t.increments('id'); }); };\nexports.down = async k => { await k.schema.dropTable('tags'); };\n"
	code    = "exports.owners = db => db('notes').select('owner');\n"
)

var server = pgtest.NewTemplate(nil, func(t testing.TB, c *pg.Cluster) {
	pgtest.Exec(t, c, "postgres", "CREATE ROLE backstage LOGIN CREATEDB PASSWORD '"+password+"'",
		"CREATE DATABASE backstage_plugin_notes OWNER backstage", "CREATE DATABASE backstage_plugin_badges OWNER backstage")
	for name, statements := range map[string][]string{
		"backstage_plugin_notes": append(knex("20240101_init.js"), "CREATE TABLE notes (id serial PRIMARY KEY, body text, owner text)",
			"INSERT INTO notes (body, owner) SELECT repeat(md5(i::text), 8), 'user:' || i % 7 FROM generate_series(1, 500) i", "ANALYZE"),
		"backstage_plugin_badges": append(knex("20240101_badges.js"), "CREATE TABLE badges (id int)", "INSERT INTO badges VALUES (1), (2)", "ANALYZE"),
	} {
		pgtest.ExecAs(t, pgtest.TCP(c, "backstage", password), name, statements...)
	}
})

// knex are its tables after migrations ran.
func knex(names ...string) []string {
	out := []string{
		"CREATE TABLE knex_migrations (id serial PRIMARY KEY, name varchar(255), batch integer, migration_time timestamptz)",
		"CREATE TABLE knex_migrations_lock (index serial PRIMARY KEY, is_locked integer)",
		"INSERT INTO knex_migrations_lock (is_locked) VALUES (0)"}
	for _, name := range names {
		out = append(out, ranSQL(name))
	}
	return out
}

func ranSQL(name string) string {
	return "INSERT INTO knex_migrations (name, batch, migration_time) VALUES ('" + name + "', 2, now())"
}

// newPortal is a checkout whose last commit is the upgrade.
func newPortal(t *testing.T) *portal {
	t.Helper()
	testkit.SkipRace(t)
	p := &portal{t: t, cluster: server.Start(t), root: t.TempDir(), state: t.TempDir()}
	versions, err := filepath.Abs(filepath.Join("..", "..", "..", "testdata", "versions"))
	if err != nil {
		t.Fatal(err)
	}
	p.environ = []string{"HOME=" + t.TempDir(), "XDG_STATE_HOME=" + p.state, "PORTALCTL_CACHE_DIR=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "DB_PASSWORD=" + password,
		"YARN_ENABLE_NETWORK=false", "TMPDIR=" + os.TempDir(), pg.BinEnv + "=" + os.Getenv(pg.BinEnv), "BACKSTAGE_VERSIONS_BASE_URL=file://" + filepath.ToSlash(versions), "NO_PROXY=127.0.0.1"}
	p.write("package.json", `{"name": "example-portal", "private": true, "workspaces": ["packages/*", "plugins/*"]}`)
	p.write("backstage.json", `{"version": "1.50.0"}`)
	p.write("yarn.lock", "__metadata:\n  version: 8\n  cacheKey: 10c0\n")
	p.write("app-config.yaml", fmt.Sprintf("backend:\n  database:\n    client: pg\n    connection:\n      host: 127.0.0.1\n      port: %d\n      user: backstage\n      password: ${DB_PASSWORD}\n", p.cluster.Port))
	p.write("packages/backend/package.json", `{"name": "backend", "version": "0.0.0", "backstage": {"role": "backend"}, "dependencies": {"@internal/plugin-notes-backend": "workspace:^", "@internal/plugin-badges-backend": "workspace:^"}}`)
	for _, id := range []string{"notes", "badges"} {
		p.write("plugins/"+id+"-backend/package.json", `{"name": "@internal/plugin-`+id+`-backend", "version": "0.1.0", "backstage": {"role": "backend-plugin", "pluginId": "`+id+`"}}`)
	}
	p.write("plugins/badges-backend/migrations/20240101_badges.js", add)
	p.write("plugins/notes-backend/migrations/20240101_init.js", initial)
	p.write("plugins/notes-backend/src/owners.js", code)
	p.commit("the portal")
	p.write("backstage.json", `{"version": "1.51.0"}`)
	p.write("plugins/notes-backend/migrations/20250101_drop.js", drop)
	p.write("plugins/notes-backend/migrations/20250201_tags.js", add)
	p.commit("the next release")
	return p
}

func (p *portal) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *portal) commit(message string) {
	p.t.Helper()
	repo, err := git.PlainOpen(p.root)
	if err != nil {
		repo, err = git.PlainInit(p.root, false)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	tree, err := repo.Worktree()
	if err == nil {
		err = tree.AddWithOptions(&git.AddOptions{All: true})
	}
	if err != nil {
		p.t.Fatal(err)
	}
	who := &object.Signature{Name: "t", Email: "t@example.com", When: time.Unix(1700000000, 0)}
	if _, err := tree.Commit(message, &git.CommitOptions{Author: who, Committer: who}); err != nil {
		p.t.Fatal(err)
	}
}

// run runs portalctl ARGS… on the portal, and judges its JSON and the commands that it
// prints.
func (p *portal) run(want int, args ...string) string {
	p.t.Helper()
	code, out, errOut := program.RunJudged(p.t, p.environ, append(args, "-C", p.root)...)
	if code != want {
		p.t.Fatalf("portalctl %v: exit %d, want %d\n%s%s", args, code, want, out, errOut)
	}
	if strings.Contains(out+errOut, password) {
		p.t.Errorf("portalctl %v prints the password:\n%s%s", args, out, errOut)
	}
	if want == 2 {
		return errOut
	}
	return out
}

// boot runs what the new release would in the database of notes.
func (p *portal) boot(statements ...string) { p.in("backstage_plugin_notes", statements...) }

func (p *portal) in(database string, statements ...string) {
	p.t.Helper()
	pgtest.ExecAs(p.t, pgtest.TCP(p.cluster, "backstage", password), database, statements...)
}

// dropped and tagged are what the two migrations do.
var (
	dropped = []string{"ALTER TABLE notes DROP COLUMN owner", ranSQL("20250101_drop.js")}
	tagged  = []string{"CREATE TABLE tags (id serial PRIMARY KEY)", ranSQL("20250201_tags.js")}
)

// rows are all rows of all tables of a database, with their columns.
func (p *portal) rows(database string) string {
	p.t.Helper()
	var out []string
	for _, table := range strings.Fields(pgtest.Value(p.t, p.cluster, database, "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")) {
		out = append(out, table+": "+pgtest.Value(p.t, p.cluster, database, "SELECT string_agg(t::text, E'\\n' ORDER BY t::text) FROM "+table+" t"))
	}
	return strings.Join(out, "\n")
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

// noSecret fails when a file of the state holds the password.
func (p *portal) noSecret() {
	p.t.Helper()
	err := filepath.WalkDir(filepath.Join(p.state, "portalctl", "slots"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), password) {
			p.t.Errorf("%s holds the password", path)
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
}
