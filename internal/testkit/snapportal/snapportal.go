// Package snapportal is a portal whose databases are snapshotted by portalctl as a
// process, for the tests that look at it from outside.
package snapportal

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
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/internal/testkit/program"
	"github.com/portalctl/portalctl/snapshot"
)

// DBPassword is planted as the portal's database password: no output may hold
// it.
const DBPassword = "pl4nted:s3cret"

// Portal is a small portal on a server of its own: three plugins with a
// database each, installed packages with migrations, in a git repository.
type Portal struct {
	T       testing.TB
	Cluster *pg.Cluster
	Root    string
	Dir     string // of the snapshots
	Environ []string
	Head    string // the last commit
}

// CatalogMigrations are what the deployed catalog brings and has run.
var CatalogMigrations = []string{"20200101000000_init.js", "20210101000000_search.js"}

// server is a server with the portal's databases, as it was made once.
var server = pgtest.NewTemplate(nil, func(t testing.TB, c *pg.Cluster) { (&Portal{T: t, Cluster: c}).fill() })

// New is a portal on a copy of a server that has its databases.
func New(t testing.TB) *Portal {
	t.Helper()
	return newRepo(t, server.Start(t))
}

// NewOn is New on a server of its own, which has no databases yet.
func NewOn(t testing.TB, cluster *pg.Cluster) *Portal {
	t.Helper()
	p := newRepo(t, cluster)
	p.fill()
	return p
}

// newRepo is the portal's repository.
func newRepo(t testing.TB, cluster *pg.Cluster) *Portal {
	t.Helper()
	p := &Portal{T: t, Cluster: cluster, Root: t.TempDir()}
	p.Dir = filepath.Join(p.Root, "..", filepath.Base(p.Root)+"-snapshots")
	t.Cleanup(func() { os.RemoveAll(p.Dir) })
	p.Environ = []string{"HOME=" + t.TempDir(), "PORTALCTL_CACHE_DIR=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "DB_PASSWORD=" + DBPassword,
		"YARN_ENABLE_NETWORK=false", "TMPDIR=" + os.TempDir(), pg.BinEnv + "=" + os.Getenv(pg.BinEnv)}
	p.Write("package.json", `{"name": "example-portal", "private": true, "workspaces": ["packages/*", "plugins/*"]}`)
	p.Write("backstage.json", `{"version": "1.41.0"}`)
	p.Write("yarn.lock", "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n"+lockEntry("@backstage/plugin-catalog-backend", "3.0.0")+lockEntry("@backstage/plugin-auth-backend", "0.25.2")+lockEntry("@backstage/backend-defaults", "0.11.1"))
	p.Write("packages/backend/package.json", `{"name": "backend", "version": "0.0.0", "backstage": {"role": "backend"}, "dependencies": {
		"@backstage/backend-defaults": "^0.11.1", "@backstage/plugin-catalog-backend": "^3.0.0", "@backstage/plugin-auth-backend": "^0.25.2", "@internal/plugin-badges-backend": "^0.1.0"}}`)
	p.Write("plugins/badges-backend/package.json", `{"name": "@internal/plugin-badges-backend", "version": "0.1.0", "backstage": {"role": "backend-plugin", "pluginId": "badges"}}`)
	p.Write("plugins/badges-backend/migrations/20240101_badges.js", "")
	p.Write(".gitignore", "node_modules\nignored\n")
	p.Config("127.0.0.1", p.Cluster.Port)
	p.Install("plugin-catalog-backend", "3.0.0", "backend-plugin", "catalog", CatalogMigrations...)
	p.Install("plugin-auth-backend", "0.25.2", "backend-plugin", "auth", "20200101_auth.js")
	p.Install("backend-defaults", "0.11.1", "", "")
	p.Write("node_modules/@backstage/backend-defaults/migrations/scheduler/20210928160613_init.js", "")
	p.Commit("the portal")
	return p
}

// fill makes the portal's role and databases.
func (p *Portal) fill() {
	p.T.Helper()
	pgtest.Exec(p.T, p.Cluster, "postgres", "CREATE ROLE backstage LOGIN CREATEDB PASSWORD "+pg.Literal(DBPassword))
	p.CreateDatabase("backstage_plugin_catalog", "CREATE TABLE entities (id serial PRIMARY KEY, ref varchar(255) NOT NULL UNIQUE, doc text, CHECK (ref IN ('x') OR length(ref) > 0))",
		"INSERT INTO entities (ref, doc) SELECT 'component:default/' || i, repeat(md5(i::text), 20) FROM generate_series(1, 2000) i",
		"CREATE VIEW kinds AS SELECT DISTINCT split_part(ref, ':', 1) AS kind FROM entities", "CREATE INDEX refs ON entities (lower(ref)) WHERE ref <> 'x'")
	p.Migrated("backstage_plugin_catalog", "knex_migrations", CatalogMigrations...)
	p.Migrated("backstage_plugin_catalog", "backstage_backend_tasks__knex_migrations", "20210928160613_init.js")
	p.CreateDatabase("backstage_plugin_auth", "CREATE TABLE sessions (sid text PRIMARY KEY, data text)", "INSERT INTO sessions SELECT md5(i::text), 'x' FROM generate_series(1, 50) i")
	p.Migrated("backstage_plugin_auth", "knex_migrations", "20200101_auth.js")
	p.CreateDatabase("backstage_plugin_badges", "CREATE TABLE badges (id int)")
	p.Migrated("backstage_plugin_badges", "knex_migrations", "20240101_badges.js")
}

// Upgrade is the first boot of a newer release: catalog's database is migrated,
// and rows are written to all of them.
func (p *Portal) Upgrade() {
	p.T.Helper()
	pgtest.ExecAs(p.T, p.App(), "backstage_plugin_catalog", "ALTER TABLE entities ADD COLUMN etag text", "INSERT INTO entities (ref) VALUES ('component:default/new'), ('component:default/newer')",
		"INSERT INTO knex_migrations (name, batch, migration_time) VALUES ('20260101000000_etag.js', 2, now())")
	pgtest.ExecAs(p.T, p.App(), "backstage_plugin_auth", "INSERT INTO sessions VALUES ('later', 'x')")
}

// Content is what matters of the databases.
func (p *Portal) Content() map[string]string {
	p.T.Helper()
	out := map[string]string{}
	for db, query := range map[string]string{
		"backstage_plugin_catalog": "SELECT count(*) || ' ' || sum(hashtextextended(e::text, 0)) || (SELECT string_agg(name, ' ' ORDER BY id) FROM knex_migrations) FROM entities e",
		"backstage_plugin_auth":    "SELECT count(*) FROM sessions",
		"backstage_plugin_badges":  "SELECT count(*) FROM badges",
	} {
		out[db] = pgtest.Value(p.T, p.Cluster, db, query)
	}
	out["databases"] = pgtest.Value(p.T, p.Cluster, "postgres", "SELECT string_agg(datname || datallowconn, ' ' ORDER BY datname) FROM pg_database")
	return out
}

func lockEntry(name, version string) string {
	return fmt.Sprintf("\"%s@npm:^%s\":\n  version: %s\n  resolution: \"%s@npm:%s\"\n  languageName: node\n  linkType: hard\n\n", name, version, version, name, version)
}

// App is how the portal connects.
func (p *Portal) App() pg.Target { return pgtest.TCP(p.Cluster, "backstage", DBPassword) }

func (p *Portal) Write(name, text string) {
	p.T.Helper()
	path := filepath.Join(p.Root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.T.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		p.T.Fatal(err)
	}
}

func (p *Portal) Config(host string, port int) {
	p.Write("app-config.yaml", fmt.Sprintf("backend:\n  database:\n    client: pg\n    connection:\n      host: %s\n      port: %d\n      user: backstage\n      password: ${DB_PASSWORD}\n", host, port))
}

// Install puts a package of @backstage below node_modules.
func (p *Portal) Install(name, version, role, id string, migrations ...string) {
	dir := "node_modules/@backstage/" + name
	p.Write(dir+"/package.json", fmt.Sprintf(`{"name": "@backstage/%s", "version": %q, "backstage": {"role": %q, "pluginId": %q}}`, name, version, role, id))
	for _, m := range migrations {
		p.Write(dir+"/migrations/"+m, "")
	}
}

func (p *Portal) Commit(message string) string {
	p.T.Helper()
	repo, err := git.PlainOpen(p.Root)
	if err != nil {
		if repo, err = git.PlainInit(p.Root, false); err != nil {
			p.T.Fatal(err)
		}
	}
	tree, err := repo.Worktree()
	if err == nil {
		err = tree.AddWithOptions(&git.AddOptions{All: true})
	}
	if err != nil {
		p.T.Fatal(err)
	}
	who := &object.Signature{Name: "t", Email: "t@example.com", When: time.Unix(1700000000, 0)}
	hash, err := tree.Commit(message, &git.CommitOptions{Author: who, Committer: who})
	if err != nil {
		p.T.Fatal(err)
	}
	p.Head = hash.String()
	return p.Head
}

func (p *Portal) CreateDatabase(name string, statements ...string) {
	p.T.Helper()
	pgtest.Exec(p.T, p.Cluster, "postgres", `CREATE DATABASE "`+name+`" OWNER backstage`)
	pgtest.ExecAs(p.T, p.App(), name, statements...)
}

// Migrated makes knex's two tables, with the names of migrations that ran.
func (p *Portal) Migrated(database, table string, names ...string) {
	p.T.Helper()
	statements := []string{
		"CREATE TABLE " + table + " (id serial PRIMARY KEY, name varchar(255), batch integer, migration_time timestamptz)",
		"CREATE TABLE " + table + "_lock (index serial PRIMARY KEY, is_locked integer)",
		"INSERT INTO " + table + "_lock (is_locked) VALUES (0)",
	}
	for _, n := range names {
		statements = append(statements, "INSERT INTO "+table+" (name, batch, migration_time) VALUES ("+pg.Literal(n)+", 1, now())")
	}
	pgtest.ExecAs(p.T, p.App(), database, statements...)
}

// Run runs portalctl snapshot ARGS…
func (p *Portal) Run(args ...string) (code int, out, errOut string) {
	p.T.Helper()
	return p.RunAs(program.AsIs, "", args...)
}

// RunAs is run of a portalctl of that name, with that on its standard input.
func (p *Portal) RunAs(as, stdin string, args ...string) (code int, out, errOut string) {
	p.T.Helper()
	code, out, errOut = program.Run(p.T, as, stdin, p.Environ, p.args(args...)...)
	if strings.Contains(out+errOut, DBPassword) {
		p.T.Errorf("snapshot %v prints the password:\n%s%s", args, out, errOut)
	}
	return code, out, errOut
}

func (p *Portal) args(args ...string) []string {
	return append(append([]string{"snapshot"}, args...), "-C", p.Root, "--dir", p.Dir)
}

// Must runs portalctl snapshot ARGS… and wants exit code 0.
func (p *Portal) Must(args ...string) string {
	p.T.Helper()
	code, out, errOut := p.Run(args...)
	if code != 0 {
		p.T.Fatalf("snapshot %v: exit code %d\n%s%s", args, code, out, errOut)
	}
	return out
}

// Refused runs portalctl snapshot ARGS… and wants exit code 2 with texts in
// its output, and nothing left on disk.
func (p *Portal) Refused(args []string, texts ...string) {
	p.T.Helper()
	code, out, errOut := p.Run(args...)
	if code != 2 {
		p.T.Errorf("snapshot %v: exit code %d, want 2\n%s%s", args, code, out, errOut)
	}
	for _, text := range texts {
		if !strings.Contains(out+errOut, text) {
			p.T.Errorf("snapshot %v does not say %q:\n%s%s", args, text, out, errOut)
		}
	}
	p.NothingLeft()
}

// NothingLeft wants no unfinished snapshot.
func (p *Portal) NothingLeft() {
	p.T.Helper()
	left, _ := filepath.Glob(filepath.Join(p.Dir, "*.partial"))
	if len(left) > 0 {
		p.T.Errorf("left: %v", left)
	}
}

// Newest opens the newest snapshot.
func (p *Portal) Newest() *snapshot.Snapshot {
	p.T.Helper()
	s, err := snapshot.Store{Dir: p.Dir}.Find("")
	if err != nil {
		p.T.Fatal(err)
	}
	return s
}

func DecodeJSON(t testing.TB, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}
