package snapshots

import (
	"crypto/sha256"
	"encoding/hex"
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
	"github.com/portalctl/portalctl/snapshot"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(testkit.M{M: m})) }

// dbPassword is planted as the portal's database password: no output may hold
// it.
const dbPassword = "pl4nted:s3cret"

// snapPortal is a small portal on a server of its own: three plugins with a
// database each, installed packages with migrations, in a git repository.
type snapPortal struct {
	t       testing.TB
	cluster *pg.Cluster
	root    string
	dir     string // of the snapshots
	environ []string
	head    string // the last commit
}

// catalogMigrations are what the deployed catalog brings and has run.
var catalogMigrations = []string{"20200101000000_init.js", "20210101000000_search.js"}

// snapServer is a server with the portal's databases, as it was made once.
var snapServer = pgtest.NewTemplate(nil, func(t testing.TB, c *pg.Cluster) { (&snapPortal{t: t, cluster: c}).fill() })

func newSnapPortal(t testing.TB) *snapPortal {
	t.Helper()
	testkit.SkipRace(t)
	return newWatchedPortal(t)
}

// newWatchedPortal is newSnapPortal for the tests that run under the race
// detector, too, with a portalctl that has it: each way of storing and restoring
// data once.
func newWatchedPortal(t testing.TB) *snapPortal {
	t.Helper()
	return newSnapRepo(t, snapServer.Start(t))
}

// newSnapPortalOn is newSnapPortal on a server of its own, which has no databases yet.
func newSnapPortalOn(t testing.TB, cluster *pg.Cluster) *snapPortal {
	t.Helper()
	testkit.SkipRace(t)
	p := newSnapRepo(t, cluster)
	p.fill()
	return p
}

// newSnapRepo is the portal's repository.
func newSnapRepo(t testing.TB, cluster *pg.Cluster) *snapPortal {
	t.Helper()
	p := &snapPortal{t: t, cluster: cluster, root: t.TempDir()}
	p.dir = filepath.Join(p.root, "..", filepath.Base(p.root)+"-snapshots")
	t.Cleanup(func() { os.RemoveAll(p.dir) })
	p.environ = []string{"HOME=" + t.TempDir(), "PORTALCTL_CACHE_DIR=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "DB_PASSWORD=" + dbPassword,
		"YARN_ENABLE_NETWORK=false", "TMPDIR=" + os.TempDir(), pg.BinEnv + "=" + os.Getenv(pg.BinEnv)}
	p.write("package.json", `{"name": "example-portal", "private": true, "workspaces": ["packages/*", "plugins/*"]}`)
	p.write("backstage.json", `{"version": "1.41.0"}`)
	p.write("yarn.lock", "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n"+lockEntry("@backstage/plugin-catalog-backend", "3.0.0")+lockEntry("@backstage/plugin-auth-backend", "0.25.2")+lockEntry("@backstage/backend-defaults", "0.11.1"))
	p.write("packages/backend/package.json", `{"name": "backend", "version": "0.0.0", "backstage": {"role": "backend"}, "dependencies": {
		"@backstage/backend-defaults": "^0.11.1", "@backstage/plugin-catalog-backend": "^3.0.0", "@backstage/plugin-auth-backend": "^0.25.2", "@internal/plugin-badges-backend": "^0.1.0"}}`)
	p.write("plugins/badges-backend/package.json", `{"name": "@internal/plugin-badges-backend", "version": "0.1.0", "backstage": {"role": "backend-plugin", "pluginId": "badges"}}`)
	p.write("plugins/badges-backend/migrations/20240101_badges.js", "")
	p.write(".gitignore", "node_modules\nignored\n")
	p.config("127.0.0.1", p.cluster.Port)
	p.install("plugin-catalog-backend", "3.0.0", "backend-plugin", "catalog", catalogMigrations...)
	p.install("plugin-auth-backend", "0.25.2", "backend-plugin", "auth", "20200101_auth.js")
	p.install("backend-defaults", "0.11.1", "", "")
	p.write("node_modules/@backstage/backend-defaults/migrations/scheduler/20210928160613_init.js", "")
	p.commit("the portal")
	return p
}

// fill makes the portal's role and databases.
func (p *snapPortal) fill() {
	p.t.Helper()
	pgtest.Exec(p.t, p.cluster, "postgres", "CREATE ROLE backstage LOGIN CREATEDB PASSWORD "+quoteSQL(dbPassword))
	p.createDatabase("backstage_plugin_catalog", "CREATE TABLE entities (id serial PRIMARY KEY, ref varchar(255) NOT NULL UNIQUE, doc text, CHECK (ref IN ('x') OR length(ref) > 0))",
		"INSERT INTO entities (ref, doc) SELECT 'component:default/' || i, repeat(md5(i::text), 20) FROM generate_series(1, 2000) i",
		"CREATE VIEW kinds AS SELECT DISTINCT split_part(ref, ':', 1) AS kind FROM entities", "CREATE INDEX refs ON entities (lower(ref)) WHERE ref <> 'x'")
	p.migrated("backstage_plugin_catalog", "knex_migrations", catalogMigrations...)
	p.migrated("backstage_plugin_catalog", "backstage_backend_tasks__knex_migrations", "20210928160613_init.js")
	p.createDatabase("backstage_plugin_auth", "CREATE TABLE sessions (sid text PRIMARY KEY, data text)", "INSERT INTO sessions SELECT md5(i::text), 'x' FROM generate_series(1, 50) i")
	p.migrated("backstage_plugin_auth", "knex_migrations", "20200101_auth.js")
	p.createDatabase("backstage_plugin_badges", "CREATE TABLE badges (id int)")
	p.migrated("backstage_plugin_badges", "knex_migrations", "20240101_badges.js")
}

func quoteSQL(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func lockEntry(name, version string) string {
	return fmt.Sprintf("\"%s@npm:^%s\":\n  version: %s\n  resolution: \"%s@npm:%s\"\n  languageName: node\n  linkType: hard\n\n", name, version, version, name, version)
}

// app is how the portal connects.
func (p *snapPortal) app() pg.Target { return pgtest.TCP(p.cluster, "backstage", dbPassword) }

func (p *snapPortal) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *snapPortal) config(host string, port int) {
	p.write("app-config.yaml", fmt.Sprintf("backend:\n  database:\n    client: pg\n    connection:\n      host: %s\n      port: %d\n      user: backstage\n      password: ${DB_PASSWORD}\n", host, port))
}

// install puts a package of @backstage below node_modules.
func (p *snapPortal) install(name, version, role, id string, migrations ...string) {
	dir := "node_modules/@backstage/" + name
	p.write(dir+"/package.json", fmt.Sprintf(`{"name": "@backstage/%s", "version": %q, "backstage": {"role": %q, "pluginId": %q}}`, name, version, role, id))
	for _, m := range migrations {
		p.write(dir+"/migrations/"+m, "")
	}
}

func (p *snapPortal) commit(message string) string {
	p.t.Helper()
	repo, err := git.PlainOpen(p.root)
	if err != nil {
		if repo, err = git.PlainInit(p.root, false); err != nil {
			p.t.Fatal(err)
		}
	}
	tree, err := repo.Worktree()
	if err == nil {
		err = tree.AddWithOptions(&git.AddOptions{All: true})
	}
	if err != nil {
		p.t.Fatal(err)
	}
	who := &object.Signature{Name: "t", Email: "t@example.com", When: time.Unix(1700000000, 0)}
	hash, err := tree.Commit(message, &git.CommitOptions{Author: who, Committer: who})
	if err != nil {
		p.t.Fatal(err)
	}
	p.head = hash.String()
	return p.head
}

func (p *snapPortal) createDatabase(name string, statements ...string) {
	p.t.Helper()
	pgtest.Exec(p.t, p.cluster, "postgres", `CREATE DATABASE "`+name+`" OWNER backstage`)
	pgtest.ExecAs(p.t, p.app(), name, statements...)
}

// migrated makes knex's two tables, with the names of migrations that ran.
func (p *snapPortal) migrated(database, table string, names ...string) {
	p.t.Helper()
	statements := []string{
		"CREATE TABLE " + table + " (id serial PRIMARY KEY, name varchar(255), batch integer, migration_time timestamptz)",
		"CREATE TABLE " + table + "_lock (index serial PRIMARY KEY, is_locked integer)",
		"INSERT INTO " + table + "_lock (is_locked) VALUES (0)",
	}
	for _, n := range names {
		statements = append(statements, "INSERT INTO "+table+" (name, batch, migration_time) VALUES ("+quoteSQL(n)+", 1, now())")
	}
	pgtest.ExecAs(p.t, p.app(), database, statements...)
}

// run runs portalctl snapshot ARGS…
func (p *snapPortal) run(args ...string) (code int, out, errOut string) {
	p.t.Helper()
	return p.runAs(program.AsIs, "", args...)
}

// runAs is run of a portalctl of that name, with that on its standard input.
func (p *snapPortal) runAs(as, stdin string, args ...string) (code int, out, errOut string) {
	p.t.Helper()
	code, out, errOut = program.Run(p.t, as, stdin, p.environ, p.args(args...)...)
	if strings.Contains(out+errOut, dbPassword) {
		p.t.Errorf("snapshot %v prints the password:\n%s%s", args, out, errOut)
	}
	return code, out, errOut
}

func (p *snapPortal) args(args ...string) []string {
	return append(append([]string{"snapshot"}, args...), "-C", p.root, "--dir", p.dir)
}

// must runs portalctl snapshot ARGS… and wants exit code 0.
func (p *snapPortal) must(args ...string) string {
	p.t.Helper()
	code, out, errOut := p.run(args...)
	if code != 0 {
		p.t.Fatalf("snapshot %v: exit code %d\n%s%s", args, code, out, errOut)
	}
	return out
}

// refused runs portalctl snapshot ARGS… and wants exit code 2 with texts in
// its output, and nothing left on disk.
func (p *snapPortal) refused(args []string, texts ...string) {
	p.t.Helper()
	code, out, errOut := p.run(args...)
	if code != 2 {
		p.t.Errorf("snapshot %v: exit code %d, want 2\n%s%s", args, code, out, errOut)
	}
	for _, text := range texts {
		if !strings.Contains(out+errOut, text) {
			p.t.Errorf("snapshot %v does not say %q:\n%s%s", args, text, out, errOut)
		}
	}
	p.nothingLeft()
}

// nothingLeft wants no unfinished snapshot.
func (p *snapPortal) nothingLeft() {
	p.t.Helper()
	left, _ := filepath.Glob(filepath.Join(p.dir, "*.partial"))
	if len(left) > 0 {
		p.t.Errorf("left: %v", left)
	}
}

// newest opens the newest snapshot.
func (p *snapPortal) newest() *snapshot.Snapshot {
	p.t.Helper()
	s, err := snapshot.Store{Dir: p.dir}.Find("")
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func decodeJSON(t testing.TB, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

func sha256Hex(src []byte) string {
	sum := sha256.Sum256(src)
	return hex.EncodeToString(sum[:])
}
