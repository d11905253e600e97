package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/portalctl/portalctl/internal/testkit/dbportal"
)

// sqlitePortal is a portal whose only plugin keeps its data in a SQLite file: a
// snapshot of it needs no server.
func sqlitePortal(t testing.TB) (root string, environ []string) {
	t.Helper()
	root = t.TempDir()
	for name, text := range map[string]string{
		"package.json":                        `{"name": "example-portal", "private": true, "workspaces": ["packages/*", "plugins/*"]}`,
		"backstage.json":                      `{"version": "1.50.0"}`,
		"yarn.lock":                           sqliteLock,
		"packages/backend/package.json":       `{"name": "backend", "version": "0.0.0", "backstage": {"role": "backend"}, "dependencies": {"@internal/plugin-badges-backend": "workspace:^"}}`,
		"plugins/badges-backend/package.json": `{"name": "@internal/plugin-badges-backend", "version": "0.1.0", "backstage": {"role": "backend-plugin", "pluginId": "badges"}}`,
		"plugins/badges-backend/migrations/20240101_init.js": "",
		"app-config.yaml": "backend:\n  database:\n    client: better-sqlite3\n    connection:\n      directory: data\n",
		".gitignore":      "data\n",
	} {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(root, "packages", "backend", "data")
	if err := os.MkdirAll(data, 0o755); err != nil {
		t.Fatal(err)
	}
	dbportal.ExecSQLite(t, filepath.Join(data, "badges.sqlite"), "CREATE TABLE badges (id text)", "INSERT INTO badges VALUES ('one')",
		"CREATE TABLE knex_migrations (id integer not null primary key autoincrement, name varchar(255), batch integer, migration_time datetime)",
		"CREATE TABLE knex_migrations_lock (\"index\" integer not null primary key autoincrement, is_locked integer)", "INSERT INTO knex_migrations_lock (is_locked) VALUES (0)",
		"INSERT INTO knex_migrations (name, batch, migration_time) VALUES ('20240101_init.js', 1, 1700000000000)")
	commitAll(t, root)
	versions, err := filepath.Abs("../../testdata/versions")
	if err != nil {
		t.Fatal(err)
	}
	return root, []string{"HOME=" + t.TempDir(), "XDG_STATE_HOME=" + t.TempDir(), "PORTALCTL_CACHE_DIR=" + t.TempDir(), "PATH=" + os.Getenv("PATH"),
		"TMPDIR=" + os.TempDir(), "BACKSTAGE_VERSIONS_BASE_URL=file://" + filepath.ToSlash(versions), "YARN_ENABLE_NETWORK=false"}
}

const sqliteLock = `__metadata:
  version: 8
  cacheKey: 10c0

"@internal/plugin-badges-backend@workspace:^, @internal/plugin-badges-backend@workspace:plugins/badges-backend":
  version: 0.0.0-use.local
  resolution: "@internal/plugin-badges-backend@workspace:plugins/badges-backend"
  languageName: unknown
  linkType: soft

"backend@workspace:packages/backend":
  version: 0.0.0-use.local
  resolution: "backend@workspace:packages/backend"
  dependencies:
    "@internal/plugin-badges-backend": "workspace:^"
  languageName: unknown
  linkType: soft

"example-portal@workspace:.":
  version: 0.0.0-use.local
  resolution: "example-portal@workspace:."
  languageName: unknown
  linkType: soft
`

// migrate is what the next release does to the portal's database at its boot.
func migrate(t testing.TB, root string) {
	dbportal.ExecSQLite(t, filepath.Join(root, "packages", "backend", "data", "badges.sqlite"), "DROP TABLE badges",
		"INSERT INTO knex_migrations (name, batch, migration_time) VALUES ('20250101_next.js', 2, 1700000000000)")
}

// upgradeCommitted makes the next release of the portal its next commit.
func upgradeCommitted(t testing.TB, root string) {
	t.Helper()
	if err := errors.Join(plant(root, "backstage.json", `{"version": "1.51.0"}`),
		plant(root, "plugins/badges-backend/migrations/20250101_next.js", "exports.up = k => k.schema.dropTable('badges'); exports.down = () => {};")); err != nil {
		t.Fatal(err)
	}
	repo, err := git.PlainOpen(root)
	if err != nil {
		t.Fatal(err)
	}
	commitTree(t, repo)
}

// commitAll makes root a git repository with one commit.
func commitAll(t testing.TB, root string) {
	t.Helper()
	repo, err := git.PlainInitWithOptions(root, &git.PlainInitOptions{InitOptions: git.InitOptions{DefaultBranch: "refs/heads/main"}})
	if err != nil {
		t.Fatal(err)
	}
	commitTree(t, repo)
}

func commitTree(t testing.TB, repo *git.Repository) {
	t.Helper()
	tree, err := repo.Worktree()
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.AddWithOptions(&git.AddOptions{All: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Commit("the portal", &git.CommitOptions{Author: &object.Signature{Name: "t", Email: "t@example.com", When: time.Unix(1700000000, 0)}}); err != nil {
		t.Fatal(err)
	}
}
