package dbportal

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	_ "modernc.org/sqlite" // the driver

	"github.com/portalctl/portalctl/snapshot"
)

// Files is a portal that keeps two plugins in SQLite files, and its snapshot.
type Files struct {
	T        testing.TB
	Dir      string
	Manifest *snapshot.Manifest
}

// ExecSQLite runs statements on a file.
func ExecSQLite(t testing.TB, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// NewFiles makes the portal and takes its snapshot.
func NewFiles(t testing.TB) *Files {
	p := &Files{T: t, Dir: t.TempDir(), Manifest: &snapshot.Manifest{Schema: snapshot.Schema, Name: "files", Created: time.Now()}}
	for _, id := range []string{"catalog", "search"} {
		ExecSQLite(t, p.Path(id), "PRAGMA journal_mode = WAL",
			"CREATE TABLE knex_migrations (id integer PRIMARY KEY, name text, batch int, migration_time text)",
			"INSERT INTO knex_migrations VALUES (1, 'init.js', 1, 'x')", "CREATE TABLE things (body text)", "INSERT INTO things VALUES ('one'), ('two')")
		stored := filepath.Join(p.Dir, id+".raw")
		ExecSQLite(t, p.Path(id), "VACUUM INTO '"+stored+"'")
		raw, err := os.ReadFile(stored)
		if err != nil {
			t.Fatal(err)
		}
		w, _ := zstd.NewWriter(nil)
		text := w.EncodeAll(raw, nil)
		if err := os.WriteFile(filepath.Join(p.Dir, id+".sqlite.zst"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		p.Manifest.Databases = append(p.Manifest.Databases, snapshot.Database{Kind: snapshot.KindSQLite, Path: p.Path(id), Plugins: []string{id}, Rows: 3,
			Tables:     []snapshot.Table{{Name: "knex_migrations", Rows: 1}, {Name: "things", Rows: 2}},
			Migrations: []snapshot.Migration{{Table: "knex_migrations", Rows: []snapshot.MigrationRow{{ID: 1, Name: "init.js"}}}},
			Dump:       snapshot.File{Name: id + ".sqlite.zst", Size: int64(len(text)), SHA256: snapshot.SHA256(text)}})
	}
	return p
}

// Path is a plugin's file.
func (p *Files) Path(id string) string { return filepath.Join(p.Dir, id+".sqlite") }

// Upgrade migrates catalog, and writes to both.
func (p *Files) Upgrade() {
	ExecSQLite(p.T, p.Path("catalog"), "INSERT INTO knex_migrations VALUES (2, 'new.js', 2, 'x')", "ALTER TABLE things ADD COLUMN more", "INSERT INTO things VALUES ('three', 1)")
	ExecSQLite(p.T, p.Path("search"), "INSERT INTO things VALUES ('three')")
}

// Listing is every file of the folder with its content, but those of the plan.
func (p *Files) Listing() map[string]string {
	p.T.Helper()
	out := map[string]string{}
	names, _ := filepath.Glob(filepath.Join(p.Dir, "*.sqlite*"))
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			p.T.Fatal(err)
		}
		out[filepath.Base(name)] = snapshot.SHA256(src)
	}
	return out
}

// KilledUpgrade is an upgrade whose process gets SIGKILL: what it committed last
// is in the write-ahead log alone, or a journal waits to be played back.
func (p *Files) KilledUpgrade(mode string) {
	p.T.Helper()
	dir := p.T.TempDir()
	path := p.Path("catalog")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		p.T.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, s := range []string{"PRAGMA journal_mode = " + mode, "PRAGMA wal_autocheckpoint = 0", "PRAGMA cache_size = 2", "PRAGMA cache_spill = 2", "BEGIN",
		"INSERT INTO knex_migrations VALUES (2, 'new.js', 2, 'x')", "ALTER TABLE things ADD COLUMN more",
		"INSERT INTO things SELECT hex(randomblob(900)), 1 FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) SELECT i FROM n)"} {
		if _, err := db.Exec(s); err != nil {
			p.T.Fatalf("%s: %v", s, err)
		}
	}
	if mode == "WAL" {
		if _, err := db.Exec("COMMIT"); err != nil {
			p.T.Fatal(err)
		}
	}
	// A copy of all that is on the disk is what a kill would leave.
	p.copyAll(path, filepath.Join(dir, "x"))
	_ = db.Close()
	p.copyAll(filepath.Join(dir, "x"), path)
	side := map[string]string{"WAL": "-wal", "DELETE": "-journal"}[mode]
	if info, err := os.Stat(path + side); err != nil || info.Size() == 0 {
		p.T.Fatalf("no %s: %v", side, err)
	}
	ExecSQLite(p.T, p.Path("search"), "INSERT INTO things VALUES ('three')")
}

// copyAll copies a database's file with all that SQLite keeps beside it.
func (p *Files) copyAll(from, to string) {
	p.T.Helper()
	for _, side := range []string{"", "-wal", "-shm", "-journal"} {
		_ = os.Remove(to + side)
		if src, err := os.ReadFile(from + side); err == nil {
			if err := os.WriteFile(to+side, src, 0o600); err != nil {
				p.T.Fatal(err)
			}
		}
	}
}

// State is what is in a file, as text. A copy is looked at: SQLite writes when it
// opens a file that something waits beside to be played into.
func (p *Files) State(path string) string {
	p.T.Helper()
	at := filepath.Join(p.T.TempDir(), "db")
	p.copyAll(path, at)
	db, err := sql.Open("sqlite", at)
	if err != nil {
		p.T.Fatal(err)
	}
	defer db.Close()
	var migrations, columns, rows string
	err = db.QueryRow(`SELECT (SELECT group_concat(name, ' ') FROM (SELECT name FROM knex_migrations ORDER BY id)),
		(SELECT group_concat(name, ' ') FROM pragma_table_info('things')),
		(SELECT group_concat(body, ' ') FROM (SELECT body FROM things ORDER BY rowid))`).Scan(&migrations, &columns, &rows)
	if err != nil {
		p.T.Fatalf("%s: %v", path, err)
	}
	return fmt.Sprintf("migrations: %s, columns: %s, rows: %d %s", migrations, columns, strings.Count(rows, " ")+1, snapshot.SHA256([]byte(rows)))
}
